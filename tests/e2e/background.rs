//! The plugin in this process, while a test goes on.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use kubectl_neo4jbackup::{Exit, Io};
use neo4jbackup_harness::{ControlPlane, await_something};
use neo4jbackup_tests::plugin::Run;

/// A run of the plugin that has not ended yet.
pub(crate) struct Background {
    stdout: Shared,
    stderr: Shared,
    thread: JoinHandle<Exit>,
}

/// What was written so far.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Shared {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Background {
    /// Runs the plugin with the kubeconfig of an administrator.
    pub(crate) fn start(control_plane: &ControlPlane, arguments: &[&str]) -> Self {
        Self::start_with(control_plane.kubeconfig(), arguments)
    }

    /// The same with another kubeconfig.
    pub(crate) fn start_with(kubeconfig: &Path, arguments: &[&str]) -> Self {
        let kubeconfig = kubeconfig.to_str().unwrap().to_owned();
        let words: Vec<OsString> = ["kubectl-neo4jbackup"]
            .iter()
            .chain(arguments)
            .map(OsString::from)
            .collect();
        let (stdout, stderr) = (Shared::default(), Shared::default());
        let (mut out, mut error) = (stdout.clone(), stderr.clone());
        let thread = thread::spawn(move || {
            kubectl_neo4jbackup::run(
                words,
                &mut Io {
                    stdin: &mut io::empty(),
                    stdout: &mut out,
                    stderr: &mut error,
                    environment: BTreeMap::from([("KUBECONFIG".to_owned(), kubeconfig)]),
                    machine_zone: || None,
                    now: Timestamp::now(),
                    current_directory: std::env::temp_dir(),
                    terminal_width: None,
                    stdin_is_terminal: false,
                    output_lost: false,
                },
            )
        });
        Self { stdout, stderr, thread }
    }

    /// Waits until it has said something on standard error.
    pub(crate) fn await_said(&self, text: &str) {
        self.await_text(&self.stderr, text);
    }

    /// Waits until it has printed something.
    pub(crate) fn await_printed(&self, text: &str) {
        self.await_text(&self.stdout, text);
    }

    fn await_text(&self, stream: &Shared, text: &str) {
        await_something(&format!("«{text}»"), || {
            if stream.text().contains(text) {
                return Ok(());
            }
            let ended = if self.thread.is_finished() {
                "it has ended\n"
            } else {
                ""
            };
            Err(format!("{ended}{}\n{}", self.stdout.text(), self.stderr.text()))
        });
    }

    /// Waits for its end.
    pub(crate) fn end(self) -> Run {
        let exit = self.thread.join().unwrap();
        Run {
            exit,
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
        }
    }
}

/// Runs the plugin to its end.
pub(crate) fn run(control_plane: &ControlPlane, arguments: &[&str]) -> Run {
    Background::start(control_plane, arguments).end()
}
