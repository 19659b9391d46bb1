//! Who is let in, and how the server leaves.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::connection::{Connections, Guest};
use crate::crowd::Crowd;
use crate::state::App;

/// How the server leaves.
///
/// 1. It is not ready at once, and goes on taking connections for `lame_duck`: until then the rest of the cluster may not
///    have heard. Every answer of that time asks its caller to come back on another connection (`Connection: close`,
///    GOAWAY in HTTP/2), so that each connection in use ends where nothing can be lost: after an answer.
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

/// How far the server is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Serving,
    LameDuck,
    Closing,
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
    let phase = watch::Sender::new(Phase::Serving);
    let door = Door {
        places: Arc::new(Semaphore::new(app.limits.connections)),
        strangers: Crowd::new(app.limits.silent_connections),
        connections: Arc::new(Connections {
            app,
            router,
            acceptor: TlsAcceptor::from(tls),
        }),
        phase: &phase,
    };
    let app = &door.connections.app;
    let farewell = async {
        stop.await;
        app.health.start_draining();
        app.metrics.draining.set(1);
        tracing::info!(lame_duck = ?leaving.lame_duck, "asked to stop");
        phase.send_replace(Phase::LameDuck);
        sleep(leaving.lame_duck).await;
    };
    tokio::select! {
        () = farewell => {}
        () = door.let_in(&listener) => {}
    }
    door.let_in_who_stands_outside(listener);
    phase.send_replace(Phase::Closing);
    if timeout(leaving.patience, phase.closed()).await.is_err() {
        tracing::warn!(patience = ?leaving.patience, "calls were still being answered at the end");
    }
}

struct Door<'p> {
    connections: Arc<Connections>,
    /// How many connections may be open.
    places: Arc<Semaphore>,
    /// Those that have not asked anything yet.
    strangers: Arc<Crowd>,
    phase: &'p watch::Sender<Phase>,
}

impl Door<'_> {
    async fn let_in(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => self.admit(stream),
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
    fn let_in_who_stands_outside(&self, listener: TcpListener) {
        let Ok(listener) = listener.into_std() else { return };
        while let Ok((stream, _)) = listener.accept() {
            if stream.set_nonblocking(true).is_ok()
                && let Ok(stream) = TcpStream::from_std(stream)
            {
                self.admit(stream);
            }
        }
    }

    fn admit(&self, stream: TcpStream) {
        let places = Arc::clone(&self.places).try_acquire_owned();
        let (Ok(place), Some(stranger)) = (places, self.strangers.enter()) else {
            self.connections.turn_away();
            return;
        };
        let guest = Guest::new(place, stranger, self.phase.subscribe());
        tokio::spawn(Arc::clone(&self.connections).converse(stream, guest));
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}
