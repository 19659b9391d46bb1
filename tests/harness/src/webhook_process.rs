//! The webhook's program, running on free ports in a directory of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::daemon::Daemon;
use crate::error::HarnessError;
use crate::http::plain_get;
use crate::run_directory::RunDirectory;
use crate::wait::wait_for;
use crate::watchdog::Watchdog;

/// A running program. It ends when the value is dropped or this process ends, and leaves nothing behind.
pub(crate) struct WebhookProcess {
    pub(crate) directory: RunDirectory,
    pub(crate) daemon: Daemon,
    watchdog: Option<Watchdog>,
    /// Where it takes reviews.
    pub(crate) address: SocketAddr,
    /// Where it answers `/readyz` and `/metrics`, without TLS.
    pub(crate) status_address: SocketAddr,
}

impl WebhookProcess {
    /// Makes an empty directory for a process, named `<prefix>-<process>-<number>`.
    pub(crate) fn directory(prefix: &str) -> Result<RunDirectory, HarnessError> {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = RunDirectory::named(&format!("{prefix}-{}-{number}", std::process::id()));
        directory.create()?;
        Ok(directory)
    }

    /// Starts `serve` with these arguments, for reviews on the given port or on a free one, and waits until it listens.
    pub(crate) fn start(
        directory: RunDirectory,
        program: &Path,
        port: Option<u16>,
        arguments: &[String],
    ) -> Result<Self, HarnessError> {
        let mut all = vec![
            "serve".to_owned(),
            format!("--listen=127.0.0.1:{}", port.unwrap_or(0)),
            "--status-listen=127.0.0.1:0".to_owned(),
            format!("--address-file={}", directory.file(ADDRESSES)),
        ];
        all.extend_from_slice(arguments);
        let watchdog = Watchdog::start(directory.path())?;
        let daemon = Daemon::start("neo4jbackup-webhook", program, &all, directory.path())?;
        // From here on, dropping the value ends what was started, also when a later step fails.
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut process = Self {
            directory,
            daemon,
            watchdog: Some(watchdog),
            address: nowhere,
            status_address: nowhere,
        };
        let process_id = process.daemon.process_id();
        if let Some(watchdog) = &mut process.watchdog {
            watchdog.watch(process_id)?;
        }
        process.directory.record_process(process_id)?;
        let file = process.directory.path().join(ADDRESSES);
        (process.address, process.status_address) = wait_for(&mut process.daemon, WEBHOOK, |_| {
            let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
            addresses(&text).ok_or(text)
        })?;
        Ok(process)
    }

    /// Waits until it says that it is ready.
    pub(crate) fn await_ready(&mut self) -> Result<(), HarnessError> {
        let status_address = self.status_address;
        wait_for(&mut self.daemon, WEBHOOK, |_| {
            match plain_get(status_address, "/readyz") {
                Ok((200, _)) => Ok(()),
                Ok((_, why)) => Err(why),
                Err(error) => Err(error.to_string()),
            }
        })
    }

    /// Asks the plain port: status and body.
    pub(crate) fn status(&self, path: &str) -> Result<(u16, String), HarnessError> {
        Ok(plain_get(self.status_address, path)?)
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

/// The addresses for reviews and for status, from lines such as `listen=127.0.0.1:40124`.
fn addresses(text: &str) -> Option<(SocketAddr, SocketAddr)> {
    let named = |name: &str| {
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        value.parse().ok()
    };
    Some((named("listen")?, named("status")?))
}

const ADDRESSES: &str = "addresses";
/// What errors call it.
const WEBHOOK: &str = "the webhook";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_addresses_are_read_once_both_are_there() {
        let text = "listen=127.0.0.1:1\nstatus=127.0.0.1:2\n";
        let expected = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        assert_eq!(addresses(text), Some(expected));
        assert_eq!(addresses("listen=127.0.0.1:1\n"), None);
    }
}
