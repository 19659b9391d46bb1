//! Ctrl-C, for a command that goes on until then.

use std::io;
use std::pin::pin;
use std::time::Duration;

use tokio::sync::watch;

/// Whether somebody has pressed Ctrl-C.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// From now on Ctrl-C does not end the program.
    pub(crate) fn listen() -> io::Result<Self> {
        let (sender, receiver) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (ready, is_ready) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            runtime.block_on(async {
                let mut pressed = pin!(tokio::signal::ctrl_c());
                tokio::select! {
                    // The first look at it is what begins to listen.
                    biased;
                    _ = &mut pressed => {}
                    _ = async { ready.send(()) } => { let _ = pressed.await; }
                }
                sender.send_replace(true);
            });
        });
        is_ready.recv().map_err(io::Error::other)?;
        Ok(Self(receiver))
    }

    /// Whether it was pressed.
    pub(crate) fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is pressed.
    pub(crate) async fn pressed(&self) {
        let mut receiver = self.0.clone();
        // The sender goes after it has told.
        let _ = receiver.wait_for(|is_set| *is_set).await;
    }

    /// Waits so long, or until it is pressed. Returns whether it was.
    pub(crate) fn pause(&self, length: Duration) -> io::Result<bool> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let paused = runtime.block_on(async { tokio::time::timeout(length, self.pressed()).await });
        Ok(paused.is_ok())
    }
}
