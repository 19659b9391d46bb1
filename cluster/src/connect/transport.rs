//! From what is connected to, to a client: connections through proxies, headers, time limits, warnings.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{Client as HttpClient, Error as HttpError};
use hyper_util::rt::TokioExecutor;
use kube::Client;
use kube::client::middleware::BaseUriLayer;
use kube::client::retry::RetryPolicy;
use kube::client::{Body, ConfigExt as _};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::time::Instant;
use tower::retry::RetryLayer;
use tower::{BoxError, Service, ServiceBuilder, service_fn};
use tower_http::decompression::DecompressionLayer;

use super::ConnectError;
use super::credentials::Credentials;
use super::failure::{NameNotResolved, Server, Unanswered};
use super::flags::{ConnectionFlags, Surroundings};
use super::proxy::Proxy;
use super::target::Target;
use super::tls::{self, Shown};
use super::warnings::Warnings;

/// As long as Go's dialer waits for a connection.
const CONNECT: Duration = Duration::from_secs(30);

type AnswerBody = UnsyncBoxBody<Bytes, BoxError>;
/// Sends a request over one of the connections that there are, or over a new one.
type Sender = Box<dyn Fn(Request<Body>) -> Sending + Send + Sync>;
type Sending = BoxFuture<'static, Result<Response<Incoming>, HttpError>>;

/// What every request goes through.
pub(super) struct Transport {
    send: Sender,
    credentials: Credentials,
    shown: Arc<Shown>,
    headers: HeaderMap,
    timeout: Option<Duration>,
    server: Server,
    pub(super) warnings: Warnings,
}

impl Transport {
    /// Puts it together. No connection is made.
    pub(super) fn new(
        target: Target,
        flags: &ConnectionFlags,
        surroundings: &Surroundings,
    ) -> Result<Self, ConnectError> {
        let shown = Arc::new(Shown::default());
        let configuration = tls::configuration(&target, Arc::clone(&shown))?;
        let server = Server {
            address: Server::shown(&target.server),
            authority: target.authority.as_ref().map(|authority| authority.origin.clone()),
            other_name: target.server_name.as_ref().map(|(_, origin)| origin.clone()),
            user: target.user_origin.clone(),
            identity: target
                .identity
                .as_ref()
                .map(|(certificate, _)| certificate.origin.clone()),
            proxy: target
                .proxy
                .as_ref()
                .map(|proxy| (Server::shown(proxy.address.uri()), proxy.origin.clone())),
            origin: target.server_origin.clone(),
        };
        let send = sender(&target, configuration)?;
        let mut headers = target.impersonation;
        let agent = HeaderValue::try_from(&surroundings.user_agent);
        headers.extend(agent.into_iter().map(|agent| (USER_AGENT, agent)));
        let mut credentials = target.credentials;
        if let Credentials::Exec(exec) = &mut credentials {
            exec.without_standard_input(surroundings.standard_input);
        }
        let warnings = Warnings::default();
        target.notes.into_iter().for_each(|note| warnings.add(note));
        Ok(Self {
            send,
            credentials,
            shown,
            headers,
            timeout: flags.request_timeout.filter(|timeout| !timeout.is_zero()),
            server,
            warnings,
        })
    }

    /// Gets credentials, which may start a program that asks the person something.
    pub(super) async fn sign_in(&self) -> Result<(), Unanswered> {
        self.credentials.present().await.map(drop)
    }

    async fn answer(&self, mut request: Request<Body>) -> Result<Response<AnswerBody>, Unanswered> {
        let presented = self.credentials.present().await?;
        if let Some(key) = presented.key {
            self.shown.set(key);
        }
        let headers = request.headers_mut();
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        headers.extend(presented.header.map(|header| (AUTHORIZATION, header)));
        let limit = self.timeout.map(|timeout| (Instant::now() + timeout, timeout));
        let sending = (self.send)(request);
        let answer = match limit {
            Some((deadline, timeout)) => {
                let answer = tokio::time::timeout_at(deadline, sending).await;
                answer.map_err(|_| self.server.silent(timeout))?
            }
            None => sending.await,
        };
        let answer = answer.map_err(|error| self.server.explain(&error))?;
        self.warnings.hear(answer.headers());
        if answer.status() == StatusCode::UNAUTHORIZED {
            return Err(self.server.unauthorized());
        }
        let silent = limit.map(|(deadline, timeout)| (deadline, self.server.silent(timeout)));
        Ok(answer.map(|body| match silent {
            Some((deadline, silent)) => limited(body, deadline, silent),
            None => body.map_err(BoxError::from).boxed_unsync(),
        }))
    }
}

/// A body that has to come to its end by a time.
fn limited(body: Incoming, deadline: Instant, silent: Unanswered) -> AnswerBody {
    let frames = stream::unfold(Some((body, silent)), move |state| async move {
        let (mut body, silent) = state?;
        match tokio::time::timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => Some((Ok(frame), Some((body, silent)))),
            Ok(Some(Err(error))) => Some((Err(BoxError::from(error)), None)),
            Ok(None) => None,
            Err(_) => Some((Err(BoxError::from(silent)), None)),
        }
    });
    StreamBody::new(Box::pin(frames)).boxed_unsync()
}

