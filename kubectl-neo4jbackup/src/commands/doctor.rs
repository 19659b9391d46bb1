//! `doctor`: what is wrong in a cluster, the cause first.

use std::collections::BTreeSet;

use neo4jbackup_core::check::{Cause, Looks};
use neo4jbackup_core::coverage;
use neo4jbackup_core::examine::{Examination, Options, examine};
use neo4jbackup_core::live::{Cluster, Health};
use neo4jbackup_core::settings::Settings;

use super::usage;
use crate::cli::{Doctor, DoctorFormat};
use crate::connection::Access;
use crate::doctor_report::{Details, DoctorReport};
use crate::look::{Look, Seen};
use crate::render::doctor::{self, Page};
use crate::selection::Selection;
use crate::target::Wanted;
use crate::{Exit, Io};

/// Runs the command.
pub(super) fn run(arguments: &Doctor, namespace: Option<&str>, access: Access, color: bool, io: &mut Io<'_>) -> Exit {
    let selection = match Selection::new(&arguments.only, &arguments.skip) {
        Ok(selection) => selection,
        Err(error) => return usage(io, &error),
    };
    let target = arguments.target.as_deref().map(Wanted::read).transpose();
    let target = match target {
        Ok(target) => target,
        Err(error) => return usage(io, &error),
    };
    let look = Look {
        bundle: arguments.from_bundle.clone(),
        namespace: namespace.map(str::to_owned),
        all_namespaces: arguments.all_namespaces,
        // Of a CronJob the Jobs have no label of ours.
        only: target
            .as_ref()
            .filter(|wanted| wanted.looks != Looks::AtPlainCronJobs)
            .map(|wanted| wanted.name.clone()),
        timeout: arguments.timeout,
        examines: true,
    };
    match look.take(access, io) {
        Ok(seen) => report(arguments, namespace, &seen, target.as_ref(), &selection, color, io),
        Err(error) => error.tell(io),
    }
}

/// Examines a snapshot and says what was found.
fn report(
    arguments: &Doctor,
    namespace: Option<&str>,
    seen: &Seen,
    target: Option<&Wanted>,
    selection: &Selection,
    color: bool,
    io: &mut Io<'_>,
) -> Exit {
    let cluster = Cluster::of(&seen.snapshot);
    let target = match target.map(|wanted| wanted.find(namespace, &cluster)).transpose() {
        Ok(target) => target,
        Err(error) => return usage(io, &error),
    };
    let settings = Settings::default();
    let options = Options {
        settings: &settings,
        target: target.as_ref(),
        selects: &|code, _| selection.includes(code),
    };
    let examination = examine(&cluster, &options);
    let mut report = DoctorReport::new(
        &examination,
        &cluster,
        seen.source.clone(),
        arguments.fail_on,
        arguments.show,
    );
    report.details = details(arguments.output, &examination, &report, &cluster, &options);
    let page = Page {
        is_ascii: arguments.ascii || !io.is_utf8(),
        color,
        width: io.width(),
    };
    io.print(&doctor::render(&report, arguments.output, &page));
    report.exit(arguments.allow_incomplete)
}

/// What a format says beside the report.
fn details(
    format: DoctorFormat,
    examination: &Examination,
    report: &DoctorReport,
    cluster: &Cluster<'_>,
    options: &Options<'_>,
) -> Details {
    let mut details = Details::default();
    match format {
        DoctorFormat::Junit => {
            let hidden: BTreeSet<_> = examination
                .causes
                .iter()
                .flat_map(Cause::all)
                .map(|diagnosis| (diagnosis.subject.as_ref(), diagnosis.code))
                .collect();
            let shown: BTreeSet<_> = report
                .findings
                .iter()
                .map(|finding| (finding.subject.as_ref(), finding.code))
                .collect();
            details.applied = coverage::applied(cluster, options);
            details.applied.retain(|applied| {
                let found = (applied.subject.as_ref(), applied.code);
                shown.contains(&found) || !hidden.contains(&found)
            });
        }
        DoctorFormat::Openmetrics => {
            let is_wanted = |looks, namespace: &str, name: &str| {
                options.target.is_none_or(|target| target.is(looks, namespace, name))
            };
            let backups = cluster.backups.iter();
            let backups = backups
                .filter(|of| is_wanted(Looks::AtBackups, &of.namespace, &of.name))
                .map(|of| (of.reference(), Health::of_backup(of, None, cluster.now).last_good));
            let cron_jobs = cluster.plain_cron_jobs.iter();
            let cron_jobs = cron_jobs
                .filter(|of| is_wanted(Looks::AtPlainCronJobs, &of.cron_job.namespace, &of.cron_job.name))
                .map(|of| {
                    (
                        of.reference(),
                        Health::of_plain_cron_job(of, None, cluster.now).last_good,
                    )
                });
            details.last_good = backups.chain(cron_jobs).collect();
        }
        _ => {}
    }
    details
}
