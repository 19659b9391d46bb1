//! A client that costs little: HTTP/1.1 over TLS 1.3 without resumption, as the API server calls.

use std::borrow::Cow;
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

/// The beginning of an answer that is an opinion, or of one that an object was created.
const ANSWERED: [&[u8]; 2] = [b"HTTP/1.1 200 ", b"HTTP/1.1 201 "];
/// The beginning of an answer that there is no room.
const TURNED_AWAY: &[u8] = b"HTTP/1.1 503 ";

/// Calls over one connection.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// The time that each answered call took, in nanoseconds.
    pub(crate) times: Vec<u64>,
    /// How many were turned away because the server had too many at once.
    pub(crate) turned_away: usize,
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
    /// Sends a request and reads the whole answer; whether it was an opinion, and no refusal for want of room.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Result<bool> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        self.buffer.clear();
        let mut end = None;
        while !end.is_some_and(|end: End| end.is_reached(&self.buffer)) {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server hung up");
            if end.is_none() {
                end = End::of(&self.buffer)?;
            }
        }
        Ok(!self.buffer.starts_with(TURNED_AWAY))
    }

    /// The last answer with its head, as text.
    pub(crate) fn answer(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.buffer)
    }

    /// Calls until `end`.
    pub(crate) async fn calls_until(&mut self, request: &[u8], end: Instant) -> Result<Calls> {
        let mut calls = Calls::default();
        let mut now = Instant::now();
        while now < end {
            let is_answered = self.call(request).await?;
            let after = Instant::now();
            if is_answered {
                calls
                    .times
                    .push(u64::try_from((after - now).as_nanos()).unwrap_or(u64::MAX));
            } else {
                calls.turned_away += 1;
            }
            now = after;
        }
        Ok(calls)
    }
}

/// Where an answer ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// After this many bytes.
    Length(usize),
    /// After a chunk without content.
    LastChunk,
}

impl End {
    /// Known once the head is complete.
    fn of(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = std::str::from_utf8(&bytes[..end])?;
        ensure!(
            ANSWERED.iter().any(|status| bytes.starts_with(status)) || bytes.starts_with(TURNED_AWAY),
            "not the answer that is measured: {head}"
        );
        let header = |wanted: &str| {
            let mut headers = head.lines().filter_map(|line| line.split_once(':'));
            headers.find_map(|(name, value)| name.eq_ignore_ascii_case(wanted).then(|| value.trim()))
        };
        if header("transfer-encoding") == Some("chunked") {
            return Ok(Some(Self::LastChunk));
        }
        let Some(body) = header("content-length") else {
            bail!("the answer has no length: {head}")
        };
        Ok(Some(Self::Length(end + 4 + body.parse::<usize>()?)))
    }

    fn is_reached(self, bytes: &[u8]) -> bool {
        match self {
            Self::Length(length) => bytes.len() >= length,
            Self::LastChunk => bytes.ends_with(b"\r\n0\r\n\r\n"),
        }
    }
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
