//! The program behind `kubectl neo4jbackup`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubectl_neo4jbackup::run_in_process().into()
}
