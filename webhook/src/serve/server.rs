//! Accepts connections, and stops without breaking off a call.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::app::App;
use crate::ops::status_server;
use crate::serve::connection::{Permit, Phase, Port, Protection};
use crate::serve::connection_slots::ConnectionSlots;
use crate::serve::routes::routes;

/// How the server stops.
///
/// 1. It is not ready at once, and goes on taking connections for `lame_duck`: until then the rest of the cluster may not
///    have heard. Every answer of that time asks its caller to come back on another connection (`Connection: close`), so
///    that each connection in use ends where nothing can be lost: after an answer.
/// 2. Then nobody is let in any more. What has arrived is answered; connections on which nothing has been asked for the
///    whole lame duck are closed. HTTP/1.1 has no way to tell such a caller beforehand, so that a call which sets out in
///    the same instant is lost; it would have to be the first on its connection for as long as the lame duck.
/// 3. It waits for calls that are being answered, for `patience` at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    /// How long it keeps taking connections after it was asked to stop.
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

/// Answers reviews over TLS until `stop` resolves, then leaves without breaking off a call.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    stop: impl Future<Output = ()>,
    leaving: Leaving,
) {
    let phase = watch::Sender::new(Phase::Serving);
    let acceptor = Acceptor {
        slots: ConnectionSlots::new(app.limits.connections),
        port: Arc::new(Port {
            limits: app.limits.clone(),
            metrics: Arc::clone(&app.metrics),
            readiness: Arc::clone(&app.readiness),
            router: routes(Arc::clone(&app)),
            protection: Protection::Tls(TlsAcceptor::from(tls)),
        }),
        phase: &phase,
    };
    let farewell = async {
        stop.await;
        app.readiness.start_draining();
        app.metrics.draining.set(1);
        tracing::info!(lame_duck = ?leaving.lame_duck, "asked to stop");
        phase.send_replace(Phase::LameDuck);
        sleep(leaving.lame_duck).await;
    };
    tokio::select! {
        () = farewell => {}
        () = acceptor.accept_all(&listener) => {}
    }
    acceptor.drain_backlog(listener);
    phase.send_replace(Phase::Closing);
    if timeout(leaving.patience, phase.closed()).await.is_err() {
        tracing::warn!(patience = ?leaving.patience, "calls were still being answered at the end");
    }
}

/// Serves `/livez`, `/readyz`, `/metrics` and `/version` in the clear, for as long as it is polled.
pub async fn serve_status(app: Arc<App>, listener: TcpListener) {
    let phase = watch::Sender::new(Phase::Serving);
    let acceptor = Acceptor {
        slots: ConnectionSlots::new(app.limits.status_connections),
        port: Arc::new(Port {
            limits: app.limits.clone(),
            metrics: Arc::clone(&app.metrics),
            readiness: Arc::clone(&app.readiness),
            router: status_server::routes(app.status()),
            protection: Protection::None,
        }),
        phase: &phase,
    };
    acceptor.accept_all(&listener).await;
}

struct Acceptor<'p> {
    slots: Arc<ConnectionSlots>,
    port: Arc<Port>,
    phase: &'p watch::Sender<Phase>,
}

impl Acceptor<'_> {
    async fn accept_all(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.spawn(stream, peer.ip()),
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

    /// Connections that the kernel has taken for us would be reset with the listener.
    fn drain_backlog(&self, listener: TcpListener) {
        let Ok(listener) = listener.into_std() else { return };
        while let Ok((stream, peer)) = listener.accept() {
            if stream.set_nonblocking(true).is_ok()
                && let Ok(stream) = TcpStream::from_std(stream)
            {
                self.spawn(stream, peer.ip());
            }
        }
    }

    fn spawn(&self, stream: TcpStream, source: IpAddr) {
        let Some(slot) = self.slots.enter(source) else {
            self.port.turn_away();
            return;
        };
        let permit = Permit::new(slot, self.phase.subscribe());
        tokio::spawn(Arc::clone(&self.port).serve_connection(stream, permit));
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}
