//! One of several webhooks that belong together, as a process of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use rustix::process::Signal;

use crate::error::HarnessError;
use crate::webhook_process::WebhookProcess;

/// A running webhook that is ready once the test has seen to it. It ends when the value is dropped or the process ends.
pub struct WebhookReplica(WebhookProcess);

impl WebhookReplica {
    /// Starts `program` with these arguments behind `serve`, on free ports or on the one that is given, and waits until
    /// it listens.
    pub fn start(program: &Path, port: Option<u16>, arguments: &[String]) -> Result<Self, HarnessError> {
        let directory = WebhookProcess::directory("replica")?;
        WebhookProcess::start(directory, program, port, arguments).map(Self)
    }

    /// Where it takes reviews.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Where it answers `/readyz` and `/metrics`, without TLS.
    pub fn status_address(&self) -> SocketAddr {
        self.0.status_address
    }

    /// Asks the plain port, for example for `/metrics`: status and body.
    pub fn status(&self, path: &str) -> Result<(u16, String), HarnessError> {
        self.0.status(path)
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        self.0.daemon.log_text()
    }

    /// A folder for files that it reads; gone with it.
    pub fn directory(&self) -> PathBuf {
        self.0.directory.path().to_owned()
    }

    /// `kill -9`. The port is free afterwards.
    pub fn kill(&mut self) {
        self.0.daemon.end();
    }

    /// Asks it to stop, as the kubelet does.
    pub fn terminate(&self) -> Result<(), HarnessError> {
        self.0.daemon.signal(Signal::TERM)
    }

    /// Stops it from doing anything: its connections stay open and nobody answers.
    pub fn freeze(&self) -> Result<(), HarnessError> {
        self.0.daemon.signal(Signal::STOP)
    }

    /// How it ended; nothing while it runs.
    pub fn exit_status(&mut self) -> Result<Option<ExitStatus>, HarnessError> {
        self.0.daemon.exit_status()
    }

    /// The memory that it occupies, in bytes; nothing on systems without `/proc`, or when it has ended.
    pub fn resident_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.daemon.process_id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    }

    /// The last lines of its log.
    pub fn last_log_lines(&self) -> String {
        self.0.daemon.last_log_lines()
    }
}
