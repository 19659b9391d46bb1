//! `kubectl neo4jbackup` in this process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use kubectl_neo4jbackup::{Exit, Io};

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    pub exit: Exit,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command in a folder, with a text as standard input and without an environment.
pub fn run<A: Into<OsString>>(folder: &Path, input: &str, arguments: impl IntoIterator<Item = A>) -> Run {
    run_with(folder, input, BTreeMap::new(), arguments)
}

/// The same with variables of the environment.
pub fn run_with<A: Into<OsString>>(
    folder: &Path,
    input: &str,
    environment: BTreeMap<String, String>,
    arguments: impl IntoIterator<Item = A>,
) -> Run {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let words = [OsString::from("kubectl-neo4jbackup")].into_iter();
    let exit = kubectl_neo4jbackup::run(
        words.chain(arguments.into_iter().map(Into::into)),
        &mut Io {
            stdin: &mut input.as_bytes(),
            stdout: &mut stdout,
            stderr: &mut stderr,
            environment,
            now: "2026-06-01T00:00:00Z".parse().unwrap(),
            current_directory: folder.to_owned(),
            machine_zone: || None,
            terminal_width: None,
            stdin_is_terminal: false,
            output_lost: false,
        },
    );
    Run {
        exit,
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}
