//! One connection from its handshake to its end.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::limits::Limits;
use crate::ops::metrics::{Metrics, Track as _};
use crate::ops::readiness::Readiness;
use crate::serve::connection_slots::ConnectionSlot;
use crate::serve::gate::in_turns;
use crate::serve::timeout_io::{RequestProgress, TimeoutIo};

/// The longest header of a request, in bytes; those of the API server are far below 1 KiB. It is also the most that is
/// read of a body at a time.
const HEADER_SIZE: usize = 16 * 1024;

/// How far the server has come in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Serving,
    LameDuck,
    Closing,
}

/// What all connections of one port share.
pub(crate) struct Port {
    /// How long each step of a connection may take.
    pub(crate) limits: Limits,
    /// Where connections are counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Tells whether answers ask their callers to go elsewhere.
    pub(crate) readiness: Arc<Readiness>,
    /// What answers requests.
    pub(crate) router: Router,
    /// Whether connections begin with a TLS handshake.
    pub(crate) protection: Protection,
}

/// How callers are kept from listening to each other.
pub(crate) enum Protection {
    Tls(TlsAcceptor),
    /// For what everybody may know: whether the server is well.
    None,
}

/// The right of one connection to be open, until it is dropped.
pub(crate) struct Permit {
    slot: ConnectionSlot,
    phase: watch::Receiver<Phase>,
}

impl Permit {
    /// Joins a slot with the phases of the server.
    pub(crate) fn new(slot: ConnectionSlot, phase: watch::Receiver<Phase>) -> Self {
        Self { slot, phase }
    }
}

impl Port {
    /// Counts a connection that is closed because there are too many.
    pub(crate) fn turn_away(&self) {
        let metrics = &self.metrics;
        match self.protection {
            Protection::Tls(_) => metrics.connections_turned_away.inc(),
            Protection::None => metrics.status_connections_turned_away.inc(),
        };
        tracing::debug!("a connection was closed: there are too many");
    }

    /// Serves one connection to its end: the handshake where there is one, then requests.
    pub(crate) async fn serve_connection(self: Arc<Self>, stream: TcpStream, permit: Permit) {
        let _ = stream.set_nodelay(true);
        let Protection::Tls(acceptor) = &self.protection else {
            return self.answer(stream, permit).await;
        };
        let handshake = async {
            stream.readable().await?;
            in_turns(acceptor.accept(stream), permit.slot.gate()).await
        };
        let handshake = timeout(self.limits.handshake, handshake);
        let shaken = tokio::select! {
            shaken = handshake => shaken,
            () = permit.slot.turned_away() => return self.turn_away(),
        };
        match shaken {
            Ok(Ok(stream)) => {
                let _open = self.metrics.connections.track();
                Arc::clone(&self).answer(stream, permit).await;
            }
            Ok(Err(error)) => self.handshake_failed(&error),
            Err(_) => self.handshake_failed(&io::ErrorKind::TimedOut.into()),
        }
    }

    /// HTTP/1.1 and nothing else. It is what the API server speaks to webhooks, so that its calls spread over all pods; and
    /// of HTTP/2 one connection could hold what a hundred of these hold.
    async fn answer<S>(self: Arc<Self>, stream: S, permit: Permit)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let Permit { slot, mut phase } = permit;
        let turned_away = slot.turned_away();
        let limits = &self.limits;
        let progress = Arc::new(RequestProgress::new(slot));
        let stream = TimeoutIo::new(stream, Arc::clone(&progress), limits);
        let opened = Instant::now();
        let (port, its_progress) = (Arc::clone(&self), Arc::clone(&progress));
        let service = service_fn(move |request| Arc::clone(&port).call(request, Arc::clone(&its_progress), opened));
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(limits.idle)
            .max_buf_size(HEADER_SIZE);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut turned_away = pin!(turned_away);
        loop {
            if *phase.borrow_and_update() == Phase::Closing {
                progress.leave();
            }
            tokio::select! {
                // How a connection ends is the caller's affair; what was asked on it has been answered and counted.
                _ = connection.as_mut() => return,
                () = turned_away.as_mut() => return self.turn_away(),
                // An error says that the server does not even wait any more.
                changed = phase.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn call(
        self: Arc<Self>,
        mut request: Request<hyper::body::Incoming>,
        progress: Arc<RequestProgress>,
        opened: Instant,
    ) -> Result<Response<Body>, Infallible> {
        progress.start();
        request.extensions_mut().insert(Arc::clone(&progress));
        let mut response = self.router.clone().oneshot(request.map(Body::new)).await?;
        // Behind TLS, nothing but a review is answered with 200.
        progress.finish(matches!(self.protection, Protection::Tls(_)) && response.status() == StatusCode::OK);
        if self.readiness.is_draining() || opened.elapsed() >= self.limits.connection_age {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }

    fn handshake_failed(&self, error: &io::Error) {
        self.metrics.tls_handshake_errors.inc();
        let reason = error.get_ref().and_then(|reason| reason.downcast_ref());
        if let Some(rustls::Error::NoCertificatesPresented | rustls::Error::InvalidCertificate(_)) = reason {
            self.metrics.client_certificates_refused.inc();
            // When the API server is meant, nobody is answered any more: this must be seen.
            tracing::warn!(reason = %error, "a caller was refused because of its certificate");
        } else {
            tracing::debug!(reason = %error, "a TLS handshake failed");
        }
    }
}
