//! `kubectl neo4jbackup` in this process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use jiff::Timestamp;
use kubectl_neo4jbackup::{Exit, Io};

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    pub exit: Exit,
    pub stdout: String,
    pub stderr: String,
}

/// Where a command runs, and what it sees.
#[derive(Debug)]
pub struct Surroundings<'s> {
    pub folder: &'s Path,
    /// What comes from standard input.
    pub input: &'s str,
    /// Whether a person is there to answer.
    pub has_person: bool,
    pub environment: BTreeMap<String, String>,
    pub now: Timestamp,
}

impl<'s> Surroundings<'s> {
    /// A folder, and nothing else.
    pub fn new(folder: &'s Path) -> Self {
        Self {
            folder,
            input: "",
            has_person: false,
            environment: BTreeMap::new(),
            now: "2026-06-01T00:00:00Z".parse().unwrap(),
        }
    }

    /// The cluster of a kubeconfig, at a time.
    pub fn of_cluster(folder: &'s Path, kubeconfig: &Path, now: Timestamp) -> Self {
        let kubeconfig = kubeconfig.to_str().unwrap().to_owned();
        Self {
            environment: BTreeMap::from([("KUBECONFIG".to_owned(), kubeconfig)]),
            now,
            ..Self::new(folder)
        }
    }

    /// Runs a command.
    pub fn run<A: Into<OsString>>(self, arguments: impl IntoIterator<Item = A>) -> Run {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let words = [OsString::from("kubectl-neo4jbackup")].into_iter();
        let exit = kubectl_neo4jbackup::run(
            words.chain(arguments.into_iter().map(Into::into)),
            &mut Io {
                stdin: &mut self.input.as_bytes(),
                stdout: &mut stdout,
                stderr: &mut stderr,
                environment: self.environment,
                now: self.now,
                current_directory: self.folder.to_owned(),
                machine_zone: || None,
                terminal_width: None,
                stdin_is_terminal: self.has_person,
                output_lost: false,
            },
        );
        Run {
            exit,
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }
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
    let surroundings = Surroundings {
        input,
        environment,
        ..Surroundings::new(folder)
    };
    surroundings.run(arguments)
}
