//! Judging beside the event loop: what may take longer than a millisecond holds up nobody there. It waits its turn, and
//! its deadline goes on meanwhile.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

/// The unit of memory for trees.
const KIB: usize = 1024;

/// Threads and memory for judgements.
#[derive(Debug, Clone)]
pub(crate) struct Offload {
    /// As many as there are processors, since more at once would make none of them faster; but never one alone, which
    /// would wait for memory while nobody works.
    threads: Arc<Semaphore>,
    /// What trees may take, in KiB.
    trees: Arc<Semaphore>,
    largest: usize,
}

/// A thread that waits for something to do.
#[derive(Debug)]
pub(crate) struct Worker {
    offload: Offload,
    permit: OwnedSemaphorePermit,
}

/// Something failed on a thread, by a defect of this program.
#[derive(Debug)]
pub(crate) struct Panicked;

impl Offload {
    /// Room for trees of `bytes` together.
    pub(crate) fn new(bytes: usize) -> Self {
        let threads = available_parallelism().map_or(2, usize::from).max(2);
        let trees = (bytes / KIB).clamp(1, u32::MAX as usize);
        Self {
            threads: Arc::new(Semaphore::new(threads)),
            trees: Arc::new(Semaphore::new(trees)),
            largest: trees * KIB,
        }
    }

    /// Waits for a thread; first come, first served.
    pub(crate) async fn thread(&self) -> Worker {
        let permit = Arc::clone(&self.threads).acquire_owned().await;
        #[expect(clippy::expect_used, reason = "nobody closes the semaphore")]
        Worker {
            offload: self.clone(),
            permit: permit.expect("the semaphore is open"),
        }
    }

    /// The most memory that a tree can get, in bytes.
    pub(crate) fn largest(&self) -> usize {
        self.largest
    }
}

impl Worker {
    /// Does a part of the work and comes back.
    pub(crate) async fn lend<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(Self, T), Panicked> {
        let done = spawn_blocking(move || (self, work()));
        done.await.map_err(|_| Panicked)
    }

    /// Waits for the memory of a tree of `bytes`, and does the work. Worker and memory go along: work that outlives the
    /// patience of its caller still counts.
    pub(crate) async fn work<T: Send + 'static>(
        self,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let wanted = u32::try_from(bytes.min(self.offload.largest).div_ceil(KIB)).unwrap_or(u32::MAX);
        let memory = Arc::clone(&self.offload.trees).acquire_many_owned(wanted).await;
        let done = spawn_blocking(move || {
            let _held = (self.permit, memory);
            work()
        });
        done.await.map_err(|_| Panicked)
    }
}
