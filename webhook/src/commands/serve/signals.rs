//! When the program is asked to stop.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// The signals that ask the program to stop: SIGTERM, as the kubelet sends it, and SIGINT, as a terminal does. From here
/// on neither ends the program by itself.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Takes over both signals. Those that come before [`StopSignals::count`] are counted as one.
    pub(crate) fn take_over() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Starts to count them.
    pub(crate) fn count(mut self) -> StopRequests {
        let (count, counted) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = self.terminate.recv() => {}
                    _ = self.interrupt.recv() => {}
                }
                count.send_modify(|count| *count += 1);
            }
        });
        StopRequests(counted)
    }
}

/// How often the program was asked to stop.
pub(crate) struct StopRequests(watch::Receiver<usize>);

impl StopRequests {
    /// Resolves when it is to stop once all calls are answered.
    pub(crate) fn once(&self) -> impl Future<Output = ()> + use<> {
        Self::counts(self.0.clone(), 1)
    }

    /// Resolves when it is to stop at once: a second signal says that nobody wants to wait.
    pub(crate) fn twice(&self) -> impl Future<Output = ()> + use<> {
        Self::counts(self.0.clone(), 2)
    }

    async fn counts(mut counted: watch::Receiver<usize>, wanted: usize) {
        // The other side never goes before this one.
        let _ = counted.wait_for(|count| *count >= wanted).await;
    }
}
