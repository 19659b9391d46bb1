//! Connections: directly or through a proxy, with TLS or without.

use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, Uri};
use hyper::body::Incoming;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{Client as HttpClient, Error as HttpError};
use hyper_util::rt::TokioExecutor;
use kube::client::Body;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tower::util::MapErr;
use tower::{BoxError, Service, ServiceExt as _};

use super::ConnectError;
use super::failure::{NameNotResolved, ToProxy};
use super::proxy::Proxy;
use super::setting::Setting;

/// As long as Go's dialer waits for a connection.
const CONNECT: Duration = Duration::from_secs(30);

/// Sends a request over one of the connections that there are, or over a new one.
pub(super) type Sender = Box<dyn Fn(Request<Body>) -> Sending + Send + Sync>;
type Sending = BoxFuture<'static, Result<Response<Incoming>, HttpError>>;

/// Connects, directly or through a proxy. `name` is the one that the certificate of the server has to be for, where it is
/// another than that of the address.
pub(super) fn sender(
    proxy: Option<&Proxy>,
    name: Option<&(String, Setting)>,
    configuration: ClientConfig,
) -> Result<Sender, ConnectError> {
    let mut dial = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
    dial.enforce_http(false);
    dial.set_nodelay(true);
    dial.set_connect_timeout(Some(CONNECT));
    let name = match name {
        Some((name, origin)) => {
            let name = ServerName::try_from(name.clone());
            Some(name.map_err(|_| ConnectError::Unusable {
                origin: origin.clone(),
                why: "it is no name of a server",
            })?)
        }
        None => None,
    };
    let Some(Proxy { address, origin }) = proxy else {
        return Ok(sends(https(dial, configuration, name)));
    };
    let proxy = address.uri().clone();
    match proxy.scheme_str() {
        Some("http") => {
            let tunnel = with_basic(Tunnel::new(proxy, dial), address.basic_auth());
            Ok(sends(https(tunnel, configuration, name)))
        }
        Some("https") => {
            let to_proxy: fn(BoxError) -> ToProxy = ToProxy;
            let connect: MapErr<_, _> = https(dial, configuration.clone(), None).map_err(to_proxy);
            let tunnel = with_basic(Tunnel::new(proxy, connect), address.basic_auth());
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
