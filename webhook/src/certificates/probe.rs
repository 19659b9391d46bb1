//! A call of this server by itself, as the API server would make it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::{InvalidDnsNameError, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::tls::client_check::OwnIdentity;

/// What the API server allows by default in the chart, and more than an answer takes.
const PATIENCE: Duration = Duration::from_secs(3);

/// A review of a kind that no rule looks at, so that it is allowed under all settings.
const REVIEW: &str = concat!(
    r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"#,
    r#""uid":"a-call-of-the-server-by-itself","kind":{"group":"","version":"v1","kind":"ConfigMap"},"#,
    r#""resource":{"group":"","version":"v1","resource":"configmaps"},"name":"probe","namespace":"probe","#,
    r#""operation":"CREATE","userInfo":{},"dryRun":true,"#,
    r#""object":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"probe","namespace":"probe"}},"#,
    r#""oldObject":null,"options":null}}"#,
);

/// Calls this server as the API server would, over its own port.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    address: SocketAddr,
    /// The name that the API server verifies.
    name: String,
    /// How the call identifies itself, where callers have to.
    identity: Option<Arc<OwnIdentity>>,
}

/// Why a call brought no answer. But for the first, the API server would get none either.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProbeError {
    /// It took too long. A server that is busy is slow.
    #[error("no answer in time")]
    Slow,
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    /// The name is none that a certificate can have.
    #[error(transparent)]
    Name(#[from] InvalidDnsNameError),
    /// The connection failed, or the certificate was not believed.
    #[error(transparent)]
    Connection(#[from] std::io::Error),
    /// The answer is no answer to a review.
    #[error("the answer has status {0}")]
    Status(String),
}

impl Probe {
    /// Calls `address`, which may be that of all interfaces, by `name`.
    pub(crate) fn new(address: SocketAddr, name: String) -> Self {
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        Self {
            address: SocketAddr::new(ip, address.port()),
            name,
            identity: None,
        }
    }

    /// With a certificate of the caller, for a server that asks for one.
    #[must_use]
    pub(crate) fn with_identity(mut self, identity: Option<OwnIdentity>) -> Self {
        self.identity = identity.map(Arc::new);
        self
    }

    /// Returns the name by which the API server calls this server.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether a review is answered over a connection that `roots` vouch for.
    pub(crate) async fn call(&self, roots: RootCertStore, now: Timestamp) -> Result<(), ProbeError> {
        let answer = timeout(PATIENCE, self.try_call(roots, now)).await;
        answer.unwrap_or(Err(ProbeError::Slow))
    }

    async fn try_call(&self, roots: RootCertStore, now: Timestamp) -> Result<(), ProbeError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_details(provider, Arc::new(At(now)));
        let config = config.with_safe_default_protocol_versions()?;
        let config = config.with_root_certificates(roots);
        let mut config = match &self.identity {
            Some(identity) => {
                config.with_client_auth_cert(vec![identity.certificate.clone()], identity.key.clone_key())?
            }
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let name = ServerName::try_from(self.name.clone())?;
        let socket = TcpStream::connect(self.address).await?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await;
        let mut stream = stream?;
        let request = format!(
            "POST /validate?timeout=3s HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{REVIEW}",
            self.name,
            REVIEW.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        // A server that closes without the farewell of TLS has answered all the same.
        let _ = stream.read_to_end(&mut answer).await;
        judge(&String::from_utf8_lossy(&answer))
    }
}

fn judge(answer: &str) -> Result<(), ProbeError> {
    let status = answer.split(' ').nth(1).unwrap_or("none");
    match status {
        "200" if answer.contains("a-call-of-the-server-by-itself") => Ok(()),
        // Too many calls at once: it serves, and other replicas would not have it easier without it.
        "503" | "504" => Ok(()),
        _ => Err(ProbeError::Status(status.to_owned())),
    }
}

/// A clock that stands still.
#[derive(Debug)]
struct At(Timestamp);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
