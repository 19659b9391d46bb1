//! The memory of bodies that are on their way in or wait to be judged.
//!
//! Each body takes what has arrived of it, never what it announces. When memory is short, bodies wait: whoever came first
//! may finish in a reserve of its own, so that bodies which wait for each other all get their turn; and callers that have
//! all but stopped sending go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// While memory is short, a caller that sends less than [`PACE`] in this time goes.
const PATIENCE: Duration = Duration::from_millis(100);

/// Far less than any network between an API server and its webhooks carries.
const PACE: usize = 32 * 1024;

/// The memory of all bodies.
#[derive(Debug)]
pub(crate) struct BodyMemory {
    /// What all may take but the one in the reserve, in bytes.
    capacity: usize,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    used: usize,
    next: u64,
    /// The bodies on their way in, by the order in which they came.
    arriving: BTreeMap<u64, Arriving>,
    /// Who may take more than there is.
    in_reserve: Option<u64>,
}

#[derive(Debug)]
struct Arriving {
    notice: Arc<Notify>,
    /// It waits for memory, so that it is not its fault when nothing comes.
    waits: bool,
    /// When its caller was last looked at, and what it has sent since.
    since: Instant,
    received: usize,
}

/// The memory of one body, until it is dropped.
#[derive(Debug)]
pub(crate) struct BodyShare {
    bodies: Arc<BodyMemory>,
    number: u64,
    held: usize,
    notice: Arc<Notify>,
}

impl BodyMemory {
    /// Room for `bytes`, of which `largest` is kept for the one whose turn it is.
    pub(crate) fn new(bytes: usize, largest: usize) -> Arc<Self> {
        Arc::new(Self {
            capacity: bytes.saturating_sub(largest),
            state: Mutex::default(),
            freed: Notify::new(),
        })
    }

    /// A body of which nothing has come yet.
    pub(crate) fn enter(self: &Arc<Self>) -> BodyShare {
        let notice = Arc::new(Notify::new());
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        let arriving = Arriving {
            notice: Arc::clone(&notice),
            waits: false,
            since: Instant::now(),
            received: 0,
        };
        state.arriving.insert(number, arriving);
        drop(state);
        BodyShare {
            bodies: Arc::clone(self),
            number,
            held: 0,
            notice,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BodyShare {
    /// Resolves when the caller has to go, because it does not send and others wait. It does not borrow the share.
    pub(crate) fn turned_away(&self) -> impl Future<Output = ()> + Send + use<> {
        let notice = Arc::clone(&self.notice);
        async move { notice.notified().await }
    }

    /// Takes memory for `bytes` more, as soon as there is some.
    pub(crate) async fn grow(&mut self, bytes: usize) {
        let bodies = Arc::clone(&self.bodies);
        loop {
            let freed = bodies.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if bodies.state().take(self.number, bytes, bodies.capacity) {
                self.held += bytes;
                return;
            }
            // Nobody says when a caller stops sending.
            let _ = timeout(PATIENCE, freed).await;
        }
    }

    /// The body is whole. It keeps its memory until it is dropped, and does not go any more.
    pub(crate) fn is_whole(&self) {
        self.bodies.state().arriving.remove(&self.number);
    }
}

impl Drop for BodyShare {
    fn drop(&mut self) {
        let mut state = self.bodies.state();
        state.used -= self.held;
        state.arriving.remove(&self.number);
        if state.in_reserve == Some(self.number) {
            state.in_reserve = None;
        }
        drop(state);
        self.bodies.freed.notify_waiters();
    }
}

impl State {
    fn take(&mut self, number: u64, bytes: usize, capacity: usize) -> bool {
        let now = Instant::now();
        let mine = self.in_reserve == Some(number);
        let fits = self.used + bytes <= capacity;
        let is_first_to_wait = self
            .arriving
            .iter()
            .all(|(other, arriving)| *other >= number || !arriving.waits);
        let taken = fits || mine || (self.in_reserve.is_none() && is_first_to_wait);
        if taken {
            self.used += bytes;
            if !fits {
                self.in_reserve = Some(number);
            }
        } else {
            self.turn_away_who_stalls(number, now);
        }
        if let Some(arriving) = self.arriving.get_mut(&number) {
            if arriving.waits || now - arriving.since >= PATIENCE {
                (arriving.since, arriving.received) = (now, 0);
            }
            arriving.received += bytes;
            arriving.waits = !taken;
        }
        taken
    }

    fn turn_away_who_stalls(&mut self, except: u64, now: Instant) {
        for (number, arriving) in &mut self.arriving {
            if *number == except || arriving.waits || now - arriving.since < PATIENCE {
                continue;
            }
            if arriving.received < PACE || now - arriving.since >= 2 * PATIENCE {
                arriving.notice.notify_one();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    const MIB: usize = 1024 * 1024;

    fn is_out(share: &BodyShare) -> bool {
        let notified = pin!(share.turned_away());
        notified.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_that_wait_for_each_other_all_get_their_turn() {
        let bodies = BodyMemory::new(24 * MIB, 8 * MIB);
        let most = Arc::new(Mutex::new(0));
        let objects: Vec<_> = (0..20)
            .map(|_| {
                let (bodies, most) = (Arc::clone(&bodies), Arc::clone(&most));
                tokio::spawn(async move {
                    let mut share = bodies.enter();
                    for _ in 0..(3 * MIB / PACE) {
                        share.grow(PACE).await;
                        tokio::task::yield_now().await;
                        let used = bodies.state().used;
                        let mut most = most.lock().unwrap();
                        *most = used.max(*most);
                    }
                    assert!(!is_out(&share), "nobody who sends is turned away");
                    share.is_whole();
                    tokio::time::sleep(Duration::from_millis(10)).await;
                })
            })
            .collect();
        for task in objects {
            task.await.unwrap();
        }
        let most = *most.lock().unwrap();
        assert!((16 * MIB..=24 * MIB).contains(&most), "{most}");
        let state = bodies.state();
        assert_eq!((state.used, state.arriving.len(), state.in_reserve), (0, 0, None));
    }

    #[tokio::test(start_paused = true)]
    async fn who_stops_sending_makes_room_and_who_is_whole_does_not() {
        let bodies = BodyMemory::new(10 * MIB, MIB);
        let (mut whole, mut stalled, mut waiting) = (bodies.enter(), bodies.enter(), bodies.enter());
        whole.grow(5 * MIB).await;
        whole.is_whole();
        stalled.grow(4 * MIB).await;
        let mut reserve = bodies.enter();
        reserve.grow(MIB).await;
        tokio::time::sleep(2 * PATIENCE).await;
        {
            let mut grow = pin!(waiting.grow(MIB));
            assert!(futures::poll!(grow.as_mut()).is_pending());
            assert!(is_out(&stalled) && !is_out(&whole));
            drop(stalled);
            grow.await;
        }
        drop((whole, reserve));
        waiting.grow(8 * MIB).await;
    }
}
