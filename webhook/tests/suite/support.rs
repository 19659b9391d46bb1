//! Reviews, a client that says exactly what it is told to, and folders that go away.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_core::settings::Settings;
use neo4jbackup_webhook::{App, OwnIdentity, SharedInventory, no_references};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Longer than anything takes that works.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn app() -> App {
    app_with(Settings::default(), no_references())
}

pub(crate) fn app_with(settings: Settings, inventory: SharedInventory) -> App {
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    App::new(settings, inventory, move || now)
}

/// A backup that nothing is wrong with, once the defaults are in.
pub(crate) fn good_backup() -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
        "metadata": {"name": "nightly", "namespace": "graph"},
        "spec": {
            "instanceRef": "prod", "database": "neo4j", "schedule": "0 2 * * *",
            "storage": {"type": "s3", "bucket": "acme-backups", "cloud": {
                "provider": "aws", "credentialsSecretRef": "s3-credentials",
            }},
        },
    })
}

/// The same with a schedule of six fields.
pub(crate) fn bad_backup() -> Value {
    let mut backup = good_backup();
    backup["spec"]["schedule"] = json!("0 0 2 * * *");
    backup
}

/// The same with nothing that says which cloud it is.
pub(crate) fn backup_without_provider() -> Value {
    let mut backup = good_backup();
    backup["spec"]["storage"] = json!({"type": "s3", "bucket": "acme-backups"});
    backup
}

pub(crate) fn create(object: &Value) -> Value {
    review("CREATE", object, &Value::Null)
}

pub(crate) fn update(old: &Value, object: &Value) -> Value {
    review("UPDATE", object, old)
}

/// A review as the API server writes it.
pub(crate) fn review(operation: &str, object: &Value, old: &Value) -> Value {
    let shown = if object.is_null() { old } else { object };
    let (group, version) = shown["apiVersion"].as_str().unwrap().split_once('/').unwrap();
    let kind = json!({"group": group, "version": version, "kind": shown["kind"]});
    let plural = format!("{}s", shown["kind"].as_str().unwrap().to_lowercase());
    let resource = json!({"group": group, "version": version, "resource": plural});
    json!({
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource,
            "name": shown["metadata"]["name"].as_str().unwrap_or_default(),
            "namespace": shown["metadata"]["namespace"],
            "operation": operation,
            "userInfo": {"username": "kubernetes-admin", "groups": ["system:authenticated"]},
            "object": object, "oldObject": old, "dryRun": false,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
        },
    })
}

/// The `response` of `/validate`.
pub(crate) fn validate(app: &App, review: &Value) -> Value {
    response(&app.validate_bytes(review.to_string().as_bytes()).body)
}

/// The `response` of `/mutate`.
pub(crate) fn mutate(app: &App, review: &Value) -> Value {
    response(&app.mutate_bytes(review.to_string().as_bytes()).body)
}

/// What the API server demands of every answer is checked here, once.
pub(crate) fn response(body: &[u8]) -> Value {
    let reply: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(
        (&reply["apiVersion"], &reply["kind"]),
        (&json!("admission.k8s.io/v1"), &json!("AdmissionReview"))
    );
    let response = &reply["response"];
    assert_eq!(response["uid"], "705ab4f5-6393-11e8-b7cc-42010a800002");
    assert_eq!(response.get("patch").is_some(), response.get("patchType").is_some());
    response.clone()
}

pub(crate) fn causes(response: &Value) -> Vec<(String, String)> {
    let causes = response["status"]["details"]["causes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    causes
        .iter()
        .map(|cause| (text(&cause["field"]), text(&cause["message"])))
        .collect()
}

/// What a caller trusts.
pub(crate) fn roots(authority: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap())
        .unwrap();
    roots
}

/// A connection over TLS.
pub(crate) struct Client {
    pub(crate) stream: TlsStream<TcpStream>,
}

/// A status, the header in lower case, and the body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) header: String,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: std::net::SocketAddr, authority: &str, protocol: &str) -> Self {
        Self::try_connect(address, authority, protocol).await.unwrap()
    }

    pub(crate) async fn try_connect(
        address: std::net::SocketAddr,
        authority: &str,
        protocol: &str,
    ) -> std::io::Result<Self> {
        let roots = roots(authority);
        Self::try_connect_as(None, address, roots, protocol).await
    }

    /// As somebody, or as nobody.
    pub(crate) async fn try_connect_as(
        identity: Option<OwnIdentity>,
        address: std::net::SocketAddr,
        roots: RootCertStore,
        protocol: &str,
    ) -> std::io::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = builder.with_root_certificates(roots);
        let mut config = match identity {
            Some(OwnIdentity { certificate, key }) => builder.with_client_auth_cert(vec![certificate], key).unwrap(),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let tcp = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        Ok(Self {
            stream: TlsConnector::from(Arc::new(config)).connect(name, tcp).await?,
        })
    }

    /// The certificate of the server.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        self.stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub(crate) async fn post(&mut self, target: &str, body: &[u8]) -> Answer {
        let header = head(target, body.len());
        self.write(header.as_bytes()).await;
        self.write(body).await;
        self.answer().await
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        tokio::time::timeout(PATIENCE, read_answer(&mut self.stream))
            .await
            .unwrap()
    }

    /// The same for a server that may go away.
    pub(crate) async fn try_answer(&mut self) -> std::io::Result<Answer> {
        tokio::time::timeout(PATIENCE, try_read_answer(&mut self.stream)).await?
    }

    /// Waits for the server to close, whatever it says before.
    pub(crate) async fn ends(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(PATIENCE, self.stream.read_to_end(&mut rest))
            .await
            .unwrap();
        // An end without a TLS goodbye is an end as well.
        let _ = end;
        rest
    }

    /// Waits for the server to close without a word.
    pub(crate) async fn closed(&mut self) {
        assert_eq!(String::from_utf8_lossy(&self.ends().await), "");
    }
}

pub(crate) fn head(target: &str, length: usize) -> String {
    format!(
        "POST {target} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

pub(crate) async fn read_answer(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Answer {
    try_read_answer(stream).await.unwrap()
}

pub(crate) async fn try_read_answer(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> std::io::Result<Answer> {
    let closed = |bytes: &[u8]| std::io::Error::other(format!("closed after: {}", String::from_utf8_lossy(bytes)));
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            return Err(closed(&bytes));
        }
        bytes.extend_from_slice(&chunk[..count]);
    };
    let header = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
    let length = header.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    let mut body = bytes[end..].to_vec();
    while body.len() < length {
        let mut chunk = vec![0; length - body.len()];
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            return Err(closed(&bytes));
        }
        body.extend_from_slice(&chunk[..count]);
    }
    let status = header.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Answer { status, header, body })
}

/// A plain GET, for the status address.
pub(crate) async fn get(address: std::net::SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = read_answer(&mut stream).await;
    (answer.status, String::from_utf8(answer.body).unwrap())
}

/// Asks until the answer is the wanted one.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let start = std::time::Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A folder that goes away with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("neo4jbackup-webhook-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
