//! One connection from its handshake to its end.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, Version, header};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;

use crate::crowd::Member;
use crate::paced::{Pace, PacedIo};
use crate::server::Phase;
use crate::state::App;

/// The longest header of a request, in bytes; those of the API server are far below 1 KiB.
const HEADER_SIZE: usize = 64 * 1024;

/// What all connections share.
pub(crate) struct Connections {
    pub(crate) app: Arc<App>,
    pub(crate) router: Router,
    pub(crate) acceptor: TlsAcceptor,
}

/// The right to be here, until it is dropped.
pub(crate) struct Guest {
    _place: OwnedSemaphorePermit,
    stranger: Member,
    phase: watch::Receiver<Phase>,
}

impl Guest {
    pub(crate) fn new(place: OwnedSemaphorePermit, stranger: Member, phase: watch::Receiver<Phase>) -> Self {
        Self {
            _place: place,
            stranger,
            phase,
        }
    }
}

impl Connections {
    pub(crate) fn turn_away(&self) {
        self.app.metrics.connections_turned_away.inc();
        tracing::debug!("a connection was closed: there are too many");
    }

    pub(crate) async fn converse(self: Arc<Self>, stream: TcpStream, guest: Guest) {
        let _ = stream.set_nodelay(true);
        let handshake = timeout(self.app.limits.handshake, self.acceptor.accept(stream));
        let shaken = tokio::select! {
            shaken = handshake => shaken,
            () = guest.stranger.turned_away() => return self.turn_away(),
        };
        match shaken {
            Ok(Ok(stream)) => self.answer(stream, guest).await,
            Ok(Err(error)) => self.handshake_failed(&error),
            Err(_) => self.handshake_failed(&io::ErrorKind::TimedOut.into()),
        }
    }

    async fn answer(self: Arc<Self>, stream: TlsStream<TcpStream>, guest: Guest) {
        let _open = Open::new(&self.app);
        let Guest {
            _place,
            stranger,
            mut phase,
        } = guest;
        let turned_away = stranger.turned_away();
        let limits = &self.app.limits;
        let is_http1 = stream.get_ref().1.alpn_protocol() != Some(b"h2");
        let pace = Arc::new(Pace::new(stranger));
        let header = is_http1.then_some(limits.header);
        let stream = PacedIo::new(stream, Arc::clone(&pace), limits.idle, header);
        let opened = Instant::now();
        let (server, its_pace) = (Arc::clone(&self), Arc::clone(&pace));
        let service = service_fn(move |request| Arc::clone(&server).call(request, Arc::clone(&its_pace), opened));
        let builder = self.builder(is_http1);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));

        let mut turned_away = pin!(turned_away);
        // HTTP/1.1 asks with a header of an answer. In HTTP/2 it takes a frame, which can be sent at any time and loses
        // nothing; it is sent once there was a request, since a connection without one would end unused.
        let mut age = pin!(sleep(limits.connection_age));
        let mut patience = pin!(sleep(limits.header));
        let mut asked_to_go = is_http1;
        loop {
            let (is_old, now) = (age.is_elapsed(), *phase.borrow_and_update());
            if now == Phase::Closing {
                pace.leave();
            }
            let is_known = pace.is_known() || (now == Phase::Closing && patience.is_elapsed());
            if !asked_to_go && is_known && (is_old || now != Phase::Serving) {
                connection.as_mut().graceful_shutdown();
                asked_to_go = true;
            }
            tokio::select! {
                // How a connection ends is the caller's affair; what was asked on it has been answered and counted.
                _ = connection.as_mut() => return,
                () = turned_away.as_mut() => return self.turn_away(),
                // An error says that the server does not even wait any more.
                changed = phase.changed() => if changed.is_err() { return },
                () = pace.becomes_known(), if !asked_to_go && !is_known => {}
                () = age.as_mut(), if !asked_to_go && !is_old => {}
                () = patience.as_mut(), if now == Phase::Closing && !patience.is_elapsed() => {}
            }
        }
    }

    fn builder(&self, is_http1: bool) -> Builder<TokioExecutor> {
        let builder = Builder::new(TokioExecutor::new());
        let mut builder = if is_http1 {
            builder.http1_only()
        } else {
            builder.http2_only()
        };
        let idle = self.app.limits.idle;
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(idle)
            .max_buf_size(HEADER_SIZE);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(idle)
            .max_concurrent_streams(100);
        builder
    }

    async fn call(
        self: Arc<Self>,
        request: Request<hyper::body::Incoming>,
        pace: Arc<Pace>,
        opened: Instant,
    ) -> Result<Response<Body>, Infallible> {
        pace.start();
        let version = request.version();
        let mut response = self.router.clone().oneshot(request.map(Body::new)).await?;
        pace.finish();
        let leaves = self.app.health.is_draining() || opened.elapsed() >= self.app.limits.connection_age;
        if leaves && version < Version::HTTP_2 {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }

    fn handshake_failed(&self, error: &io::Error) {
        self.app.metrics.tls_handshake_errors.inc();
        let reason = error.get_ref().and_then(|reason| reason.downcast_ref());
        if let Some(rustls::Error::NoCertificatesPresented | rustls::Error::InvalidCertificate(_)) = reason {
            self.app.metrics.client_certificates_refused.inc();
            // When the API server is meant, nobody is answered any more: this must be seen.
            tracing::warn!(reason = %error, "a caller was refused because of its certificate");
        } else {
            tracing::debug!(reason = %error, "a TLS handshake failed");
        }
    }
}

/// Counts a connection as long as it is open.
struct Open(Arc<App>);

impl Open {
    fn new(app: &Arc<App>) -> Self {
        app.metrics.connections.inc();
        Self(Arc::clone(app))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.metrics.connections.dec();
    }
}
