//! Talks to an API server over one connection, because thousands of kubectl would take too long, and because kubectl
//! does not say which warning belongs to which object.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use neo4jbackup_harness::ControlPlane;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

/// An open connection, as administrator.
pub(crate) struct ApiClient {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
    token: String,
}

/// What the API server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The texts of the `Warning` headers.
    pub(crate) warnings: Vec<String>,
    pub(crate) body: Value,
}

impl ApiClient {
    pub(crate) fn connect(control_plane: &ControlPlane) -> Self {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(control_plane.certificate_authority().as_bytes()).unwrap();
        roots.add(authority).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let socket = TcpStream::connect(control_plane.url().trim_start_matches("https://")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        socket.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(StreamOwned::new(connection, socket)),
            token: control_plane.token().to_owned(),
        }
    }

    /// Sends one request.
    pub(crate) fn send(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nAccept: application/json\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let status = self.line().split(' ').nth(1).unwrap().parse().unwrap();
        let mut warnings = Vec::new();
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap(),
                "transfer-encoding" => chunked = value == "chunked",
                "warning" => warnings.push(warning(value)),
                _ => {}
            }
        }
        let body = if chunked { self.chunks() } else { self.bytes(length) };
        Answer {
            status,
            warnings,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line(), 16).unwrap();
            body.extend(self.bytes(size));
            self.line();
            if size == 0 {
                return body;
            }
        }
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        body
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).unwrap();
        String::from_utf8(line).unwrap().trim_end().to_owned()
    }
}

/// The text of `299 - "text"`, in which quotes and backslashes are escaped.
fn warning(header: &str) -> String {
    let quoted = header.split_once('"').unwrap().1;
    let mut text = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.extend(letters.next()),
            '"' => break,
            _ => text.push(letter),
        }
    }
    text
}
