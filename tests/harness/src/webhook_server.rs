//! The webhook as a process of its own, as a cluster would run it.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::error::HarnessError;
use crate::run_directory::RunDirectory;
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
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = RunDirectory::named(&format!("webhook-{}-{number}", std::process::id()));
        directory.create()?;
        let arguments = [
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
        let mut watchdog = Watchdog::start(directory.path())?;
        let mut daemon = Daemon::start("neo4jbackup-webhook", program, &arguments, directory.path())?;
        watchdog.watch(daemon.process_id())?;
        directory.record_process(daemon.process_id())?;
        let addresses = wait_until(&mut daemon, || {
            fs::read_to_string(directory.path().join(ADDRESSES))
                .ok()
                .and_then(|text| addresses(&text))
        });
        let authority = directory.path().join(AUTHORITY);
        let ready = addresses.and_then(|(address, status_address)| {
            wait_until(&mut daemon, || {
                plain_get(status_address, "/readyz")
                    .ok()
                    .filter(|(status, _)| *status == 200)
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
        plain_get(self.status_address, path).map_err(HarnessError::io(format!("read {path} of the webhook")))
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

/// Asks again and again until there is something, the program ends, or patience does.
pub(crate) fn wait_until<T>(daemon: &mut Daemon, mut ask: impl FnMut() -> Option<T>) -> Result<T, HarnessError> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        daemon.check_running()?;
        if start.elapsed() > PATIENCE {
            return Err(HarnessError::NotReady {
                what: "the webhook",
                seconds: PATIENCE.as_secs(),
                last_answer: String::new(),
                log: daemon.last_log_lines(),
            });
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// The addresses for reviews and for status, from lines such as `listen=127.0.0.1:40124`.
pub(crate) fn addresses(text: &str) -> Option<(SocketAddr, SocketAddr)> {
    let named = |name: &str| {
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        value.parse().ok()
    };
    Some((named("listen")?, named("status")?))
}

/// One HTTP/1.1 request without TLS: the status and the body.
pub(crate) fn plain_get(address: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    // Version 1.0 asks for an answer in one piece and a closed connection behind it.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}

const AUTHORITY: &str = "ca.crt";
pub(crate) const ADDRESSES: &str = "addresses";
/// Far more than any machine needs; a program that fails ends and is noticed at once.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

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
