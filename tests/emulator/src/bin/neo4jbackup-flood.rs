//! An attacker for drills: holds as many connections open as it is told to, each in the middle of something, and opens
//! what is closed again; or sends the same call again and again. It ends by itself.
//!
//! `neo4jbackup-flood TARGET SOURCE CONNECTIONS SECONDS [--authority FILE --name NAME] [--body FILE]`
//!
//! TARGET is an address with its port, SOURCE the address to come from. With an authority it speaks TLS. Without a body
//! each connection is one header that is never finished; with one, it is posted to /validate over and over. At its end it
//! prints one line: how many connections it opened, and how often it got which status.

// What it does not find ends it, and its caller sees that it ended.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_rustls::TlsConnector;

/// A connection that was closed is opened again after this time.
const PAUSE: Duration = Duration::from_secs(1);

/// The start of a request whose header never ends.
const UNFINISHED: &[u8] = b"GET /readyz HTTP/1.1\r\nhost: drill\r\nx-unfinished: ";

struct Flood {
    target: SocketAddr,
    source: IpAddr,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// The whole call that is sent again and again.
    call: Option<Vec<u8>>,
    end: Instant,
    opened: AtomicUsize,
    statuses: Mutex<BTreeMap<String, usize>>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, source, connections, seconds, options @ ..] = &arguments[..] else {
        eprintln!("TARGET SOURCE CONNECTIONS SECONDS [--authority FILE --name NAME] [--body FILE]");
        std::process::exit(2);
    };
    let option = |name: &str| {
        let position = options.iter().position(|option| option == name)?;
        options.get(position + 1)
    };
    let seconds = Duration::from_secs(seconds.parse().unwrap());
    let flood = Arc::new(Flood {
        target: target.parse().unwrap(),
        source: source.parse().unwrap(),
        tls: option("--authority").map(|file| {
            let name = option("--name").cloned().unwrap_or_else(|| "localhost".to_owned());
            (connector(file), ServerName::try_from(name).unwrap())
        }),
        call: option("--body").map(|file| call(&std::fs::read(file).unwrap())),
        end: Instant::now() + seconds,
        opened: AtomicUsize::new(0),
        statuses: Mutex::default(),
    });
    let connections = connections.parse().unwrap();
    let tasks: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(Arc::clone(&flood).keep_one_open()))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let statuses = flood.statuses.lock().unwrap();
    let statuses: Vec<String> = statuses
        .iter()
        .map(|(status, count)| format!("{count} x {status}"))
        .collect();
    let opened = flood.opened.load(Ordering::Relaxed);
    println!("{}", [vec![format!("{opened} opened")], statuses].concat().join(", "));
}

fn connector(authority: &str) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    TlsConnector::from(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

fn call(body: &[u8]) -> Vec<u8> {
    let header = format!(
        "POST /validate?timeout=10s HTTP/1.1\r\nhost: drill\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [header.as_bytes(), body].concat()
}

impl Flood {
    async fn keep_one_open(self: Arc<Self>) {
        while Instant::now() < self.end {
            // How one ends says nothing; that it ended is why the next one is opened.
            let _ = timeout_at(self.end, self.use_one()).await;
            sleep_until(self.end.min(Instant::now() + PAUSE)).await;
        }
    }

    async fn use_one(&self) -> io::Result<()> {
        let socket = if self.source.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(self.source, 0))?;
        let stream = socket.connect(self.target).await?;
        let mut stream = self.protect(stream).await?;
        self.opened.fetch_add(1, Ordering::Relaxed);
        let Some(call) = &self.call else {
            stream.write_all(UNFINISHED).await?;
            stream.flush().await?;
            stream.read_to_end(&mut Vec::new()).await?;
            return Ok(());
        };
        loop {
            stream.write_all(call).await?;
            stream.flush().await?;
            let status = answer(&mut *stream).await?;
            *self.statuses.lock().unwrap().entry(status).or_default() += 1;
            sleep(Duration::ZERO).await;
        }
    }

    async fn protect(&self, stream: TcpStream) -> io::Result<Box<dyn Stream>> {
        Ok(match &self.tls {
            None => Box::new(stream),
            Some((connector, name)) => Box::new(connector.connect(name.clone(), stream).await?),
        })
    }
}

/// Reads one answer to its end, and gives its status.
async fn answer(stream: &mut dyn Stream) -> io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let header = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = header.split("content-length: ").nth(1);
        let length: usize = length
            .and_then(|rest| rest.split("\r\n").next()?.parse().ok())
            .ok_or(io::ErrorKind::InvalidData)?;
        if bytes.len() >= end + 4 + length {
            let status = header.split(' ').nth(1).unwrap_or_default().to_owned();
            if header.contains("connection: close") {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            return Ok(status);
        }
    }
}
