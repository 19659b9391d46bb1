//! Servers in front of the API server and on the way to it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use neo4jbackup_harness::IssuedCertificate;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional, split};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::surroundings::control_plane;
use crate::listener::{Listener, acceptor, read_head};

/// Addresses that only the proxies know the way to: each of them is the API server.
pub(super) const FAR: [&str; 4] = ["api.example", "kubernetes.default", "198.51.100.7", "[2001:db8::7]"];
/// A name that the proxies take for this machine.
pub(super) const NEAR: &str = "issuer.example";

/// What went through a front, as it was inside of TLS.
#[derive(Default)]
struct Notes {
    requests: Mutex<Vec<u8>>,
    answers: Mutex<Vec<u8>>,
}

/// The API server under another certificate.
pub(super) struct Front {
    pub(super) address: SocketAddr,
    notes: Arc<Notes>,
    _listener: Listener,
}

impl Front {
    pub(super) fn start(certificate: &IssuedCertificate) -> Self {
        Self::start_at("127.0.0.1:0", certificate).unwrap()
    }

    /// One at another address, or `None` if this machine has no such one.
    pub(super) fn start_at(address: &str, certificate: &IssuedCertificate) -> Option<Self> {
        let (acceptor, connector, notes) = (acceptor(certificate), connector(), Arc::new(Notes::default()));
        let noted = Arc::clone(&notes);
        let listener = Listener::start_at(address, move |socket| {
            let (acceptor, connector, notes) = (acceptor.clone(), connector.clone(), Arc::clone(&noted));
            async move { Box::pin(pass(socket, &acceptor, &connector, &notes)).await }
        })?;
        Some(Self {
            address: listener.address,
            notes,
            _listener: listener,
        })
    }

    /// Forgets what went through, and returns it: what was asked, and what was answered.
    pub(super) fn take_notes(&self) -> (String, String) {
        let take = |notes: &Mutex<Vec<u8>>| {
            let bytes = std::mem::take(&mut *notes.lock().unwrap());
            String::from_utf8_lossy(&bytes).to_lowercase()
        };
        (take(&self.notes.requests), take(&self.notes.answers))
    }
}

/// What trusts the API server.
fn connector() -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let authority = control_plane().certificate_authority();
    roots
        .add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn pass(socket: TcpStream, acceptor: &TlsAcceptor, connector: &TlsConnector, notes: &Notes) -> Option<()> {
    let near = acceptor.accept(socket).await.ok()?;
    let far = TcpStream::connect(api_server()).await.ok()?;
    let name = ServerName::try_from("localhost").unwrap();
    let far = connector.connect(name, far).await.ok()?;
    let ((near_out, near_in), (far_out, far_in)) = (split(near), split(far));
    let requests = copy_noting(near_out, far_in, &notes.requests);
    let answers = copy_noting(far_out, near_in, &notes.answers);
    let (requests, answers) = tokio::join!(requests, answers);
    requests.and(answers)
}

async fn copy_noting(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    notes: &Mutex<Vec<u8>>,
) -> Option<()> {
    let mut buffer = [0; 16_384];
    loop {
        let count = from.read(&mut buffer).await.unwrap_or_default();
        if count == 0 {
            return to.shutdown().await.ok();
        }
        notes.lock().unwrap().extend_from_slice(&buffer[..count]);
        to.write_all(&buffer[..count]).await.ok()?;
    }
}

/// Accepts connections, reads and says nothing.
pub(super) fn mute() -> Listener {
    Listener::start(|mut socket| async move {
        let mut buffer = [0; 1024];
        while socket.read(&mut buffer).await.ok()? > 0 {}
        Some(())
    })
}

/// A proxy of HTTP that tunnels, for whoever says the password.
pub(super) fn http_proxy(password: Option<&'static str>) -> Listener {
    http_proxy_at("127.0.0.1:0", password).unwrap()
}

/// One at another address, or `None` if this machine has no such one.
pub(super) fn http_proxy_at(address: &str, password: Option<&'static str>) -> Option<Listener> {
    Listener::start_at(address, move |socket| tunnel(socket, password))
}

/// A proxy of HTTP that is spoken to over TLS.
pub(super) fn https_proxy(certificate: &IssuedCertificate, password: Option<&'static str>) -> Listener {
    https_proxy_at("127.0.0.1:0", certificate, password).unwrap()
}

/// One at another address, or `None` if this machine has no such one.
pub(super) fn https_proxy_at(
    address: &str,
    certificate: &IssuedCertificate,
    password: Option<&'static str>,
) -> Option<Listener> {
    let acceptor = acceptor(certificate);
    Listener::start_at(address, move |socket| {
        let acceptor = acceptor.clone();
        async move { tunnel(acceptor.accept(socket).await.ok()?, password).await }
    })
}

async fn tunnel(mut near: impl AsyncRead + AsyncWrite + Unpin, password: Option<&str>) -> Option<()> {
    let head = read_head(&mut near).await?;
    let target = head.strip_prefix("CONNECT ")?.split(' ').next()?.to_owned();
    if password.is_some_and(|password| {
        !head
            .to_lowercase()
            .contains(&format!("proxy-authorization: basic {password}").to_lowercase())
    }) {
        let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
        near.write_all(answer).await.ok()?;
        near.shutdown().await.ok()?;
        return None;
    }
    let mut far = TcpStream::connect(resolved(&target)).await.ok()?;
    near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await
        .ok()?;
    // A connection that is broken off has been used all the same.
    let _ = copy_bidirectional(&mut near, &mut far).await;
    Some(())
}

/// A proxy of SOCKS 5, with the same names.
pub(super) fn socks_proxy() -> Listener {
    socks_proxy_at("127.0.0.1:0").unwrap()
}

/// One at another address, or `None` if this machine has no such one.
pub(super) fn socks_proxy_at(address: &str) -> Option<Listener> {
    Listener::start_at(address, |mut socket| async move {
        let (_version, methods) = (socket.read_u8().await.ok()?, socket.read_u8().await.ok()?);
        socket.read_exact(&mut vec![0; usize::from(methods)]).await.ok()?;
        socket.write_all(&[5, 0]).await.ok()?;
        let mut request = [0; 4];
        socket.read_exact(&mut request).await.ok()?;
        let host = match request[3] {
            1 => {
                let mut address = [0; 4];
                socket.read_exact(&mut address).await.ok()?;
                std::net::Ipv4Addr::from(address).to_string()
            }
            3 => {
                let mut name = vec![0; usize::from(socket.read_u8().await.ok()?)];
                socket.read_exact(&mut name).await.ok()?;
                String::from_utf8(name).ok()?
            }
            4 => {
                let mut address = [0; 16];
                socket.read_exact(&mut address).await.ok()?;
                format!("[{}]", std::net::Ipv6Addr::from(address))
            }
            _ => return None,
        };
        let port = socket.read_u16().await.ok()?;
        let mut far = TcpStream::connect(resolved(&format!("{host}:{port}"))).await.ok()?;
        socket.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
        let _ = copy_bidirectional(&mut socket, &mut far).await;
        Some(())
    })
}

fn api_server() -> String {
    control_plane().url().trim_start_matches("https://").to_owned()
}

fn resolved(target: &str) -> String {
    match target.rsplit_once(':') {
        Some((host, _)) if FAR.contains(&host) => api_server(),
        Some((NEAR, port)) => format!("127.0.0.1:{port}"),
        _ => target.to_owned(),
    }
}
