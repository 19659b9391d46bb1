//! `doctor`: what is wrong in a cluster, the cause first.

mod target;

use neo4jbackup_core::examine::{Options, examine};
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::settings::Settings;
use neo4jbackup_core::snapshot::Snapshot;

use self::target::target;
use super::usage;
use crate::bundle;
use crate::cli::Doctor;
use crate::doctor_report::{DoctorReport, Source};
use crate::render::doctor;
use crate::selection::Selection;
use crate::{Exit, Io};

/// Runs the command.
pub(super) fn run(arguments: &Doctor, namespace: Option<&str>, color: bool, io: &mut Io<'_>) -> Exit {
    let selection = match Selection::new(&arguments.only, &arguments.skip) {
        Ok(selection) => selection,
        Err(error) => return usage(io, &error),
    };
    let Some(path) = &arguments.from_bundle else {
        return usage(io, &"only --from-bundle is there yet");
    };
    let snapshot = match bundle::read(&io.current_directory.join(path)) {
        Ok(snapshot) => snapshot,
        Err(error) => {
            io.say(&format!("error: {}", neo4jbackup_cluster::chain(&error)));
            return Exit::Usage;
        }
    };
    let source = Source {
        context: None,
        bundle: Some(Name(&path.to_string_lossy()).to_string()),
    };
    report(arguments, namespace, &snapshot, source, &selection, color, io)
}

/// Examines a snapshot and says what was found.
fn report(
    arguments: &Doctor,
    namespace: Option<&str>,
    snapshot: &Snapshot,
    source: Source,
    selection: &Selection,
    color: bool,
    io: &mut Io<'_>,
) -> Exit {
    let cluster = Cluster::of(snapshot);
    let target = match arguments
        .target
        .as_deref()
        .map(|word| target(word, namespace, &cluster))
    {
        None => None,
        Some(Ok(target)) => Some(target),
        Some(Err(error)) => return usage(io, &error),
    };
    let settings = Settings::default();
    let options = Options {
        settings: &settings,
        target: target.as_ref(),
        selects: &|code, _| selection.includes(code),
    };
    let examination = examine(&cluster, &options);
    let report = DoctorReport::new(&examination, &cluster, source, arguments.fail_on, arguments.show);
    io.print(&doctor::render(&report, arguments.output, color, io.width()));
    report.exit(arguments.allow_incomplete)
}
