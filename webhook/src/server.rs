//! Sockets, TLS and connections.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderValue, Request, Response, Version, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::handlers::Permit;
use crate::paced::{Pace, PacedIo};
use crate::state::App;

/// Counts the calls that are answered at once.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(crate) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    /// A place, or none when all are taken. Nobody waits: a call that waits for its turn misses its deadline as well.
    pub(crate) fn enter(&self, app: &Arc<App>) -> Option<Permit> {
        Some(Permit::new(Arc::clone(&self.0).try_acquire_owned().ok()?, app))
    }
}

/// How the server leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    /// How long it keeps taking connections after it was asked to stop: the time that the rest of the cluster needs to
    /// hear that it is no longer ready.
    pub lame_duck: Duration,
    /// How long it waits for calls that are being answered.
    pub patience: Duration,
}

impl Default for Leaving {
    fn default() -> Self {
        Self {
            lame_duck: Duration::from_secs(15),
            patience: Duration::from_secs(20),
        }
    }
}

/// Serves `router` over TLS until `stop` resolves, then leaves without breaking off a call.
pub async fn serve(
    app: Arc<App>,
    router: Router,
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    stop: impl Future<Output = ()>,
    leaving: Leaving,
) {
    let server = Arc::new(Server {
        app,
        router,
        acceptor: TlsAcceptor::from(tls),
    });
    let graceful = GracefulShutdown::new();
    let farewell = async {
        stop.await;
        server.app.health.start_draining();
        server.app.metrics.draining.set(1);
        tracing::info!(lame_duck = ?leaving.lame_duck, "asked to stop");
        sleep(leaving.lame_duck).await;
    };
    tokio::select! {
        () = farewell => {}
        () = accept(&server, &listener, &graceful) => {}
    }
    drop(listener);
    if timeout(leaving.patience, graceful.shutdown()).await.is_err() {
        tracing::warn!(patience = ?leaving.patience, "calls were still being answered at the end");
    }
}

async fn accept(server: &Arc<Server>, listener: &TcpListener, graceful: &GracefulShutdown) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = Arc::clone(server).converse(stream, graceful.watcher());
                tokio::spawn(connection);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                // Out of file descriptors, most likely. Trying again at once would only burn a core.
                if !is_of_one_connection(&error) {
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}

struct Server {
    app: Arc<App>,
    router: Router,
    acceptor: TlsAcceptor,
}

impl Server {
    async fn converse(self: Arc<Self>, stream: TcpStream, watcher: Watcher) {
        let _ = stream.set_nodelay(true);
        let limits = &self.app.limits;
        let stream = match timeout(limits.handshake, self.acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return self.handshake_failed(&error.to_string()),
            Err(_) => return self.handshake_failed("it took too long"),
        };
        self.app.metrics.connections.inc();
        let is_http1 = stream.get_ref().1.alpn_protocol() != Some(b"h2");
        let pace = Arc::new(Pace::default());
        let stream = PacedIo::new(
            stream,
            Arc::clone(&pace),
            limits.idle,
            is_http1.then_some(limits.header),
        );
        let builder = Builder::new(TokioExecutor::new());
        let mut builder = if is_http1 {
            builder.http1_only()
        } else {
            builder.http2_only()
        };
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.idle);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(limits.idle)
            .max_concurrent_streams(100);
        let opened = Instant::now();
        let server = Arc::clone(&self);
        let service = service_fn(move |request| Arc::clone(&server).call(request, Arc::clone(&pace), opened));
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        // How a connection ends is the caller's affair; what was asked on it has been answered and counted.
        let _ = watcher.watch(connection).await;
        self.app.metrics.connections.dec();
    }

    async fn call(
        self: Arc<Self>,
        request: Request<Incoming>,
        pace: Arc<Pace>,
        opened: Instant,
    ) -> Result<Response<axum::body::Body>, Infallible> {
        pace.start();
        let version = request.version();
        let mut response = self.router.clone().oneshot(request.map(axum::body::Body::new)).await?;
        pace.finish();
        let leaves = self.app.health.is_draining() || opened.elapsed() >= self.app.limits.connection_age;
        if leaves && version < Version::HTTP_2 {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }

    fn handshake_failed(&self, reason: &str) {
        self.app.metrics.tls_handshake_errors.inc();
        tracing::debug!(reason, "a TLS handshake failed");
    }
}
