//! A provider of `OpenID Connect`, whose tokens an API server of its own believes.

use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use neo4jbackup_harness::{Binaries, CertificateAuthority, ControlPlane, Options, await_that, report_progress};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::servers::NEAR;
use crate::listener::{Listener, acceptor, read_head};

pub(super) const CLIENT: &str = "kubectl";
/// It has what has to be escaped.
pub(super) const SECRET: &str = "s3cret&/+%";

/// What a provider does when a token is to be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// It reads who asks in the header, as the protocol wants it.
    Header,
    /// It reads who asks in the form, and refuses what is in the header.
    Form,
    /// It gives an access token and nothing that says who somebody is.
    NoIdToken,
    /// It is out of order.
    Broken,
}

pub(super) struct Issuer {
    pub(super) url: String,
    /// The same under a name that only the proxies know.
    pub(super) far_url: String,
    pub(super) authority: CertificateAuthority,
    books: Arc<Books>,
    _listener: Listener,
}

struct Books {
    key: EcdsaKeyPair,
    /// What it says that it is called.
    url: OnceLock<String>,
    sessions: Mutex<Sessions>,
}

/// Who is signed in, by refresh tokens that can be used once, and how they are treated.
#[derive(Default)]
struct Sessions {
    open: Vec<(String, Manner)>,
    count: usize,
}

impl Sessions {
    fn begin(&mut self, manner: Manner) -> String {
        self.count += 1;
        let token = format!("refresh-{}", self.count);
        self.open.push((token.clone(), manner));
        token
    }
}

impl Issuer {
    fn start() -> Self {
        let authority = CertificateAuthority::new().unwrap();
        let acceptor = acceptor(&authority.issue_server_certificate(&["127.0.0.1", NEAR]).unwrap());
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let books = Arc::new(Books {
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).unwrap(),
            url: OnceLock::new(),
            sessions: Mutex::default(),
        });
        let kept = Arc::clone(&books);
        let listener = Listener::start(move |socket| {
            let (acceptor, books) = (acceptor.clone(), Arc::clone(&kept));
            async move { books.serve(socket, &acceptor).await }
        });
        let url = format!("https://{}", listener.address);
        books.url.set(url.clone()).unwrap();
        Self {
            far_url: format!("https://{NEAR}:{}", listener.address.port()),
            url,
            authority,
            books,
            _listener: listener,
        }
    }

    /// A token of somebody that expires so many seconds from now.
    pub(super) fn id_token(&self, seconds: i64) -> String {
        self.books.id_token(CLIENT, seconds)
    }

    /// The same for another program than kubectl.
    pub(super) fn id_token_of_others(&self) -> String {
        self.books.id_token("somebody-else", 600)
    }

    /// Signs somebody in, and gives the refresh token.
    pub(super) fn sign_in(&self, manner: Manner) -> String {
        self.books.sessions.lock().unwrap().begin(manner)
    }
}

impl Books {
    fn id_token(&self, audience: &str, seconds: i64) -> String {
        let now = Timestamp::now().as_second();
        let claims = json!({
            "iss": self.url.get(), "aud": audience, "sub": "jane", "groups": ["backup-operators"],
            "iat": now.min(now + seconds) - 1, "exp": now + seconds,
        });
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!(
            "{}.{}",
            part(json!({"alg": "ES256", "typ": "JWT", "kid": "one"})),
            part(claims)
        );
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    async fn serve(&self, socket: TcpStream, acceptor: &TlsAcceptor) -> Option<()> {
        let mut stream = acceptor.accept(socket).await.ok()?;
        let head = read_head(&mut stream).await?;
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            lines
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim())
        };
        let length: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut form = vec![0; length];
        stream.read_exact(&mut form).await.ok()?;
        let form = String::from_utf8(form).ok()?;
        // Whoever knows it by another name is sent on by that name.
        let host = header("host")?;
        let (status, answer) = match head.split(' ').nth(1)? {
            "/.well-known/openid-configuration" => (200, self.metadata(host)),
            "/keys" => (200, self.keys()),
            "/token" => self.renew(header("authorization"), &form),
            _ => (404, json!({})),
        };
        let answer = answer.to_string();
        let answer = format!(
            "HTTP/1.1 {status} So\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        );
        stream.write_all(answer.as_bytes()).await.ok()?;
        stream.shutdown().await.ok()
    }

