//! HTTP/1.1 over one open connection, with TLS or without, for callers that wait for each answer.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Nobody listens, or the network is not there.
    #[error("connect: {0}")]
    Connect(#[source] io::Error),

    /// The server is not believed, or does not speak TLS.
    #[error("TLS handshake: {0}")]
    Handshake(#[source] io::Error),

    /// The certificates to believe in cannot be read.
    #[error("the certificate authorities: {0}")]
    Authorities(#[source] rustls::Error),

    /// The same, when they are no PEM.
    #[error("the certificate authorities: {0}")]
    Pem(#[source] rustls::pki_types::pem::Error),

    /// The connection broke, or what came is no HTTP.
    #[error("HTTP: {0}")]
    Http(#[from] hyper::Error),

    /// What was to be sent is no request.
    #[error("the request: {0}")]
    Request(#[from] hyper::http::Error),

    /// Whom the certificate should be for is no name.
    #[error("the server name: {0}")]
    ServerName(#[from] rustls::pki_types::InvalidDnsNameError),

    /// The answer takes too long.
    #[error("no answer within {} s", .0.as_secs())]
    Deadline(Duration),
}

/// Whom a client believes: what is signed by one of these authorities, and nothing else.
#[derive(Debug, Clone)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// In the authorities of a bundle, PEM.
    pub fn in_authorities(bundle: &[u8]) -> Result<Self, HttpError> {
        Self::with_clock_off(bundle, 0)
    }

    /// The same by a clock that is off by that many seconds.
    pub fn with_clock_off(bundle: &[u8], seconds: i64) -> Result<Self, HttpError> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(bundle) {
            roots
                .add(authority.map_err(HttpError::Pem)?)
                .map_err(HttpError::Authorities)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_details(provider, Arc::new(OffClock(seconds)))
            .with_safe_default_protocol_versions()
            .map_err(HttpError::Authorities)?;
        Ok(Self(Arc::new(
            config.with_root_certificates(roots).with_no_client_auth(),
        )))
    }

    /// The same as the settings of a client.
    pub(crate) fn configuration(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }
}

#[derive(Debug)]
struct OffClock(i64);

impl TimeProvider for OffClock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = UnixTime::now().as_secs().checked_add_signed(self.0)?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// An open connection, over which requests go one after the other.
///
/// It brings what it needs to wait with it: tasks of tokio have to call it in `block_in_place`.
pub struct Connection {
    runtime: Runtime,
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    deadline: Duration,
}

impl Connection {
    /// Without TLS.
    pub fn plain(address: SocketAddr) -> Result<Self, HttpError> {
        Self::plain_over(TcpStream::connect(address))
    }

    /// The same over a socket that was opened elsewhere, for example in another network.
    pub fn plain_over(socket: io::Result<TcpStream>) -> Result<Self, HttpError> {
        let (socket, runtime) = prepare(socket)?;
        let stream = runtime.block_on(async { tokio::net::TcpStream::from_std(socket) });
        Self::over(runtime, stream.map_err(HttpError::Connect)?, "localhost")
    }

    /// To a server whose certificate has to be for `name` and believed.
    pub fn secure(address: SocketAddr, name: &str, trust: &Trust) -> Result<Self, HttpError> {
        Self::secure_over(TcpStream::connect(address), name, trust)
    }

    /// The same over a socket that was opened elsewhere.
    pub fn secure_over(socket: io::Result<TcpStream>, name: &str, trust: &Trust) -> Result<Self, HttpError> {
        let (socket, runtime) = prepare(socket)?;
        let server_name = ServerName::try_from(name.to_owned())?;
        let stream = runtime.block_on(async {
            let stream = tokio::net::TcpStream::from_std(socket).map_err(HttpError::Connect)?;
            let connected = TlsConnector::from(Arc::clone(&trust.0)).connect(server_name, stream);
            match timeout(DEADLINE, connected).await {
                Ok(stream) => stream.map_err(HttpError::Handshake),
                Err(_) => Err(HttpError::Deadline(DEADLINE)),
            }
        });
        Self::over(runtime, stream?, name)
    }

    fn over(
        runtime: Runtime,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        host: &str,
    ) -> Result<Self, HttpError> {
        let host = HeaderValue::from_str(host).map_err(hyper::http::Error::from)?;
        let sender = runtime.block_on(async {
            let (sender, connection) = handshake(TokioIo::new(stream)).await?;
            // What goes wrong on the connection is told to whoever waits for an answer.
            tokio::spawn(connection);
            Ok::<_, HttpError>(sender)
        })?;
        Ok(Self {
            runtime,
            sender,
            host,
            deadline: DEADLINE,
        })
    }

    /// Waits for each answer so long and no longer.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sends a request, whose target is a path, and reads the whole answer.
    pub fn send(&mut self, request: Request<Vec<u8>>) -> Result<Response<Bytes>, HttpError> {
        let mut request = request.map(|body| Full::new(Bytes::from(body)));
        request.headers_mut().entry(HOST).or_insert_with(|| self.host.clone());
        let exchange = async {
            self.sender.ready().await?;
            let (head, body) = self.sender.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok(Response::from_parts(head, body))
        };
        let answer = self.runtime.block_on(async { timeout(self.deadline, exchange).await });
        answer.unwrap_or(Err(HttpError::Deadline(self.deadline)))
    }
}

/// Asks for a path without TLS, over a connection of its own: status and body.
pub(crate) fn plain_get(address: SocketAddr, path: &str) -> Result<(u16, String), HttpError> {
    plain_get_over(TcpStream::connect(address), path)
}

/// The same over a socket that was opened elsewhere.
pub(crate) fn plain_get_over(socket: io::Result<TcpStream>, path: &str) -> Result<(u16, String), HttpError> {
    let mut connection = Connection::plain_over(socket)?.with_deadline(Duration::from_secs(10));
    let answer = connection.send(Request::get(path).body(Vec::new())?)?;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    Ok((answer.status().as_u16(), text))
}

fn prepare(socket: io::Result<TcpStream>) -> Result<(TcpStream, Runtime), HttpError> {
    let prepared = socket.and_then(|socket| {
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        Ok((socket, Builder::new_current_thread().enable_all().build()?))
    });
    prepared.map_err(HttpError::Connect)
}

/// Far more than any answer of a healthy server takes.
const DEADLINE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn answers_come_one_after_the_other_over_one_connection() {
        let address = serve(&[
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
            "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsec\r\n3\r\nond\r\n0\r\n\r\n",
        ]);
        let mut connection = Connection::plain(address).unwrap();
        let mut get = |path| {
            let answer = connection.send(Request::get(path).body(Vec::new()).unwrap()).unwrap();
            (answer.status().as_u16(), answer.into_body())
        };
        assert_eq!(get("/one"), (200, Bytes::from("first")));
        assert_eq!(get("/two"), (503, Bytes::from("second")));
    }

    #[test]
    fn an_answer_that_does_not_come_is_not_awaited_for_ever() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = Connection::plain(listener.local_addr().unwrap()).unwrap();
        let mut connection = connection.with_deadline(Duration::from_millis(50));
        let answer = connection.send(Request::get("/").body(Vec::new()).unwrap());
        assert!(matches!(answer, Err(HttpError::Deadline(_))), "{answer:?}");
    }

    #[test]
    fn a_connection_that_ends_early_is_an_error() {
        let address = serve(&["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfir"]);
        let answer = plain_get(address, "/");
        assert!(matches!(answer, Err(HttpError::Http(_))), "{answer:?}");
    }

    /// Gives these answers to one caller, a request each, and hangs up.
    fn serve(answers: &'static [&'static str]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for answer in answers {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    request.extend(byte);
                }
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        address
    }
}
