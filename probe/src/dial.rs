//! A connection to a server, step by step: name, connection, proxy, TLS.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::Empty;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use neo4jbackup_core::quoted::{name, quoted};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::class::Class;
use crate::report::{Failure, Step};
use crate::task::Surroundings;
use crate::tls;

/// How connections are made.
#[derive(Clone)]
pub(crate) struct Dialler {
    tls: Arc<ClientConfig>,
    proxies: Arc<Matcher>,
    /// The variables that name the proxies for `http` and for `https`.
    variables: [&'static str; 2],
    patience: Duration,
}

/// A connection that stands, and what was seen on the way.
pub(crate) struct Dialled {
    /// What is written to and read from.
    pub stream: Stream,
    /// The addresses of the name; empty where a proxy looks it up.
    pub addresses: Vec<IpAddr>,
    /// The address at the other end.
    pub peer: SocketAddr,
    /// The proxy that passes requests on as they are, with what it is told of us.
    pub forwarding: Option<Intercept>,
    /// The address of the proxy, with which a tunnel was made or that passes requests on.
    pub proxy: Option<String>,
    /// The version of TLS.
    pub tls: Option<String>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    /// The name is not known.
    #[error("the name {} is not found: {source}", quoted(host))]
    Name { host: String, source: io::Error },
    /// Nobody is there, or nobody answers.
    #[error("{} is not reached: {source}", name(server))]
    Connect { server: String, source: io::Error },
    /// No answer to the attempt to connect.
    #[error("{} has not answered within {} s", name(server), patience.as_secs())]
    Silence { server: String, patience: Duration },
    /// The proxy is not reached.
    #[error("the proxy {} is not reached: {source}", name(proxy))]
    Proxy { proxy: String, source: io::Error },
    /// The proxy is of a kind that is not spoken here. Its address may hold a password.
    #[error("{variable} names a proxy whose address does not begin with http://, and no other is asked")]
    UnknownProxy { variable: &'static str },
    /// The proxy does not answer.
    #[error("the proxy {} has not answered within {} s", name(proxy), patience.as_secs())]
    SilentProxy { proxy: String, patience: Duration },
    /// The proxy does not want to.
    #[error("the proxy {} refuses to connect to {}: {status}", name(proxy), name(server))]
    Refused {
        proxy: String,
        server: String,
        status: StatusCode,
    },
    /// The proxy does not speak.
    #[error("the proxy {} does not answer as a proxy: {source}", name(proxy))]
    NoProxy { proxy: String, source: hyper::Error },
    /// The certificate is not believed.
    #[error("TLS with {} fails: {source}", name(server))]
    Tls { server: String, source: rustls::Error },
    /// The handshake broke off.
    #[error("TLS with {} fails: {source}", name(server))]
    Handshake { server: String, source: io::Error },
}

impl DialError {
    /// The step that failed.
    pub(crate) fn step(&self) -> Step {
        match self {
            Self::Name { .. } => Step::Dns,
            Self::Tls { .. } | Self::Handshake { .. } => Step::Tls,
            _ => Step::Tcp,
        }
    }

    /// Whether a proxy was asked, which looks up names itself.
    pub(crate) fn is_of_proxy(&self) -> bool {
        matches!(
            self,
            Self::Proxy { .. }
                | Self::UnknownProxy { .. }
                | Self::SilentProxy { .. }
                | Self::Refused { .. }
                | Self::NoProxy { .. }
        )
    }

    /// What it is.
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Name { .. } => Class::DnsFailure,
            Self::Connect { source, .. } if source.kind() == io::ErrorKind::ConnectionRefused => {
                Class::ConnectionRefused
            }
            Self::Connect { .. } | Self::Silence { .. } => Class::NetworkTimeout,
            Self::Proxy { .. } | Self::UnknownProxy { .. } | Self::SilentProxy { .. } => Class::ProxyUnreachable,
            Self::Refused { .. } | Self::NoProxy { .. } => Class::ProxyRefused,
            Self::Tls { source, .. } => tls::class_of(source),
            Self::Handshake { .. } => Class::TlsHandshakeFailed,
        }
    }

