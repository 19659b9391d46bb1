//! The pool of connections behind one client: Go's `http.Transport` as client-go sets it up.

mod connection;
mod wire;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{RootCertStore, crypto::ring};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::config::ConnectionLimits;
use crate::endpoints::Endpoints;
use crate::locked;
use crate::outcome::Reason;
use connection::{Connection, RoundTripFailure};
pub(crate) use wire::{Answer, request};

/// A failure, and what was seen of it.
pub(crate) type Failed = (Reason, String);

/// The connections to one path with one `caBundle`.
#[derive(Debug)]
pub(crate) struct Transport {
    dialer: Dialer,
    idle_connections: usize,
    pool: Mutex<Pool>,
    pub(crate) connections: AtomicU64,
    pub(crate) resent: AtomicU64,
}

#[derive(Debug, Default)]
struct Pool {
    /// The one that was used last stands at the end.
    idle: Vec<Arc<Connection>>,
    waiting: VecDeque<Wanted>,
}

/// A call that waits for a connection: the one it dials, or one that becomes idle earlier.
type Wanted = Arc<Mutex<Option<oneshot::Sender<Result<Arc<Connection>, Failed>>>>>;

#[derive(Debug, Clone)]
struct Dialer {
    tls: Arc<ClientConfig>,
    server_name: ServerName<'static>,
    endpoints: Endpoints,
    limits: ConnectionLimits,
}

impl Drop for Transport {
    fn drop(&mut self) {
        for connection in &locked(&self.pool).idle {
            connection.close();
        }
    }
}

impl Transport {
    /// An error when the bundle holds no certificate, or the name is none.
    pub(crate) fn new(
        ca_bundle: &str,
        server_name: &str,
        endpoints: Endpoints,
        limits: ConnectionLimits,
    ) -> Result<Self, Failed> {
        let failed = |detail: String| (Reason::CaBundle, detail);
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_slice_iter(ca_bundle.as_bytes()).filter_map(Result::ok);
        // As in Go, one that cannot be read does not spoil the others.
        let (good, _) = roots.add_parsable_certificates(certificates);
        if good == 0 {
            return Err(failed("unable to load root certificates".to_owned()));
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(error.to_string()))?;
        let mut tls = builder.with_root_certificates(roots).with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        tls.resumption = Resumption::disabled();
        let server_name = ServerName::try_from(server_name.to_owned()).map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            dialer: Dialer {
                tls: Arc::new(tls),
                server_name,
                endpoints,
                limits,
            },
            idle_connections: limits.idle,
            pool: Mutex::default(),
            connections: AtomicU64::new(0),
            resent: AtomicU64::new(0),
        })
    }

    /// Sends a request and waits for its answer: Go's `Transport.roundTrip`. Dropping the future closes the connection
    /// that it used, as cancelling a request does.
    pub(crate) async fn round_trip(self: &Arc<Self>, request: &[u8]) -> Result<Answer, Failed> {
        loop {
            let lease = Lease {
                connection: self.connection().await?,
                transport: self,
                healthy: false,
            };
            let reused = lease.connection.is_reused();
            match lease.connection.round_trip(request).await {
                Ok(answer) => {
                    lease.give_back(answer.keeps_open);
                    return Ok(answer);
                }
                // The one case in which a POST is sent again.
                Err(RoundTripFailure::NothingWritten(_)) if reused => {
                    self.resent.fetch_add(1, Ordering::Relaxed);
                }
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// An idle connection, or a new one.
    async fn connection(self: &Arc<Self>) -> Result<Arc<Connection>, Failed> {
        let (sender, receiver) = oneshot::channel();
        let wanted: Wanted = Arc::new(Mutex::new(Some(sender)));
        {
            let mut pool = locked(&self.pool);
            while let Some(connection) = pool.idle.pop() {
                if !connection.is_closed() {
                    return Ok(connection);
                }
            }
            pool.waiting
                .retain(|other| locked(other).as_ref().is_some_and(|sender| !sender.is_closed()));
            pool.waiting.push_back(Arc::clone(&wanted));
        }
        let transport = Arc::clone(self);
        let dial = tokio::spawn(async move {
            let dialled = transport.dialer.dial().await;
            if dialled.is_ok() {
                transport.connections.fetch_add(1, Ordering::Relaxed);
            }
            // One that came too late is kept for the next call.
            if let Err(Ok(connection)) = deliver(&wanted, dialled) {
                transport.put_idle(connection);
            }
        });
        let mut given_up = AbortOnDrop(Some(dial.abort_handle()));
        let result = receiver.await;
        given_up.0 = None;
        result.unwrap_or_else(|_| Err((Reason::Connect, "the dialling task ended".to_owned())))
    }

    fn put_idle(&self, connection: Arc<Connection>) {
        connection.rest();
        let mut pool = locked(&self.pool);
        let mut connection = connection;
        while let Some(wanted) = pool.waiting.pop_front() {
            match deliver(&wanted, Ok(connection)) {
                Err(Ok(back)) => connection = back,
                _ => return,
            }
        }
        pool.idle.retain(|other| !other.is_closed());
        if pool.idle.len() >= self.idle_connections {
            connection.close();
        } else {
            pool.idle.push(connection);
        }
    }
}

/// Gives a waiting call its connection, or gives it back when the call has one or has given up.
fn deliver(wanted: &Wanted, result: Result<Arc<Connection>, Failed>) -> Result<(), Result<Arc<Connection>, Failed>> {
    match locked(wanted).take() {
        Some(sender) => sender.send(result),
        None => Err(result),
    }
}

impl Dialer {
    async fn dial(&self) -> Result<Arc<Connection>, Failed> {
        let address = self
            .endpoints
            .choose()
            .ok_or_else(|| (Reason::NoEndpoints, "connection refused".to_owned()))?;
        let tcp = TcpStream::connect(address)
            .await
            .map_err(|error| (Reason::Connect, error.to_string()))?;
        // As Go does for every connection.
        let _ = tcp.set_nodelay(true);
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let handshake = connector.connect(self.server_name.clone(), tcp);
        match timeout(self.limits.handshake, handshake).await {
            Ok(Ok(stream)) => Ok(Connection::new(stream, self.limits.idle_time)),
            Ok(Err(error)) => Err((Reason::Handshake, error.to_string())),
            Err(_) => Err((Reason::Handshake, "timeout".to_owned())),
        }
    }
}

/// A connection in use. Unless it is given back, it is closed.
struct Lease<'a> {
    connection: Arc<Connection>,
    transport: &'a Transport,
    healthy: bool,
}

impl Lease<'_> {
    fn give_back(mut self, keeps_open: bool) {
        if keeps_open {
            self.healthy = true;
            self.transport.put_idle(Arc::clone(&self.connection));
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if !self.healthy {
            self.connection.close();
        }
    }
}

/// Ends the dialling for a call that has given up.
struct AbortOnDrop(Option<AbortHandle>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl From<RoundTripFailure> for Failed {
    fn from(failure: RoundTripFailure) -> Self {
        let (reason, error) = match failure {
            RoundTripFailure::ClosedWhileIdle => {
                let text = "http: server closed idle connection";
                return (Reason::ClosedWhileIdle, text.to_owned());
            }
            RoundTripFailure::Ended(error) => (Reason::EndedUnanswered, error),
            RoundTripFailure::NothingWritten(error) | RoundTripFailure::Write(error) => (Reason::Write, error),
            RoundTripFailure::Broken(error) => (Reason::AnswerBroken, error),
        };
        (reason, error.to_string())
    }
}
