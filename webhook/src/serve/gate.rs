//! Takes turns with work that costs processor time.
//!
//! Whoever is woken by the network is put into the queue of the event loop, and a thousand handshakes there keep every
//! other call waiting for seconds. Behind a gate only a few of them are in that queue; the rest waits here.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use tokio::sync::{Notify, Semaphore};
use tokio::task::yield_now;

/// Does each step of `work` when the gate lets it through. Between its steps it holds nothing.
pub(crate) async fn in_turns<W: Future>(work: W, gate: &Semaphore) -> W::Output {
    let mut work = pin!(work);
    let flag = Arc::new(Flag(Notify::new()));
    let waker = Waker::from(Arc::clone(&flag));
    loop {
        // Nobody closes the gate; if somebody did, there would be no turns to take.
        let permit = gate.acquire().await;
        // Those that were woken at the same time get to the gate, and find it closed.
        yield_now().await;
        let step = work.as_mut().poll(&mut Context::from_waker(&waker));
        drop(permit);
        if let Poll::Ready(done) = step {
            return done;
        }
        flag.0.notified().await;
    }
}

struct Flag(Notify);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_steps_are_done_in_turns_and_none_is_forgotten() {
        let gate = Arc::new(Semaphore::new(1));
        let done = Arc::new(AtomicUsize::new(0));
        let objects: Vec<_> = (0..50)
            .map(|_| {
                let (gate, done) = (Arc::clone(&gate), Arc::clone(&done));
                tokio::spawn(async move {
                    let work = async {
                        for _ in 0..3 {
                            // All wake at the same time.
                            sleep(Duration::from_millis(10)).await;
                        }
                    };
                    in_turns(work, &gate).await;
                    done.fetch_add(1, Ordering::Relaxed);
                })
            })
            .collect();
        for task in objects {
            task.await.unwrap();
        }
        assert_eq!((done.load(Ordering::Relaxed), gate.available_permits()), (50, 1));
    }

    #[tokio::test]
    async fn what_waits_for_the_network_keeps_nobody_waiting() {
        let gate = Semaphore::new(1);
        let silent = in_turns(std::future::pending::<()>(), &gate);
        let other = async {
            yield_now().await;
            in_turns(async { yield_now().await }, &gate).await;
        };
        tokio::select! {
            () = silent => unreachable!("it is never done"),
            () = other => {}
        }
    }
}
