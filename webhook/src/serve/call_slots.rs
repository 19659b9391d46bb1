//! A number of things that wait for their caller, and who must go when there are too many.
//!
//! Whoever has waited longest goes first: a caller that means well needs milliseconds, and one that stalls is the one that
//! has been here for long. So callers that stall keep nobody out, however many they are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// At most so many members at once.
#[derive(Debug)]
pub(crate) struct Crowd {
    capacity: usize,
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    next: u64,
    /// By the order in which they came.
    waiting: BTreeMap<u64, Arc<Notify>>,
    /// How many cannot be turned away any more.
    settled: usize,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Member {
    crowd: Arc<Crowd>,
    number: u64,
    notice: Arc<Notify>,
    settled: bool,
}

impl Crowd {
    pub(crate) fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            capacity,
            places: Mutex::default(),
        })
    }

    /// A place. When all are taken, the member that has waited longest is turned away; when none of them waits, there is
    /// no place.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Member> {
        let notice = Arc::new(Notify::new());
        let mut places = self.places();
        if places.waiting.len() + places.settled >= self.capacity {
            let (_, oldest) = places.waiting.pop_first()?;
            oldest.notify_one();
        }
        let number = places.next;
        places.next += 1;
        places.waiting.insert(number, Arc::clone(&notice));
        drop(places);
        Some(Member {
            crowd: Arc::clone(self),
            number,
            notice,
            settled: false,
        })
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member {
    /// Resolves when the place is gone. It does not borrow the member, which can leave meanwhile; then it never resolves.
    pub(crate) fn turned_away(&self) -> impl Future<Output = ()> + Send + 'static {
        let notice = Arc::clone(&self.notice);
        async move { notice.notified().await }
    }

    /// Keeps the place whatever comes; `false` when it is gone already.
    pub(crate) fn settle(&mut self) -> bool {
        let mut places = self.crowd.places();
        if places.waiting.remove(&self.number).is_none() {
            return self.settled;
        }
        places.settled += 1;
        self.settled = true;
        true
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut places = self.crowd.places();
        places.waiting.remove(&self.number);
        places.settled -= usize::from(self.settled);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn is_out(member: &Member) -> bool {
        let notified = pin!(member.turned_away());
        let out = notified.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(());
        if out {
            member.notice.notify_one();
        }
        out
    }

    #[test]
    fn whoever_waits_longest_makes_room() {
        let crowd = Crowd::new(2);
        let (first, second) = (crowd.enter().unwrap(), crowd.enter().unwrap());
        let mut third = crowd.enter().unwrap();
        assert_eq!((is_out(&first), is_out(&second), is_out(&third)), (true, false, false));
        // Who leaves makes room as well, and who was turned away does not leave twice.
        drop((first, second));
        let mut fourth = crowd.enter().unwrap();
        assert!(!is_out(&third) && third.settle() && fourth.settle());
        assert!(crowd.enter().is_none(), "nobody is left who waits");
        drop(third);
        let mut fifth = crowd.enter().unwrap();
        let sixth = crowd.enter().unwrap();
        assert!(is_out(&fifth) && !fifth.settle() && !is_out(&sixth));
        drop((fourth, fifth, sixth));
        let places = crowd.places();
        assert_eq!((places.waiting.len(), places.settled), (0, 0));
    }

    #[test]
    fn a_crowd_of_nobody_lets_nobody_in() {
        assert!(Crowd::new(0).enter().is_none());
    }
}
