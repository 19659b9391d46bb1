//! The API server without kubectl, for what is asked many times a second.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use neo4jbackup_harness::ControlPlane;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

pub(crate) type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// A connection to the API server as its administrator, made anew when it breaks.
pub(crate) struct Api {
    address: SocketAddr,
    token: String,
    config: Arc<ClientConfig>,
    stream: Option<BufReader<TlsStream>>,
}

impl Api {
    pub(crate) fn of(control_plane: &ControlPlane) -> Self {
        let address = control_plane.url().trim_start_matches("https://").parse().unwrap();
        let bundle = control_plane.certificate_authority().as_bytes();
        Self {
            address,
            token: control_plane.token().to_owned(),
            config: client_config(bundle),
            stream: None,
        }
    }

    /// The object; `None` when there is none.
    pub(crate) fn get(&mut self, path: &str) -> Option<Value> {
        match self.request("GET", path, "application/json", None) {
            Ok((200, object)) => Some(object),
            Ok((404, _)) => None,
            other => panic!("GET {path}: {other:?}"),
        }
    }

    pub(crate) fn merge(&mut self, path: &str, patch: &Value) -> (u16, Value) {
        self.request("PATCH", path, "application/merge-patch+json", Some(patch))
            .unwrap()
    }

    pub(crate) fn apply(&mut self, path: &str, manager: &str, object: &Value) -> (u16, Value) {
        let path = format!("{path}?fieldManager={manager}");
        self.request("PATCH", &path, "application/apply-patch+yaml", Some(object))
            .unwrap()
    }

    pub(crate) fn post(&mut self, path: &str, object: &Value) -> Result<(u16, Value), String> {
        self.request("POST", path, "application/json", Some(object))
    }

    pub(crate) fn delete(&mut self, path: &str) {
        let answer = self.request("DELETE", path, "application/json", None).unwrap();
        assert_eq!(answer.0, 200, "{answer:?}");
    }

    fn request(
        &mut self,
        method: &str,
        path: &str,
        media_type: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value), String> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: kubernetes\r\nAuthorization: Bearer {}\r\nContent-Type: {media_type}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(connect(self.address, "127.0.0.1", &self.config)?),
        };
        let answer = exchange(&mut stream, &request)?;
        self.stream = Some(stream);
        Ok((answer.0, serde_json::from_slice(&answer.1).unwrap_or_default()))
    }
}

/// Trusts what is signed by an authority of the bundle, and nothing else.
pub(crate) fn client_config(bundle: &[u8]) -> Arc<ClientConfig> {
    client_config_at(bundle, 0)
}

/// The same by a clock that is off by that many seconds.
pub(crate) fn client_config_at(bundle: &[u8], shift: i64) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(bundle) {
        roots.add(authority.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_details(provider, Arc::new(Shifted(shift)));
    let config = config.with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

#[derive(Debug)]
struct Shifted(i64);

impl TimeProvider for Shifted {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = UnixTime::now().as_secs().checked_add_signed(self.0)?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

pub(crate) fn connect(address: SocketAddr, name: &str, config: &Arc<ClientConfig>) -> Result<TlsStream, String> {
    let name = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
    let connection = ClientConnection::new(Arc::clone(config), name).map_err(|error| error.to_string())?;
    let socket = TcpStream::connect(address).map_err(|error| format!("connect: {error}"))?;
    socket.set_nodelay(true).map_err(|error| error.to_string())?;
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .map_err(|error| error.to_string())?;
    Ok(StreamOwned::new(connection, socket))
}

/// Sends a request and reads the answer: status and body.
pub(crate) fn exchange(stream: &mut BufReader<TlsStream>, request: &str) -> Result<(u16, Vec<u8>), String> {
    let failed = |error: std::io::Error| error.to_string();
    stream.get_mut().write_all(request.as_bytes()).map_err(failed)?;
    stream.get_mut().flush().map_err(failed)?;
    let status = line(stream)?;
    let status = status.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or("no status")?;
    let (mut length, mut chunked) = (0, false);
    loop {
        let header = line(stream)?.to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(|_| "no length")?;
        }
        chunked |= header == "transfer-encoding: chunked";
    }
    let mut body = vec![0; length];
    if chunked {
        loop {
            let size = usize::from_str_radix(&line(stream)?, 16).map_err(|error| error.to_string())?;
            let start = body.len();
            body.resize(start + size, 0);
            stream.read_exact(&mut body[start..]).map_err(failed)?;
            line(stream)?;
            if size == 0 {
                break;
            }
        }
    } else {
        stream.read_exact(&mut body).map_err(failed)?;
    }
    Ok((status, body))
}

fn line(stream: &mut impl BufRead) -> Result<String, String> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).map_err(|error| error.to_string())?;
    if length == 0 {
        return Err("the connection was closed".to_owned());
    }
    Ok(line.trim_end().to_owned())
}