    /// As it stands in a report.
    pub(crate) fn failure(&self) -> Failure {
        let hint = match self {
            Self::Tls {
                source: rustls::Error::InvalidMessage(_),
                ..
            } => "; the port does not speak TLS, perhaps it wants http://",
            _ => "",
        };
        Failure::of(self.class(), format!("{self}{hint}"))
    }
}

impl Dialler {
    /// Proxies are those that the environment names.
    pub(crate) fn new(tls: ClientConfig, surroundings: &Surroundings, patience: Duration) -> Self {
        let variable = |names: [&'static str; 2]| {
            let is_set = |name: &&str| surroundings.variable(name).is_some();
            let name = names.into_iter().find(is_set).unwrap_or(names[0]);
            (name, surroundings.variable(name).unwrap_or_default())
        };
        let (for_http, http) = variable(["HTTP_PROXY", "http_proxy"]);
        let (for_https, https) = variable(["HTTPS_PROXY", "https_proxy"]);
        let proxies = Matcher::builder()
            .http(matchable(http))
            .https(matchable(https))
            .no(variable(["NO_PROXY", "no_proxy"]).1)
            .build();
        Self {
            tls: Arc::new(tls),
            proxies: Arc::new(proxies),
            variables: [for_http, for_https],
            patience,
        }
    }

    /// How long one connection or answer may take.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Makes a connection to the server of an address.
    pub(crate) async fn dial(&self, uri: &Uri) -> Result<Dialled, DialError> {
        let host = host_of(uri);
        let port = port_of(uri);
        let server = format!("{}:{port}", uri.host().unwrap_or_default());
        let is_secure = uri.scheme_str() != Some("http");
        // A service of the node itself is never behind a proxy.
        let proxy = self.proxies.intercept(uri).filter(|_| !is_link_local(&host));
        let Some(proxy) = proxy else {
            let addresses = self.look_up(&host, port).await?;
            let (stream, peer) = self.connect(&server, &addresses).await?;
            let addresses = addresses.iter().map(SocketAddr::ip).collect();
            return self
                .secure(stream, &host, server, is_secure, peer, addresses, None, None)
                .await;
        };
        let address = proxy.uri().clone();
        if address.scheme_str() != Some("http") {
            let [for_http, for_https] = self.variables;
            let variable = if is_secure { for_https } else { for_http };
            return Err(DialError::UnknownProxy { variable });
        }
        let shown = format!("{}:{}", address.host().unwrap_or_default(), port_of(&address));
        let found = self.look_up(&host_of(&address), port_of(&address)).await;
        let found = found.map_err(|error| DialError::Proxy {
            proxy: shown.clone(),
            source: io::Error::other(error.to_string()),
        })?;
        let (stream, peer) = self.connect(&shown, &found).await.map_err(|error| DialError::Proxy {
            proxy: shown.clone(),
            source: match error {
                DialError::Connect { source, .. } => source,
                other => io::Error::new(io::ErrorKind::TimedOut, other.to_string()),
            },
        })?;
        if !is_secure {
            return self
                .secure(stream, &host, server, false, peer, Vec::new(), Some(proxy), Some(shown))
                .await;
        }
        let tunnel = timeout(self.patience, tunnel(stream, &server, &shown, proxy.basic_auth())).await;
        let stream = tunnel.map_err(|_| DialError::SilentProxy {
            proxy: shown.clone(),
            patience: self.patience,
        })??;
        self.secure(stream, &host, server, true, peer, Vec::new(), None, Some(shown))
            .await
    }

    async fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, DialError> {
        let unknown = |source| DialError::Name {
            host: host.to_owned(),
            source,
        };
        let found = timeout(self.patience, tokio::net::lookup_host((host, port))).await;
        let found = found.map_err(|_| unknown(io::Error::new(io::ErrorKind::TimedOut, "no answer")))?;
        let addresses: Vec<_> = found.map_err(unknown)?.collect();
        if addresses.is_empty() {
            return Err(unknown(io::Error::new(io::ErrorKind::NotFound, "it has no address")));
        }
        Ok(addresses)
    }

