//! Servers of the tests' own, in front of the API server and on the way to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use neo4jbackup_harness::IssuedCertificate;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::surroundings::control_plane;

/// Something that listens on 127.0.0.1 until the value is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// How many connections came to what they wanted.
    served: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl Server {
    fn start<S, F>(serve: S) -> Self
    where
        S: Fn(TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = Option<()>> + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let served = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&served);
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (serving, counted) = (serve(socket), Arc::clone(&counted));
                tokio::spawn(async move {
                    if serving.await.is_some() {
                        counted.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Self {
            address,
            served,
            _runtime: runtime,
        }
    }

    /// How many connections have been served to their end.
    pub(super) fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }

    /// The API server under another certificate.
    pub(super) fn front(certificate: &IssuedCertificate) -> Self {
        let chain = CertificateDer::pem_slice_iter(certificate.certificate_pem.as_bytes())
            .map(Result::unwrap)
            .collect();
        let key = PrivateKeyDer::from_pem_slice(certificate.key_pem.as_bytes()).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let mut roots = RootCertStore::empty();
        let authority = control_plane().certificate_authority();
        roots
            .add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap())
            .unwrap();
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));
        Self::start(move |socket| {
            let (acceptor, connector) = (acceptor.clone(), connector.clone());
            async move {
                let mut near = acceptor.accept(socket).await.ok()?;
                let far = TcpStream::connect(api_server()).await.ok()?;
                let name = ServerName::try_from("localhost").unwrap();
                let mut far = connector.connect(name, far).await.ok()?;
                copy_bidirectional(&mut near, &mut far).await.ok().map(drop)
            }
        })
    }

    /// Accepts connections, reads and says nothing.
    pub(super) fn mute() -> Self {
        Self::start(|mut socket| async move {
            let mut buffer = [0; 1024];
            while socket.read(&mut buffer).await.ok()? > 0 {}
            Some(())
        })
    }

    /// A proxy of HTTP that tunnels, for whoever says the password. Names are resolved here, and `api.example` is the API
    /// server.
    pub(super) fn http_proxy(password: Option<&'static str>) -> Self {
        Self::start(move |mut socket| async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(socket.read_u8().await.ok()?);
            }
            let head = String::from_utf8(head).ok()?;
            let target = head.strip_prefix("CONNECT ")?.split(' ').next()?.to_owned();
            if password.is_some_and(|password| {
                !head
                    .to_lowercase()
                    .contains(&format!("proxy-authorization: basic {password}").to_lowercase())
            }) {
                socket
                    .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                    .await
                    .ok()?;
                return None;
            }
            let mut far = TcpStream::connect(resolved(&target)).await.ok()?;
            socket
                .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .await
                .ok()?;
            copy_bidirectional(&mut socket, &mut far).await.ok().map(drop)
        })
    }

    /// A proxy of SOCKS 5, with the same names.
    pub(super) fn socks_proxy() -> Self {
        Self::start(|mut socket| async move {
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
                _ => return None,
            };
            let port = socket.read_u16().await.ok()?;
            let mut far = TcpStream::connect(resolved(&format!("{host}:{port}"))).await.ok()?;
            socket.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
            copy_bidirectional(&mut socket, &mut far).await.ok().map(drop)
        })
    }
}

fn api_server() -> String {
    control_plane().url().trim_start_matches("https://").to_owned()
}

fn resolved(target: &str) -> String {
    if target.starts_with("api.example:") {
        api_server()
    } else {
        target.to_owned()
    }
}
