//! A server that does what it is told, also what no server should do.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use neo4jbackup_emulator::{Config, Emulator, Endpoints, Hook};
use neo4jbackup_harness::CertificateAuthority;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What to do with a request.
#[derive(Clone)]
pub(crate) enum Act {
    /// Answer 200 with this `response`; the uid is added unless it is there.
    Respond(Value),
    /// The same, but not before this time has passed.
    Late(Duration, Value),
    /// Answer with this status and these further header lines.
    Status(u16, &'static str),
    /// Write these bytes and close.
    Raw(&'static str),
    /// Read the request and close.
    Close,
    /// Answer as told, and close the connection without having said so.
    RespondAndClose(Value),
}

pub(crate) fn allow() -> Act {
    Act::Respond(json!({"allowed": true}))
}

type Script = dyn Fn(&Request) -> Act + Send + Sync;

/// What the server has read.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Counted from 1, over all connections.
    pub(crate) number: usize,
    pub(crate) target: String,
    pub(crate) header: String,
    pub(crate) review: Value,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) authority: String,
    seen: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn start(script: impl Fn(&Request) -> Act + Send + Sync + 'static) -> Self {
        Self::start_as("guard.neo4j.svc", script).await
    }

    pub(crate) async fn start_as(name: &str, script: impl Fn(&Request) -> Act + Send + Sync + 'static) -> Self {
        let authority = CertificateAuthority::new().unwrap();
        let issued = authority.issue_server_certificate(&[name]).unwrap();
        let chain = CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let mut config = builder
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            authority: authority.certificate_pem().to_owned(),
            seen: Arc::default(),
            connections: Arc::default(),
        };
        let script: Arc<Script> = Arc::new(script);
        let (seen, connections) = (Arc::clone(&server.seen), Arc::clone(&server.connections));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, script, seen) = (acceptor.clone(), Arc::clone(&script), Arc::clone(&seen));
                let connections = Arc::clone(&connections);
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        connections.fetch_add(1, Ordering::Relaxed);
                        serve(stream, &script, &seen).await;
                    }
                });
            }
        });
        server
    }

    /// An emulator that calls this server with these hooks.
    pub(crate) fn emulator(&self, hooks: impl IntoIterator<Item = Hook>) -> Emulator {
        Emulator::new(self.config(hooks))
    }

    pub(crate) fn config(&self, hooks: impl IntoIterator<Item = Hook>) -> Config {
        let config = Config::new("guard", "neo4j", self.authority.clone()).endpoints(Endpoints::fixed([self.address]));
        hooks.into_iter().fold(config, Config::hook)
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn serve(stream: TlsStream<TcpStream>, script: &Arc<Script>, seen: &Mutex<Vec<Request>>) {
    let mut stream = BufReader::new(stream);
    while let Some(mut request) = read(&mut stream).await {
        {
            let mut seen = seen.lock().unwrap();
            request.number = seen.len() + 1;
            seen.push(request.clone());
        }
        let uid = &request.review["request"]["uid"];
        let keep = match script(&request) {
            Act::Respond(response) => respond(&mut stream, uid, response).await,
            Act::Late(time, response) => {
                sleep(time).await;
                respond(&mut stream, uid, response).await
            }
            Act::Status(status, header) => {
                let answer = format!("HTTP/1.1 {status} Told\r\n{header}Content-Length: 4\r\n\r\nbusy");
                stream.write_all(answer.as_bytes()).await.is_ok() && stream.flush().await.is_ok()
            }
            Act::Raw(bytes) => {
                let _ = stream.write_all(bytes.as_bytes()).await;
                false
            }
            Act::Close => false,
            Act::RespondAndClose(response) => {
                respond(&mut stream, uid, response).await;
                false
            }
        };
        if !keep {
            break;
        }
    }
    let _ = stream.shutdown().await;
}

async fn respond(stream: &mut BufReader<TlsStream<TcpStream>>, uid: &Value, mut response: Value) -> bool {
    if response.get("uid").is_none() {
        response["uid"] = uid.clone();
    }
    let body = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
    let body = body.to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.is_ok() && stream.flush().await.is_ok()
}

async fn read(stream: &mut BufReader<TlsStream<TcpStream>>) -> Option<Request> {
    let mut header = String::new();
    while !header.ends_with("\r\n\r\n") {
        if stream.read_line(&mut header).await.ok()? == 0 {
            return None;
        }
    }
    let length = header
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok())?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request {
        number: 0,
        target: header.split(' ').nth(1)?.to_owned(),
        header,
        review: serde_json::from_slice(&body).ok()?,
    })
}