    fn metadata(&self, host: &str) -> Value {
        json!({
            "issuer": self.url.get(), "token_endpoint": format!("https://{host}/token"),
            "authorization_endpoint": format!("https://{host}/auth"), "jwks_uri": format!("https://{host}/keys"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        })
    }

    fn keys(&self) -> Value {
        // A byte for the form, and both coordinates.
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
        json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "one", "x": x, "y": y}]})
    }

    fn renew(&self, authorization: Option<&str>, form: &str) -> (u16, Value) {
        let mut sessions = self.sessions.lock().unwrap();
        let values: Vec<(String, String)> = form
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), unescaped(value)))
            .collect();
        let value = |key: &str| {
            values
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value.as_str())
        };
        let in_header = authorization
            .and_then(|header| STANDARD.decode(header.strip_prefix("Basic ")?).ok())
            .is_some_and(|both| unescaped(&String::from_utf8(both).unwrap()) == format!("{CLIENT}:{SECRET}"));
        let in_form = value("client_id") == Some(CLIENT) && value("client_secret") == Some(SECRET);
        let refresh = value("refresh_token").unwrap_or_default();
        let stranger = (401, json!({"error": "invalid_client"}));
        let Some(position) = sessions.open.iter().position(|(open, _)| open == refresh) else {
            let used_up = json!({"error": "invalid_grant", "error_description": "the refresh token is used up"});
            return if in_header || in_form { (400, used_up) } else { stranger };
        };
        let manner = sessions.open[position].1;
        match manner {
            Manner::Broken => return (503, json!("out of order")),
            Manner::Form if in_form && authorization.is_none() => {}
            Manner::Header | Manner::NoIdToken if in_header => {}
            _ => return stranger,
        }
        let mut given = json!({"access_token": "opaque", "token_type": "Bearer", "expires_in": 600});
        if manner != Manner::NoIdToken {
            sessions.open.remove(position);
            given["id_token"] = self.id_token(CLIENT, 600).into();
            given["refresh_token"] = sessions.begin(manner).into();
        }
        (200, given)
    }
}

/// Text of a form.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().replace('+', " ").into_bytes();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).unwrap());
        bytes.extend(rest.replace('+', " ").bytes());
    }
    String::from_utf8(bytes).unwrap()
}

/// The provider, and the API server that believes it.
pub(super) fn provided() -> &'static (Issuer, ControlPlane) {
    static PROVIDED: OnceLock<(Issuer, ControlPlane)> = OnceLock::new();
    PROVIDED.get_or_init(|| {
        let issuer = Issuer::start();
        let folder = tempfile::tempdir().unwrap();
        let authority = folder.path().join("issuer.crt");
        std::fs::write(&authority, issuer.authority.certificate_pem()).unwrap();
        let options = Options {
            apiserver_arguments: [
                ("issuer-url", issuer.url.as_str()),
                ("client-id", CLIENT),
                ("ca-file", authority.to_str().unwrap()),
                ("signing-algs", "ES256"),
                ("username-claim", "sub"),
                ("username-prefix", "oidc:"),
                ("groups-claim", "groups"),
            ]
            .map(|(name, value)| format!("--oidc-{name}={value}"))
            .into(),
            ..Options::default()
        };
        let binaries = Binaries::locate_or_build(&report_progress).unwrap();
        let control_plane = ControlPlane::start(&binaries, &options).unwrap();
        // It asks the provider for the keys once it serves.
        await_that("tokens of the provider are believed", || {
            let token = issuer.id_token(600);
            let flags = ["auth", "whoami", "--token", &token];
            let answer = control_plane.kubectl(&flags).unwrap();
            answer.success() && answer.stdout.contains("oidc:jane")
        });
        (issuer, control_plane)
    })
}
