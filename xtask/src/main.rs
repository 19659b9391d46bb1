//! The project's own commands: `cargo xtask --help`.

mod checks;
mod cluster;

use std::process::ExitCode;

use clap::Parser;
use neo4jbackup_harness::report_progress;

/// Builds, runs and checks what cargo alone cannot.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true)]
enum Command {
    /// Runs every check and every test, those on a real API server included
    Test,
    /// Runs the tests on a real API server
    E2e {
        /// Passed on to the test programs, for example a part of a test's name
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Builds, starts and stops a local Kubernetes control plane
    #[command(subcommand)]
    Cluster(cluster::Action),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Test => checks::test(),
        Command::E2e { arguments } => checks::end_to_end(&arguments),
        Command::Cluster(action) => cluster::run(&action),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Written here, it is a sentence also where RUST_BACKTRACE is set.
            report_progress(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
