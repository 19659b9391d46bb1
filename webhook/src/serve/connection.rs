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
use crate::serve::connection_slots::Slot;
use crate::serve::gate::in_turns;
use crate::serve::timeout_io::{Pace, PacedIo};

/// The longest header of a request, in bytes; those of the API server are far below 1 KiB. It is also the most that is
/// read of a body at a time.
const HEADER_SIZE: usize = 16 * 1024;

/// How far the server is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Serving,
    LameDuck,
    Closing,
}

/// What all connections of one port share.
pub(crate) struct Port {
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) readiness: Arc<Readiness>,
    pub(crate) router: Router,
    pub(crate) protection: Protection,
}

/// How callers are kept from listening to each other.
pub(crate) enum Protection {
    Tls(TlsAcceptor),
    /// For what everybody may know: whether the server is well.
    None,
}

/// The right to be here, until it is dropped.
pub(crate) struct Guest {
    slot: Slot,
    phase: watch::Receiver<Phase>,
}

impl Guest {
    pub(crate) fn new(slot: Slot, phase: watch::Receiver<Phase>) -> Self {
        Self { slot, phase }
    }
}

impl Port {
    pub(crate) fn turn_away(&self) {
        let metrics = &self.metrics;
        match self.protection {
            Protection::Tls(_) => metrics.connections_turned_away.inc(),
            Protection::None => metrics.status_connections_turned_away.inc(),
        };
        tracing::debug!("a connection was closed: there are too many");
    }

    pub(crate) async fn converse(self: Arc<Self>, stream: TcpStream, guest: Guest) {
        let _ = stream.set_nodelay(true);
        let Protection::Tls(acceptor) = &self.protection else {
            return self.answer(stream, guest).await;
        };
        let handshake = async {
            stream.readable().await?;
            in_turns(acceptor.accept(stream), guest.slot.gate()).await
        };
        let handshake = timeout(self.limits.handshake, handshake);
        let shaken = tokio::select! {
            shaken = handshake => shaken,
            () = guest.slot.turned_away() => return self.turn_away(),
        };
        match shaken {
            Ok(Ok(stream)) => {
                let _open = self.metrics.connections.track();
                Arc::clone(&self).answer(stream, guest).await;
            }
            Ok(Err(error)) => self.handshake_failed(&error),
            Err(_) => self.handshake_failed(&io::ErrorKind::TimedOut.into()),
        }
    }

    /// HTTP/1.1 and nothing else. It is what the API server speaks to webhooks, so that its calls spread over all pods; and
    /// of HTTP/2 one connection could hold what a hundred of these hold.
    async fn answer<S>(self: Arc<Self>, stream: S, guest: Guest)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let Guest { slot, mut phase } = guest;
        let turned_away = slot.turned_away();
        let limits = &self.limits;
        let pace = Arc::new(Pace::new(slot));
        let stream = PacedIo::new(stream, Arc::clone(&pace), limits);
        let opened = Instant::now();
        let (port, its_pace) = (Arc::clone(&self), Arc::clone(&pace));
        let service = service_fn(move |request| Arc::clone(&port).call(request, Arc::clone(&its_pace), opened));
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(limits.idle)
            .max_buf_size(HEADER_SIZE);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut turned_away = pin!(turned_away);
        loop {
            if *phase.borrow_and_update() == Phase::Closing {
                pace.leave();
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
        pace: Arc<Pace>,
        opened: Instant,
    ) -> Result<Response<Body>, Infallible> {
        pace.start();
        request.extensions_mut().insert(Arc::clone(&pace));
        let mut response = self.router.clone().oneshot(request.map(Body::new)).await?;
        // Behind TLS, nothing but a review is answered with 200.
        pace.finish(matches!(self.protection, Protection::Tls(_)) && response.status() == StatusCode::OK);
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
