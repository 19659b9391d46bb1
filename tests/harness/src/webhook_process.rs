//! One replica of the webhook, with the arguments of a test: what drills stop, freeze and kill.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::Signal;

use crate::daemon::Daemon;
use crate::error::HarnessError;
use crate::run_directory::RunDirectory;
use crate::watchdog::Watchdog;
use crate::webhook_server::{ADDRESSES, addresses, plain_get, wait_until};

/// A running webhook that looks no other objects up. It is killed when the value is dropped or the process ends.
pub struct WebhookProcess {
    directory: RunDirectory,
    daemon: Daemon,
    watchdog: Option<Watchdog>,
    address: SocketAddr,
    status_address: SocketAddr,
}

impl WebhookProcess {
    /// Starts `program` on free ports and waits until it listens. It may not be ready yet.
    ///
    /// `arguments` must name a certificate: [`MountedSecret::arguments`](crate::MountedSecret::arguments) does.
    pub fn start(program: &Path, arguments: &[String]) -> Result<Self, HarnessError> {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = RunDirectory::named(&format!("replica-{}-{number}", std::process::id()));
        directory.create()?;
        let own = [
            "serve".to_owned(),
            "--listen=127.0.0.1:0".to_owned(),
            "--status-listen=127.0.0.1:0".to_owned(),
            format!("--address-file={}", directory.file(ADDRESSES)),
            "--no-references".to_owned(),
            "--log-format=text".to_owned(),
        ];
        let arguments = [&own, arguments].concat();
        let mut watchdog = Watchdog::start(directory.path())?;
        let mut daemon = Daemon::start("neo4jbackup-webhook", program, &arguments, directory.path())?;
        watchdog.watch(daemon.process_id())?;
        directory.record_process(daemon.process_id())?;
        let listening = wait_until(&mut daemon, || {
            let text = fs::read_to_string(directory.path().join(ADDRESSES)).ok()?;
            addresses(&text)
        });
        match listening {
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

    /// Where it takes calls.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it answers `/readyz` and `/metrics`, without TLS.
    pub fn status_address(&self) -> SocketAddr {
        self.status_address
    }

    /// Asks the plain port, for example for `/metrics`: status and body.
    pub fn status(&self, path: &str) -> Result<(u16, String), HarnessError> {
        plain_get(self.status_address, path).map_err(HarnessError::io(format!("read {path} of the webhook")))
    }

    /// Asks it to stop, as the kubelet does.
    pub fn terminate(&self) -> Result<(), HarnessError> {
        self.daemon.signal(Signal::TERM)
    }

    /// Ends it in the middle of whatever it does.
    pub fn kill(&self) -> Result<(), HarnessError> {
        self.daemon.signal(Signal::KILL)
    }

    /// Stops it from doing anything, until [`WebhookProcess::thaw`]: its connections stay open and nobody answers.
    pub fn freeze(&self) -> Result<(), HarnessError> {
        self.daemon.signal(Signal::STOP)
    }

    /// Lets it go on.
    pub fn thaw(&self) -> Result<(), HarnessError> {
        self.daemon.signal(Signal::CONT)
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

impl Drop for WebhookProcess {
    fn drop(&mut self) {
        self.daemon.end();
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
        // A directory that cannot be removed is litter in the target folder and no reason to fail.
        let _ = self.directory.end();
    }
}
