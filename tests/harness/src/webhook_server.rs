//! The webhook as a process of its own, as a cluster would run it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use crate::error::HarnessError;
use crate::http::{HttpError, Trust};
use crate::review_client::ReviewClient;
use crate::webhook_process::WebhookProcess;

/// A running webhook with a certificate that it made for itself. It ends when the value is dropped or the process ends.
pub struct WebhookServer {
    process: WebhookProcess,
    authority_pem: String,
}

impl WebhookServer {
    /// Starts `program` on free ports and waits until it is ready, which it is once it knows the objects of the cluster.
    pub fn start(program: &Path, kubeconfig: &Path) -> Result<Self, HarnessError> {
        Self::start_with(program, kubeconfig, &[])
    }

    /// The same with further arguments behind the usual ones.
    pub fn start_with(program: &Path, kubeconfig: &Path, further: &[&str]) -> Result<Self, HarnessError> {
        let directory = WebhookProcess::directory("webhook")?;
        let mut arguments = vec![
            "--self-signed".to_owned(),
            format!("--self-signed-ca={}", directory.file(AUTHORITY)),
            format!("--kubeconfig={}", kubeconfig.display()),
            // Nothing balances calls between several of them here, so that none need be waited for at the end.
            "--lame-duck=0s".to_owned(),
            "--log-format=text".to_owned(),
        ];
        arguments.extend(further.iter().map(|argument| (*argument).to_owned()));
        let mut process = WebhookProcess::start(directory, program, None, &arguments)?;
        process.await_ready()?;
        let authority = process.directory.path().join(AUTHORITY);
        let authority_pem =
            fs::read_to_string(&authority).map_err(HarnessError::io(format!("read {}", authority.display())))?;
        Ok(Self { process, authority_pem })
    }

    /// Where the API server calls it, for example `https://127.0.0.1:40124`.
    pub fn base_url(&self) -> String {
        format!("https://{}", self.process.address)
    }

    /// The address behind [`WebhookServer::base_url`].
    pub fn address(&self) -> SocketAddr {
        self.process.address
    }

    /// The certificate that signed the server's own, PEM: the `caBundle` of a registration.
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// Asks the plain port, for example for `/metrics`: status and body.
    pub fn status(&self, path: &str) -> Result<(u16, String), HarnessError> {
        self.process.status(path)
    }

    /// A connection over which it is asked as the API server asks it.
    pub fn review_client(&self) -> Result<ReviewClient, HttpError> {
        let trust = Trust::in_authorities(self.authority_pem.as_bytes())?;
        ReviewClient::connect(self.process.address, "127.0.0.1", &trust)
    }

    /// The last lines of its log.
    pub fn last_log_lines(&self) -> String {
        self.process.daemon.last_log_lines()
    }

    /// Ends it, as dropping does.
    pub fn stop(self) {
        drop(self);
    }
}

const AUTHORITY: &str = "ca.crt";