    async fn connect(&self, server: &str, addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), DialError> {
        let silence = || DialError::Silence {
            server: server.to_owned(),
            patience: self.patience,
        };
        // The first address is the preferred one. What another one says, as where there is no IPv6, is of less use.
        let mut first = None;
        for address in addresses {
            match timeout(self.patience, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok((stream, *address)),
                Ok(Err(source)) => {
                    first.get_or_insert(DialError::Connect {
                        server: server.to_owned(),
                        source,
                    });
                }
                Err(_) => {
                    first.get_or_insert_with(silence);
                }
            }
        }
        Err(first.unwrap_or_else(silence))
    }

    #[allow(clippy::too_many_arguments, reason = "each is a part of what is returned")]
    async fn secure(
        &self,
        stream: TcpStream,
        host: &str,
        server: String,
        is_secure: bool,
        peer: SocketAddr,
        addresses: Vec<IpAddr>,
        forwarding: Option<Intercept>,
        proxy: Option<String>,
    ) -> Result<Dialled, DialError> {
        if !is_secure {
            let stream = Stream::Plain(stream);
            return Ok(Dialled {
                stream,
                addresses,
                peer,
                forwarding,
                proxy,
                tls: None,
            });
        }
        let failed = |source: io::Error| match source.downcast::<rustls::Error>() {
            Ok(source) => DialError::Tls {
                server: server.clone(),
                source,
            },
            Err(source) => DialError::Handshake {
                server: server.clone(),
                source,
            },
        };
        let named = ServerName::try_from(host.to_owned()).map_err(|error| failed(io::Error::other(error)))?;
        let handshake = TlsConnector::from(Arc::clone(&self.tls)).connect(named, stream);
        let done = timeout(self.patience, handshake).await;
        let done = done.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer to the handshake")));
        let stream = done.map_err(failed)?;
        let version = stream.get_ref().1.protocol_version();
        let tls = version.map(|version| match version {
            rustls::ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
            rustls::ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
            other => format!("{other:?}"),
        });
        let stream = Stream::Secure(Box::new(stream));
        Ok(Dialled {
            stream,
            addresses,
            peer,
            forwarding,
            proxy,
            tls,
        })
    }
}

impl fmt::Debug for Dialler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address of a proxy may hold a password.
        formatter.debug_struct("Dialler").finish_non_exhaustive()
    }
}

/// The address of a proxy as it can be matched: one that would be passed over in silence becomes one that is refused.
fn matchable(address: &str) -> &str {
    let matcher = Matcher::builder().http(address).build();
    let is_passed_over = matcher.intercept(&Uri::from_static("http://store")).is_none();
    if is_passed_over && !address.is_empty() {
        "socks5://unknown"
    } else {
        address
    }
}

/// Asks a proxy for a way to a server.
async fn tunnel(
    stream: TcpStream,
    server: &str,
    proxy: &str,
    told: Option<&HeaderValue>,
) -> Result<TcpStream, DialError> {
    let silent = |source| DialError::NoProxy {
        proxy: proxy.to_owned(),
        source,
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(silent)?;
    let mut request = Request::new(Empty::<bytes::Bytes>::new());
    *request.method_mut() = Method::CONNECT;
    if let Ok(uri) = server.parse() {
        *request.uri_mut() = uri;
    }
    if let Ok(host) = HeaderValue::from_str(server) {
        request.headers_mut().insert(header::HOST, host);
    }
    if let Some(told) = told {
        request.headers_mut().insert(header::PROXY_AUTHORIZATION, told.clone());
    }
    let mut connection = Box::pin(connection.without_shutdown());
    let mut answer = Box::pin(sender.send_request(request));
    let (answer, parts) = tokio::select! {
        answer = &mut answer => (answer.map_err(silent)?, None),
        parts = &mut connection => {
            let parts = parts.map_err(silent)?;
            (answer.await.map_err(silent)?, Some(parts))
        }
    };
    if !answer.status().is_success() {
        return Err(DialError::Refused {
            proxy: proxy.to_owned(),
            server: server.to_owned(),
            status: answer.status(),
        });
    }
    let parts = match parts {
        Some(parts) => parts,
        None => connection.await.map_err(silent)?,
    };
    Ok(parts.io.into_inner())
}

fn host_of(uri: &Uri) -> String {
    uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned()
}

fn port_of(uri: &Uri) -> u16 {
    let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
    uri.port_u16().unwrap_or(usual)
}

/// Metadata servers and agents of a node.
fn is_link_local(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_unicast_link_local() || address.is_unique_local(),
        Err(_) => host == "metadata.google.internal",
    }
}

