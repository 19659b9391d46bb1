//! The webhook as a process of its own, as a cluster would run it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::daemon::Daemon;
use crate::error::HarnessError;
use crate::http::{HttpError, Trust, plain_get};
use crate::review_client::ReviewClient;
use crate::run_directory::RunDirectory;
use crate::wait::wait_for;
use crate::watchdog::Watchdog;

/// A running webhook with a certificate that it made for itself. It ends when the value is dropped or the process ends.
pub struct WebhookServer {
    directory: RunDirectory,
    daemon: Daemon,
    watchdog: Option<Watchdog>,
    authority_pem: String,
    address: SocketAddr,
    status_address: SocketAddr,
}

impl WebhookServer {
    /// Starts `program` on free ports and waits until it is ready, which it is once it knows the objects of the cluster.
    pub fn start(program: &Path, kubeconfig: &Path) -> Result<Self, HarnessError> {
        Self::start_with(program, kubeconfig, &[])
    }

    /// The same with further arguments behind the usual ones.
    pub fn start_with(program: &Path, kubeconfig: &Path, further: &[&str]) -> Result<Self, HarnessError> {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = RunDirectory::named(&format!("webhook-{}-{number}", std::process::id()));
        directory.create()?;
        let mut arguments = vec![
            "serve".to_owned(),
            "--self-signed".to_owned(),
            format!("--self-signed-ca={}", directory.file(AUTHORITY)),
            "--listen=127.0.0.1:0".to_owned(),
            "--status-listen=127.0.0.1:0".to_owned(),
            format!("--address-file={}", directory.file(ADDRESSES)),
            format!("--kubeconfig={}", kubeconfig.display()),
            // Nothing balances calls between several of them here, so that none need be waited for at the end.
            "--lame-duck=0s".to_owned(),
            "--log-format=text".to_owned(),
        ];
        arguments.extend(further.iter().map(|argument| (*argument).to_owned()));
        let mut watchdog = Watchdog::start(directory.path())?;
        let mut daemon = Daemon::start("neo4jbackup-webhook", program, &arguments, directory.path())?;
        watchdog.watch(daemon.process_id())?;
        directory.record_process(daemon.process_id())?;
        let addresses = await_addresses(&mut daemon, &directory);
        let authority = directory.path().join(AUTHORITY);
        let ready = addresses.and_then(|(address, status_address)| {
            wait_for(&mut daemon, WEBHOOK, |_| match plain_get(status_address, "/readyz") {
                Ok((200, _)) => Ok(()),
                Ok((_, why)) => Err(why),
                Err(error) => Err(error.to_string()),
            })?;
            let authority_pem =
                fs::read_to_string(&authority).map_err(HarnessError::io(format!("read {}", authority.display())))?;
            Ok((address, status_address, authority_pem))
        });
        match ready {
            Ok((address, status_address, authority_pem)) => {
                let watchdog = Some(watchdog);
                Ok(Self {
                    directory,
                    daemon,
                    watchdog,
                    authority_pem,
                    address,
                    status_address,
                })
            }
            Err(error) => {
                daemon.end();
                watchdog.dismiss();
                let _ = directory.end();
                Err(error)
            }
        }
    }

    /// Where the API server calls it, for example `https://127.0.0.1:40124`.
    pub fn base_url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The address behind [`WebhookServer::base_url`].
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate that signed the server's own, PEM: the `caBundle` of a registration.
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// Asks the plain port, for example for `/metrics`: status and body.
    pub fn status(&self, path: &str) -> Result<(u16, String), HarnessError> {
        Ok(plain_get(self.status_address, path)?)
    }

    /// A connection over which it is asked as the API server asks it.
    pub fn review_client(&self) -> Result<ReviewClient, HttpError> {
        let trust = Trust::in_authorities(self.authority_pem.as_bytes())?;
        ReviewClient::connect(self.address, "127.0.0.1", &trust)
    }

    /// The last lines of its log.
    pub fn last_log_lines(&self) -> String {
        self.daemon.last_log_lines()
    }

    /// Ends it, as dropping does.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for WebhookServer {
    fn drop(&mut self) {
        self.daemon.end();
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
        // A directory that cannot be removed is litter in the target folder and no reason to fail.
        let _ = self.directory.end();
    }
}

/// Waits until it listens: its addresses for reviews and for status.
pub(crate) fn await_addresses(
    daemon: &mut Daemon,
    directory: &RunDirectory,
) -> Result<(SocketAddr, SocketAddr), HarnessError> {
    let file = directory.path().join(ADDRESSES);
    wait_for(daemon, WEBHOOK, |_| {
        let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
        addresses(&text).ok_or(text)
    })
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

const AUTHORITY: &str = "ca.crt";
/// What errors call it.
const WEBHOOK: &str = "the webhook";
pub(crate) const ADDRESSES: &str = "addresses";

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
