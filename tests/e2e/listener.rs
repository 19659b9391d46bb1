//! Servers of the tests' own: a socket on this machine, with TLS or without, and what a connection does there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use neo4jbackup_harness::IssuedCertificate;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// Something that listens until the value is dropped.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    /// How many connections there were, and how many came to what they wanted.
    accepted: Arc<AtomicUsize>,
    served: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl Listener {
    /// Listens on 127.0.0.1, and serves each connection by itself.
    pub(crate) fn start<S, F>(serve: S) -> Self
    where
        S: Fn(TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = Option<()>> + Send + 'static,
    {
        Self::start_at("127.0.0.1:0", serve).unwrap()
    }

    /// Listens at an address, or returns `None` if this machine has no such one.
    pub(crate) fn start_at<S, F>(address: &str, serve: S) -> Option<Self>
    where
        S: Fn(TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = Option<()>> + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind(address)).ok()?;
        let address = listener.local_addr().unwrap();
        let (accepted, served) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (coming, counted) = (Arc::clone(&accepted), Arc::clone(&served));
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                coming.fetch_add(1, Ordering::SeqCst);
                let (serving, counted) = (serve(socket), Arc::clone(&counted));
                tokio::spawn(async move {
                    if serving.await.is_some() {
                        counted.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Some(Self {
            address,
            accepted,
            served,
            _runtime: runtime,
        })
    }

    /// How many connections there were.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// How many connections have been served to their end.
    pub(crate) fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }
}

/// What does the TLS of a server with this certificate.
pub(crate) fn acceptor(certificate: &IssuedCertificate) -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(certificate.certificate_pem.as_bytes()).map(Result::unwrap);
    let key = PrivateKeyDer::from_pem_slice(certificate.key_pem.as_bytes()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(chain.collect(), key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Reads the head of a request of HTTP, or returns `None` if the connection ends before.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