/// Makes a client that goes through the transport.
pub(super) fn client(
    transport: &Arc<Transport>,
    server: Uri,
    compression: bool,
    namespace: &str,
) -> Result<Client, ConnectError> {
    let mut sign_in = kube::Config::new(server.clone());
    if let Credentials::OpenIdConnect(provider) = &transport.credentials {
        sign_in.auth_info.auth_provider = Some(provider.clone());
    }
    let malformed = |source| ConnectError::Client {
        server: transport.server.address.clone(),
        source,
    };
    let sign_in = sign_in.auth_layer().map_err(malformed)?;
    let (answering, explaining) = (Arc::clone(transport), Arc::clone(transport));
    let retry = RetryPolicy::new(Duration::from_millis(200), Duration::from_secs(2), 3, true);
    let service = ServiceBuilder::new()
        .layer(BaseUriLayer::new(server))
        .map_err(move |error: BoxError| explaining.server.explain_credentials(error))
        .layer(DecompressionLayer::new().gzip(compression))
        .option_layer(retry.ok().map(RetryLayer::new))
        .option_layer(sign_in)
        .map_err(BoxError::from)
        .service(service_fn(move |request| {
            let transport = Arc::clone(&answering);
            async move { transport.answer(request).await }
        }));
    Ok(Client::new(service, namespace))
}

/// Connects, directly or through a proxy.
fn sender(target: &Target, configuration: ClientConfig) -> Result<Sender, ConnectError> {
    let mut dial = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
    dial.enforce_http(false);
    dial.set_nodelay(true);
    dial.set_connect_timeout(Some(CONNECT));
    let name = match &target.server_name {
        Some((name, origin)) => {
            let name = ServerName::try_from(name.clone());
            Some(name.map_err(|_| ConnectError::Unusable {
                origin: origin.clone(),
                why: "it is no name of a server",
            })?)
        }
        None => None,
    };
    let Some(Proxy { address, origin }) = &target.proxy else {
        return Ok(sends(https(dial, configuration, name)));
    };
    let proxy = address.uri().clone();
    match proxy.scheme_str() {
        Some("http") => {
            let tunnel = with_basic(Tunnel::new(proxy, dial), address.basic_auth());
            Ok(sends(https(tunnel, configuration, name)))
        }
        Some("https") => {
            let tunnel = Tunnel::new(proxy, https(dial, configuration.clone(), None));
            let tunnel = with_basic(tunnel, address.basic_auth());
            Ok(sends(https(tunnel, configuration, name)))
        }
        Some("socks5" | "socks5h") => {
            let mut socks = SocksV5::new(with_port(&proxy, 1080), dial);
            if let Some((user, password)) = address.raw_auth() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            Ok(sends(https(socks, configuration, name)))
        }
        _ => Err(ConnectError::Unusable {
            origin: origin.clone(),
            why: "it is no address of a proxy of HTTP or SOCKS 5",
        }),
    }
}

fn with_basic<C>(tunnel: Tunnel<C>, header: Option<&HeaderValue>) -> Tunnel<C> {
    match header {
        Some(header) => tunnel.with_auth(header.clone()),
        None => tunnel,
    }
}

/// The usual port of another protocol than HTTP is not known to the connector.
fn with_port(address: &Uri, usual: u16) -> Uri {
    let (host, port) = (address.host().unwrap_or_default(), address.port_u16().unwrap_or(usual));
    let authority = format!("{host}:{port}");
    let uri = Uri::builder().scheme("socks5").authority(authority).path_and_query("/");
    uri.build().unwrap_or_else(|_| address.clone())
}

fn https<C>(connector: C, configuration: ClientConfig, name: Option<ServerName<'static>>) -> HttpsConnector<C> {
    let builder = HttpsConnectorBuilder::new()
        .with_tls_config(configuration)
        .https_or_http();
    let builder = match name {
        Some(name) => builder.with_server_name_resolver(FixedServerNameResolver::new(name)),
        None => builder,
    };
    builder.enable_http1().wrap_connector(connector)
}

fn sends<C>(connector: C) -> Sender
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let client = HttpClient::builder(TokioExecutor::new()).build(connector);
    Box::new(move |request| Box::pin(client.request(request)))
}

/// Finds the addresses of a name, and says which name it was when there are none.
#[derive(Clone)]
struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = NameNotResolved;
    type Future = BoxFuture<'static, Result<GaiAddrs, NameNotResolved>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), NameNotResolved>> {
        self.0.poll_ready(context).map_err(|source| NameNotResolved {
            host: String::new(),
            source,
        })
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let host = name.as_str().to_owned();
        let found = self.0.call(name);
        Box::pin(async move { found.await.map_err(|source| NameNotResolved { host, source }) })
    }
}
