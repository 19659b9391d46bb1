//! The plugin while a test goes on: in this process, or in one of its own that a person watches and interrupts.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;
use kubectl_neo4jbackup::{Exit, Io};
use neo4jbackup_harness::{ControlPlane, await_something, workspace_program};
use neo4jbackup_tests::plugin::Run;

use crate::world::World;

/// How long something may take that waits for nothing but a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

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

/// The plugin with `--watch`, in a process of its own. It does not outlive the test, however that ends.
pub(crate) struct Watched {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Watched {
    /// Runs the plugin with a kubeconfig.
    pub(crate) fn start(kubeconfig: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(workspace_program("kubectl-neo4jbackup").unwrap())
            .args(arguments)
            .env("KUBECONFIG", kubeconfig)
            .env("COLUMNS", "1000")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = lines_of(child.stdout.take().unwrap());
        let stderr = lines_of(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    /// Waits for the next line on standard output.
    pub(crate) fn line(&self) -> String {
        let line = self.stdout.recv_timeout(PATIENCE);
        line.unwrap_or_else(|error| panic!("no line: {error}: {:#?}", self.said()))
    }

    /// Waits for the first line that is of this kind, which is the last that it gives.
    pub(crate) fn lines_until(&self, is_of_kind: impl Fn(&str) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.stdout.recv_timeout(PATIENCE) {
                Ok(line) => lines.push(line),
                Err(error) => panic!("no such line: {error}: {lines:#?} {:#?}", self.said()),
            }
            if lines.last().is_some_and(|line| is_of_kind(line)) {
                return lines;
            }
        }
    }

    /// Waits for a line of this kind; what comes before it is dropped.
    pub(crate) fn await_line(&self, is_of_kind: impl Fn(&str) -> bool) -> String {
        self.lines_until(is_of_kind).pop().unwrap_or_default()
    }

    /// The lines that are there and that nobody has read.
    pub(crate) fn unread(&self) -> Vec<String> {
        self.stdout.try_iter().collect()
    }

    /// Waits for the next line on standard error.
    pub(crate) fn error_line(&self) -> String {
        let line = self.stderr.recv_timeout(PATIENCE);
        line.unwrap_or_else(|error| panic!("no line on standard error: {error}"))
    }

    /// Interrupts it as a person does. Returns its exit code, and the lines on standard error that nobody has read.
    pub(crate) fn interrupt(mut self) -> (Option<i32>, Vec<String>) {
        let process_id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &process_id]).status().unwrap();
        assert!(sent.success());
        let status = await_something("the end of what was interrupted", || {
            self.child.try_wait().unwrap().ok_or("it goes on")
        });
        // The stream ends with the process.
        (status.code(), self.stderr.iter().collect())
    }

    fn said(&self) -> Vec<String> {
        self.stderr.try_iter().collect()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream while they come.
fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

#[test]
fn what_is_watched_does_not_outlive_a_test_that_fails() {
    let control_plane = &World::rendered().control_plane;
    let namespace = control_plane.create_namespace("outlived").unwrap();
    let watched = Watched::start(
        control_plane.kubeconfig(),
        &["doctor", "-n", &namespace, "--watch=200ms"],
    );
    watched.await_line(|line| line.contains(&namespace));
    let process_id = watched.child.id().to_string();
    let is_there = || {
        let mut asked = Command::new("kill");
        asked
            .args(["-0", &process_id])
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    };
    assert!(is_there());
    let failed = thread::spawn(move || {
        let _watched = watched;
        panic!("as a test does");
    });
    assert!(failed.join().is_err());
    assert!(!is_there());
}
