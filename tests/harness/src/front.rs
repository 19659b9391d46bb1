//! What stands in front of an API server and does to single requests what networks and servers do to them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::handshake;
use hyper::header::{ACCEPT_ENCODING, AUTHORIZATION, HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::TlsConnector;

use crate::control_plane::ControlPlane;
use crate::error::HarnessError;
use crate::http::{HttpError, Trust};

/// What becomes of a request.
#[derive(Debug, Clone)]
pub enum Fate {
    /// The API server answers it.
    Pass,
    /// The API server answers another one, with this path and query.
    Instead(String),
    /// It is answered after this time.
    Late(Duration),
    /// It is answered with this code and this JSON, and the API server does not see it.
    Answered(u16, String),
    /// The connection ends.
    HungUp,
}

/// A server without TLS that asks an API server as its administrator, until the value is dropped.
pub struct Front {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    _runtime: Runtime,
}

/// Decides of a request, by its method, path and query.
type Decide = dyn Fn(&Method, &str) -> Fate + Send + Sync;

/// What every request needs.
struct Back {
    address: String,
    token: HeaderValue,
    connector: TlsConnector,
    heard: Arc<Mutex<Vec<String>>>,
    decide: Box<Decide>,
}

impl Front {
    /// Starts one in front of a control plane. `decide` is asked for the fate of each request by its path and query, and may
    /// block.
    pub fn start(
        control_plane: &ControlPlane,
        decide: impl Fn(&str) -> Fate + Send + Sync + 'static,
    ) -> Result<Self, HarnessError> {
        Self::start_by_method(control_plane, move |_, path| decide(path))
    }

    /// The same for a `decide` that is also told the method of the request.
    pub fn start_by_method(
        control_plane: &ControlPlane,
        decide: impl Fn(&Method, &str) -> Fate + Send + Sync + 'static,
    ) -> Result<Self, HarnessError> {
        let could_not = || HarnessError::io("listen in front of the API server");
        let runtime = Builder::new_multi_thread().enable_all().build().map_err(could_not())?;
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .map_err(could_not())?;
        let address = listener.local_addr().map_err(could_not())?;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let trust = Trust::in_authorities(control_plane.certificate_authority().as_bytes()).unwrap();
        let back = Arc::new(Back {
            address: control_plane.url().trim_start_matches("https://").to_owned(),
            token: HeaderValue::try_from(format!("Bearer {}", control_plane.token())).unwrap(),
            connector: TlsConnector::from(trust.configuration()),
            heard: Arc::clone(&heard),
            decide: Box::new(decide),
        });
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let back = Arc::clone(&back);
                let service = service_fn(move |request| {
                    let back = Arc::clone(&back);
                    async move { back.answer(request).await }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
            }
        });
        Ok(Self {
            address,
            heard,
            _runtime: runtime,
        })
    }

    /// A kubeconfig that leads here.
    pub fn kubeconfig(&self) -> String {
        let config = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "front",
            "clusters": [{"name": "front", "cluster": {"server": format!("http://{}", self.address)}}],
            "users": [{"name": "nobody", "user": {}}],
            "contexts": [{"name": "front", "context": {"cluster": "front", "user": "nobody"}}],
        });
        config.to_string()
    }

    /// The paths and queries of all requests so far.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
struct HungUp;

impl Back {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, HungUp> {
        let path = request.uri().to_string();
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(path.clone());
        let back = Arc::clone(&self);
        let (method, asked) = (request.method().clone(), path.clone());
        let fate = tokio::task::spawn_blocking(move || (back.decide)(&method, &asked))
            .await
            .map_err(|_| HungUp)?;
        let path = match fate {
            Fate::HungUp => return Err(HungUp),
            Fate::Answered(code, body) => {
                let answer = Response::builder()
                    .status(code)
                    .header("content-type", "application/json")
                    .body(Full::new(Bytes::from(body)));
                return answer.map_err(|_| HungUp);
            }
            Fate::Late(time) => {
                tokio::time::sleep(time).await;
                path
            }
            Fate::Instead(other) => other,
            Fate::Pass => path,
        };
        // An API server that is not there is one that hangs up.
        self.pass(request, &path).await.map_err(|_| HungUp)
    }

    async fn pass(&self, request: Request<Incoming>, path: &str) -> Result<Response<Full<Bytes>>, HttpError> {
        let socket = TcpStream::connect(&self.address).await.map_err(HttpError::Connect)?;
        let name = ServerName::try_from("localhost")?;
        let stream = self
            .connector
            .connect(name, socket)
            .await
            .map_err(HttpError::Handshake)?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let (mut head, body) = request.into_parts();
        head.uri = path.parse().map_err(hyper::http::Error::from)?;
        head.headers.insert(HOST, HeaderValue::from_static("localhost"));
        head.headers.insert(AUTHORIZATION, self.token.clone());
        head.headers.remove(ACCEPT_ENCODING);
        let body = Full::new(body.collect().await?.to_bytes());
        let (head, body) = sender.send_request(Request::from_parts(head, body)).await?.into_parts();
        let mut answer = Response::new(Full::new(body.collect().await?.to_bytes()));
        *answer.status_mut() = head.status;
        for (name, value) in &head.headers {
            if !matches!(name.as_str(), "transfer-encoding" | "content-length" | "connection") {
                answer.headers_mut().append(name, value.clone());
            }
        }
        Ok(answer)
    }
}
