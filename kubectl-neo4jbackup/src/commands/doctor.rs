//! `doctor`: what is wrong in a cluster, the cause first.

use neo4jbackup_core::check::Looks;
use neo4jbackup_core::examine::{Options, examine};
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::settings::Settings;

use super::usage;
use crate::cli::Doctor;
use crate::connection::Access;
use crate::doctor_report::DoctorReport;
use crate::look::{Look, Seen};
use crate::render::doctor;
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
        reads_events: true,
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
    let report = DoctorReport::new(
        &examination,
        &cluster,
        seen.source.clone(),
        arguments.fail_on,
        arguments.show,
    );
    io.print(&doctor::render(&report, arguments.output, color, io.width()));
    report.exit(arguments.allow_incomplete)
}
