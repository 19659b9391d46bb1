//! `probe`: asks a store from where this program runs, and answers in JSON. It is hidden, because it is a part of `auth check`.

use neo4jbackup_probe::{Provider, Report, Store, Surroundings, Task};

use crate::cli::{Probe, ProviderName};
use crate::json::pretty;
use crate::{Exit, Io};

/// Runs the command.
pub(super) fn run(arguments: &Probe, io: &mut Io<'_>) -> Exit {
    let task = Task {
        store: Store {
            provider: match arguments.provider {
                ProviderName::Aws => Provider::Aws,
                ProviderName::Gcp => Provider::Gcp,
                ProviderName::Azure => Provider::Azure,
            },
            bucket: arguments.bucket.clone(),
            prefix: arguments.prefix.clone(),
            region: arguments.region.clone(),
            endpoint: arguments.endpoint.clone(),
            path_style: arguments.path_style,
        },
        authorities: arguments.ca_file.as_ref().map(|file| io.current_directory.join(file)),
        expected_identity: arguments.expect_identity.clone(),
        write_canary: arguments.write_canary,
        patience: arguments.timeout,
    };
    match take(&task, io) {
        Ok(report) => {
            io.print(&pretty(&report));
            exit_of(&report)
        }
        Err(error) => {
            io.say(&format!("error: cannot wait for an answer: {error}"));
            Exit::Incomplete
        }
    }
}

/// Takes the steps with the environment of this process.
pub(super) fn take(task: &Task, io: &Io<'_>) -> std::io::Result<Report> {
    let surroundings = Surroundings {
        environment: io.environment.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(neo4jbackup_probe::probe(task, &surroundings)))
}

/// What a report says to the shell.
pub(super) fn exit_of(report: &Report) -> Exit {
    match report.first_failure() {
        None => Exit::Good,
        Some(_) => Exit::NotGood,
    }
}