/// A connection, with or without TLS.
pub(crate) enum Stream {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Secure(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Secure(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Secure(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Secure(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::Ipv4Addr;
    use std::time::Instant;

    use tokio::net::TcpListener;

    use super::*;

    fn dialler(variables: &[(&str, &str)], patience: Duration) -> Dialler {
        let pairs = variables.iter();
        let environment: BTreeMap<_, _> = pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Dialler::new(
            tls::configuration(None).unwrap(),
            &Surroundings { environment },
            patience,
        )
    }

    async fn failure(dialler: &Dialler, uri: &'static str) -> (Step, Failure) {
        let error = dialler.dial(&Uri::from_static(uri)).await.err().unwrap();
        (error.step(), error.failure())
    }

    #[tokio::test]
    async fn a_proxy_that_says_nothing_is_not_waited_for_without_end() {
        let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = format!("http://somebody:hidden@{}", silent.local_addr().unwrap());
        let dialler = dialler(&[("HTTPS_PROXY", &address)], Duration::from_secs(1));
        let begun = Instant::now();
        let (step, failure) = failure(&dialler, "https://store.example.org").await;
        assert!(begun.elapsed() >= Duration::from_secs(1));
        assert_eq!((step, failure.class.as_str()), (Step::Tcp, "proxy-unreachable"));
        assert!(failure.message.ends_with("has not answered within 1 s"), "{failure:?}");
        assert!(!failure.message.contains("hidden"), "{failure:?}");
    }

    #[tokio::test]
    async fn a_proxy_of_another_kind_is_named_by_its_variable() {
        for address in [
            "https://proxy:3128",
            "socks5://u:hidden@proxy",
            "ftp://hidden",
            "http://[hidden",
        ] {
            let both = dialler(
                &[("https_proxy", address), ("HTTP_PROXY", address)],
                Duration::from_secs(9),
            );
            for (uri, variable) in [
                ("https://store.invalid", "https_proxy"),
                ("http://store.invalid", "HTTP_PROXY"),
            ] {
                let (step, failure) = failure(&both, uri).await;
                assert_eq!(
                    (step, failure.class.as_str()),
                    (Step::Tcp, "proxy-unreachable"),
                    "{address}"
                );
                let expected = format!("{variable} names a proxy whose address does not begin with http://");
                assert!(failure.message.starts_with(&expected), "{failure:?}");
                assert!(!failure.message.contains("hidden"), "{failure:?}");
            }
        }
    }

    #[tokio::test]
    async fn of_several_addresses_the_error_of_the_first_counts() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let refusing = listener.local_addr().unwrap();
        drop(listener);
        // Nobody may connect to all at once.
        let impossible = SocketAddr::from((Ipv4Addr::BROADCAST, 9));
        let dialler = dialler(&[], Duration::from_secs(1));
        let error = dialler
            .connect("store:9000", &[refusing, impossible])
            .await
            .unwrap_err();
        assert_eq!(error.class(), Class::ConnectionRefused, "{error}");
        let error = dialler
            .connect("store:9000", &[impossible, refusing])
            .await
            .unwrap_err();
        assert_eq!(error.class(), Class::NetworkTimeout, "{error}");
    }
}
