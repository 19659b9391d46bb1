//! Load shedding: which call has to go when there are too many.
//!
//! The one that has waited longest for its body goes first: a caller that means well needs milliseconds, and one that stalls
//! has been here for long. So callers that stall keep nobody out, however many they are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Room for a number of calls at once.
#[derive(Debug)]
pub(crate) struct CallSlots {
    capacity: usize,
    calls: Mutex<Calls>,
}

#[derive(Debug, Default)]
struct Calls {
    next: u64,
    /// Those that wait for their body, by the order in which they came.
    waiting: BTreeMap<u64, Arc<Notify>>,
    /// How many cannot be turned away any more.
    pinned: usize,
}

/// The slot of one call, until it is dropped.
#[derive(Debug)]
pub(crate) struct CallSlot {
    slots: Arc<CallSlots>,
    number: u64,
    notice: Arc<Notify>,
    pinned: bool,
}

impl CallSlots {
    /// Makes room for `capacity` calls.
    pub(crate) fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            capacity,
            calls: Mutex::default(),
        })
    }

    /// Takes a slot. When all are taken, the call that has waited longest for its body is turned away; `None` when none of
    /// them waits.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<CallSlot> {
        let notice = Arc::new(Notify::new());
        let mut calls = self.calls();
        if calls.waiting.len() + calls.pinned >= self.capacity {
            let (_, oldest) = calls.waiting.pop_first()?;
            oldest.notify_one();
        }
        let number = calls.next;
        calls.next += 1;
        calls.waiting.insert(number, Arc::clone(&notice));
        drop(calls);
        Some(CallSlot {
            slots: Arc::clone(self),
            number,
            notice,
            pinned: false,
        })
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallSlot {
    /// Resolves when the call has to go. It does not borrow the slot, which can be dropped meanwhile; then it never
    /// resolves.
    pub(crate) fn turned_away(&self) -> impl Future<Output = ()> + Send + 'static {
        let notice = Arc::clone(&self.notice);
        async move { notice.notified().await }
    }

    /// Keeps the call from being turned away from now on. Returns `false` when it was turned away already.
    pub(crate) fn pin(&mut self) -> bool {
        let mut calls = self.slots.calls();
        if calls.waiting.remove(&self.number).is_none() {
            return self.pinned;
        }
        calls.pinned += 1;
        self.pinned = true;
        true
    }
}

impl Drop for CallSlot {
    fn drop(&mut self) {
        let mut calls = self.slots.calls();
        calls.waiting.remove(&self.number);
        calls.pinned -= usize::from(self.pinned);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn is_out(member: &CallSlot) -> bool {
        let notified = pin!(member.turned_away());
        let out = notified.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(());
        if out {
            member.notice.notify_one();
        }
        out
    }

    #[test]
    fn whoever_waits_longest_makes_room() {
        let slots = CallSlots::new(2);
        let (first, second) = (slots.enter().unwrap(), slots.enter().unwrap());
        let mut third = slots.enter().unwrap();
        assert_eq!((is_out(&first), is_out(&second), is_out(&third)), (true, false, false));
        // Who leaves makes room as well, and who was turned away does not leave twice.
        drop((first, second));
        let mut fourth = slots.enter().unwrap();
        assert!(!is_out(&third) && third.pin() && fourth.pin());
        assert!(slots.enter().is_none(), "nobody is left who waits");
        drop(third);
        let mut fifth = slots.enter().unwrap();
        let sixth = slots.enter().unwrap();
        assert!(is_out(&fifth) && !fifth.pin() && !is_out(&sixth));
        drop((fourth, fifth, sixth));
        let calls = slots.calls();
        assert_eq!((calls.waiting.len(), calls.pinned), (0, 0));
    }

    #[test]
    fn no_slots_let_nobody_in() {
        assert!(CallSlots::new(0).enter().is_none());
    }
}
