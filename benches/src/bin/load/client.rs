//! A client that costs little: HTTP/1.1 over TLS 1.3 without resumption, as the API server calls.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore, version::TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Makes connections to servers whose certificates come from one authority.
#[derive(Clone)]
pub(crate) struct Dialler {
    connector: TlsConnector,
}

impl Dialler {
    pub(crate) fn new(authority: &str) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).context("the authority is no certificate")?)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS13])?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
        })
    }

    pub(crate) async fn connect(&self, address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::from(address.ip());
        Ok(Connection {
            stream: self.connector.connect(name, stream).await?,
            buffer: Vec::with_capacity(8 * 1024),
        })
    }
}

/// A connection that is kept alive.
pub(crate) struct Connection {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

/// The bytes of a call of `/validate`.
pub(crate) fn request(review: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /validate?timeout=10s HTTP/1.1\r\nHost: webhook.graph.svc:443\r\nUser-Agent: kube-apiserver-admission\r\n\
         Content-Length: {}\r\nAccept: application/json, */*\r\nContent-Type: application/json\r\n\
         Accept-Encoding: gzip\r\n\r\n",
        review.len()
    );
    [head.as_bytes(), review].concat()
}

impl Connection {
    /// Sends a request and reads the whole answer.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        self.buffer.clear();
        let mut wanted = None;
        while wanted.is_none_or(|wanted| self.buffer.len() < wanted) {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server hung up");
            if wanted.is_none() {
                wanted = length(&self.buffer)?;
            }
        }
        Ok(())
    }

    /// Calls until `end`; the time that each call took, in nanoseconds.
    pub(crate) async fn calls_until(&mut self, request: &[u8], end: Instant) -> Result<Vec<u64>> {
        let mut times = Vec::with_capacity(1 << 15);
        let mut now = Instant::now();
        while now < end {
            self.call(request).await?;
            let after = Instant::now();
            times.push(u64::try_from((after - now).as_nanos()).unwrap_or(u64::MAX));
            now = after;
        }
        Ok(times)
    }
}

/// The length of the answer with its head, once that is complete.
fn length(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end])?;
    ensure!(
        head.starts_with("HTTP/1.1 200 "),
        "not the answer that is measured: {head}"
    );
    let body = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let Some((_, body)) = body else {
        bail!("the answer has no length: {head}")
    };
    Ok(Some(end + 4 + body.trim().parse::<usize>()?))
}

/// Connects again and again until the server answers a handshake.
pub(crate) async fn first_handshake(dialler: &Dialler, address: SocketAddr, patience: Duration) -> Result<Connection> {
    let end = Instant::now() + patience;
    loop {
        match dialler.connect(address).await {
            Ok(connection) => return Ok(connection),
            Err(error) if Instant::now() > end => return Err(error).context("the server does not come up"),
            Err(_) => tokio::time::sleep(Duration::from_micros(500)).await,
        }
    }
}
