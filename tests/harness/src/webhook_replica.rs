//! One of several webhooks that belong together, as a process of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::Signal;

use crate::daemon::Daemon;
use crate::error::HarnessError;
use crate::http::plain_get;
use crate::run_directory::RunDirectory;
use crate::watchdog::Watchdog;
use crate::webhook_server::{ADDRESSES, await_addresses};

/// A running webhook that is ready once the test has seen to it. It ends when the value is dropped or the process ends.
pub struct WebhookReplica {
    directory: RunDirectory,
    daemon: Daemon,
    watchdog: Option<Watchdog>,
    address: SocketAddr,
    status_address: SocketAddr,
}

impl WebhookReplica {
    /// Starts `program` with these arguments behind `serve`, on free ports or on the one that is given, and waits until
    /// it listens.
    pub fn start(program: &Path, port: Option<u16>, arguments: &[String]) -> Result<Self, HarnessError> {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = RunDirectory::named(&format!("replica-{}-{number}", std::process::id()));
        directory.create()?;
        let mut all = vec![
            "serve".to_owned(),
            format!("--listen=127.0.0.1:{}", port.unwrap_or(0)),
            "--status-listen=127.0.0.1:0".to_owned(),
            format!("--address-file={}", directory.file(ADDRESSES)),
        ];
        all.extend_from_slice(arguments);
        let mut watchdog = Watchdog::start(directory.path())?;
        let mut daemon = Daemon::start("neo4jbackup-webhook", program, &all, directory.path())?;
        watchdog.watch(daemon.process_id())?;
        directory.record_process(daemon.process_id())?;
        match await_addresses(&mut daemon, &directory) {
            Ok((address, status_address)) => Ok(Self {
                directory,
                daemon,
                watchdog: Some(watchdog),
                address,
                status_address,
            }),
            Err(error) => {
                daemon.end();
                watchdog.dismiss();
                let _ = directory.end();
                Err(error)
            }
        }
    }

    /// Where it takes reviews.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it answers `/readyz` and `/metrics`, without TLS.
    pub fn status_address(&self) -> SocketAddr {
        self.status_address
    }

    /// Asks the plain port, for example for `/metrics`: status and body.
    pub fn status(&self, path: &str) -> Result<(u16, String), HarnessError> {
        Ok(plain_get(self.status_address, path)?)
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        self.daemon.log_text()
    }

    /// A folder for files that it reads; gone with it.
    pub fn directory(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    /// `kill -9`. The port is free afterwards.
    pub fn kill(&mut self) {
        self.daemon.end();
    }

    /// Asks it to stop, as the kubelet does.
    pub fn terminate(&self) -> Result<(), HarnessError> {
        self.daemon.signal(Signal::TERM)
    }

    /// Stops it from doing anything: its connections stay open and nobody answers.
    pub fn freeze(&self) -> Result<(), HarnessError> {
        self.daemon.signal(Signal::STOP)
    }

    /// How it ended; nothing while it runs.
    pub fn exit_status(&mut self) -> Result<Option<ExitStatus>, HarnessError> {
        self.daemon.exit_status()
    }

    /// The memory that it occupies, in bytes; nothing on systems without `/proc`, or when it has ended.
    pub fn resident_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.daemon.process_id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    }

    /// The last lines of its log.
    pub fn last_log_lines(&self) -> String {
        self.daemon.last_log_lines()
    }
}

impl Drop for WebhookReplica {
    fn drop(&mut self) {
        self.daemon.end();
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
        // A directory that cannot be removed is litter in the target folder and no reason to fail.
        let _ = self.directory.end();
    }
}
