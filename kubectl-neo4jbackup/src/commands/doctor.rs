//! `doctor`: what is wrong in a cluster, the cause first.

mod watch;

use std::collections::BTreeSet;

use neo4jbackup_cluster::Purpose;
use neo4jbackup_core::check::{Cause, Looks};
use neo4jbackup_core::coverage;
use neo4jbackup_core::examine::{Examination, Options, examine};
use neo4jbackup_core::live::{Cluster, Health};
use neo4jbackup_core::settings::Settings;

use super::usage;
use crate::cli::{Doctor, DoctorFormat};
use crate::connection::Access;
use crate::doctor_report::{Details, DoctorReport};
use crate::look::{Look, LookError, Seen};
use crate::render::doctor::{self, Page};
use crate::selection::Selection;
use crate::since::{leave_out_older, wrong_now};
use crate::target::{TargetError, Wanted};
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
    let question = Question {
        arguments,
        namespace,
        target,
        selection,
        access,
        page: Page {
            is_ascii: arguments.ascii || !io.is_utf8(),
            color,
            width: io.width(),
        },
    };
    if let Some(interval) = arguments.watch {
        return watch::run(question, interval, io);
    }
    match question.ask(io) {
        Ok(report) => {
            io.print(&question.render(&report));
            question.exit(&report)
        }
        Err(unanswered) => unanswered.tell(io),
    }
}

/// What somebody wants to know.
struct Question<'a> {
    arguments: &'a Doctor,
    namespace: Option<&'a str>,
    target: Option<Wanted>,
    selection: Selection,
    access: Access,
    page: Page,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    /// Nothing could be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// It is not there what was asked about.
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl Unanswered {
    fn tell(&self, io: &mut Io<'_>) -> Exit {
        match self {
            Self::Look(error) => error.tell(io),
            Self::Target(error) => usage(io, error),
        }
    }
}

impl Question<'_> {
    /// Looks, and examines what was seen.
    fn ask(&self, io: &mut Io<'_>) -> Result<DoctorReport, Unanswered> {
        let look = Look {
            only: self
                .target
                .as_ref()
                .filter(|wanted| wanted.narrows())
                .map(|wanted| wanted.name.clone()),
            ..Look::at(&self.arguments.look, self.namespace, Purpose::Causes)
        };
        let seen = look.take(self.access.clone(), io)?;
        Ok(self.report(&seen)?)
    }

    fn report(&self, seen: &Seen) -> Result<DoctorReport, TargetError> {
        let arguments = self.arguments;
        let cluster = Cluster::of(&seen.snapshot);
        let (target, namespace) = seen.asked(self.target.as_ref(), self.namespace)?;
        let target = target.map(|wanted| wanted.find(namespace, &cluster)).transpose()?;
        let settings = Settings::default();
        let options = Options {
            settings: &settings,
            target: target.as_ref(),
            selects: &|code, _| self.selection.includes(code),
        };
        let mut examination = examine(&cluster, &options);
        let since = arguments.since.map(|since| since.time(cluster.now));
        let older = since.map(|time| {
            let wrong = wrong_now(&cluster);
            leave_out_older(&mut examination.causes, time, &|object| wrong.contains(object))
        });
        let source = seen.source.clone();
        let mut report = DoctorReport::new(&examination, &cluster, source, arguments.fail_on, arguments.show);
        report.since = since.map(|time| time.to_string());
        report.summary.older = older.unwrap_or_default();
        report.details = details(arguments.output, &examination, &report, &cluster, &options);
        Ok(report)
    }

    fn render(&self, report: &DoctorReport) -> String {
        doctor::render(report, self.arguments.output, &self.page)
    }

    fn exit(&self, report: &DoctorReport) -> Exit {
        report.exit(self.arguments.allow_incomplete)
    }
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
