//! Who keeps a connection when there are too many.
//!
//! A caller that means well needs milliseconds and a handful of connections; one that does not, stalls and holds many. So
//! room is made by the address that holds most, and there by the connection that has been useless for longest: one that
//! never asked before one that stalls in the middle, that before one that is idle, and last one on which reviews were
//! answered. A call that is being judged is never cut off. However many connections an attacker holds, the API server
//! keeps its own and gets new ones.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};

/// Up to this many connections on which reviews were answered, and as many others, are no reason to take one from an
/// address: an API server keeps 25, and may open some at once.
const FAIR_SHARE: usize = 32;

/// How many connections of one address may be worked on in their handshake at once.
const HANDSHAKES: usize = 2;

/// What a connection is doing, in the order in which connections make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Activity {
    /// Nothing was asked yet.
    Silent,
    /// A request has begun and its body is still on its way.
    Reading,
    /// Idle, after answers that were no reviews.
    Idle,
    /// Idle, after a review was answered.
    Trusted,
    /// A request is whole and being answered.
    Busy,
}

const ACTIVITIES: [Activity; 5] = [
    Activity::Silent,
    Activity::Reading,
    Activity::Idle,
    Activity::Trusted,
    Activity::Busy,
];

/// At most so many connections at once.
#[derive(Debug)]
pub(crate) struct ConnectionSlots {
    capacity: usize,
    /// Counts the changes of all entries, which is what their age is measured by.
    changes: AtomicU64,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    next: u64,
    by_number: HashMap<u64, Arc<Entry>>,
    /// The gate of each address for handshakes, and how many of its connections are there.
    gates: HashMap<IpAddr, (Arc<Semaphore>, usize)>,
}

#[derive(Debug)]
struct Entry {
    source: IpAddr,
    activity: AtomicU8,
    /// When it took its activity.
    since: AtomicU64,
    /// A review was answered on it.
    trusted: AtomicBool,
    notice: Notify,
    gate: Arc<Semaphore>,
}

/// The right of one connection to be there, until it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionSlot {
    slots: Arc<ConnectionSlots>,
    number: u64,
    entry: Arc<Entry>,
}

impl ConnectionSlots {
    /// Makes room for `capacity` connections.
    pub(crate) fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            capacity,
            changes: AtomicU64::new(0),
            entries: Mutex::default(),
        })
    }

    /// A slot for a caller from `source`. When all are taken, another connection is told to go; `None` when every single
    /// one is busy.
    pub(crate) fn enter(self: &Arc<Self>, source: IpAddr) -> Option<ConnectionSlot> {
        let source = source.to_canonical();
        let mut entries = self.entries();
        if entries.by_number.len() >= self.capacity {
            let number = entries.least_useful()?;
            let gone = entries.remove(number)?;
            gone.notice.notify_one();
        }
        let gate = entries.gates.entry(source);
        let (gate, count) = gate.or_insert_with(|| (Arc::new(Semaphore::new(HANDSHAKES)), 0));
        *count += 1;
        let entry = Arc::new(Entry {
            source,
            activity: AtomicU8::new(Activity::Silent as u8),
            since: AtomicU64::new(self.change()),
            trusted: AtomicBool::new(false),
            notice: Notify::new(),
            gate: Arc::clone(gate),
        });
        let number = entries.next;
        entries.next += 1;
        entries.by_number.insert(number, Arc::clone(&entry));
        drop(entries);
        Some(ConnectionSlot {
            slots: Arc::clone(self),
            number,
            entry,
        })
    }

    fn change(&self) -> u64 {
        self.changes.fetch_add(1, Ordering::Relaxed)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one address holds.
#[derive(Default)]
struct Holding {
    untrusted: usize,
    trusted: usize,
    /// How many of them are idle, and which has been for longest.
    idle: usize,
    oldest_idle: Option<Candidate>,
    /// The one that has been useless for longest.
    first: Option<Candidate>,
}

/// A connection that may have to go: what it is doing, since when, and its number.
type Candidate = (Activity, u64, u64);

impl Holding {
    fn weight(&self) -> usize {
        self.untrusted.saturating_sub(FAIR_SHARE) + self.trusted.saturating_sub(FAIR_SHARE)
    }

    /// Which of its connections goes first. An address with more idle ones than it needs loses one of these: nothing is
    /// under way there, while the others may be calls.
    fn goes_first(&self) -> Option<Candidate> {
        self.oldest_idle.filter(|_| self.idle > FAIR_SHARE).or(self.first)
    }
}

impl Entries {
    /// `None` when it is gone already.
    fn remove(&mut self, number: u64) -> Option<Arc<Entry>> {
        let entry = self.by_number.remove(&number)?;
        if let Some((_, count)) = self.gates.get_mut(&entry.source) {
            *count -= 1;
            if *count == 0 {
                self.gates.remove(&entry.source);
            }
        }
        Some(entry)
    }

    fn least_useful(&self) -> Option<u64> {
        let mut holdings: HashMap<IpAddr, Holding> = HashMap::new();
        for (number, entry) in &self.by_number {
            let holding = holdings.entry(entry.source).or_default();
            if entry.trusted.load(Ordering::Relaxed) {
                holding.trusted += 1;
            } else {
                holding.untrusted += 1;
            }
            let activity = entry.activity();
            if activity != Activity::Busy {
                let candidate = (activity, entry.since.load(Ordering::Relaxed), *number);
                holding.first = Some(earlier(holding.first, candidate));
                if activity == Activity::Trusted {
                    holding.idle += 1;
                    holding.oldest_idle = Some(earlier(holding.oldest_idle, candidate));
                }
            }
        }
        let candidates = holdings
            .values()
            .filter_map(|holding| Some((holding, holding.goes_first()?)));
        let most = candidates.max_by_key(|(holding, (activity, since, _))| {
            let total = holding.untrusted + holding.trusted;
            (
                holding.weight(),
                std::cmp::Reverse(*activity),
                total,
                std::cmp::Reverse(*since),
            )
        });
        most.map(|(_, (_, _, number))| number)
    }
}

fn earlier(first: Option<Candidate>, other: Candidate) -> Candidate {
    first.map_or(other, |first| first.min(other))
}

impl Entry {
    fn activity(&self) -> Activity {
        ACTIVITIES[usize::from(self.activity.load(Ordering::Relaxed))]
    }
}

impl ConnectionSlot {
    /// Resolves when the connection has to go. It does not borrow the slot.
    pub(crate) fn turned_away(&self) -> impl Future<Output = ()> + Send + 'static {
        let entry = Arc::clone(&self.entry);
        async move { entry.notice.notified().await }
    }

    /// What the handshakes of connections from one address take turns at.
    pub(crate) fn gate(&self) -> &Semaphore {
        &self.entry.gate
    }

    /// The header of a request is there.
    pub(crate) fn has_asked(&self) {
        self.set(Activity::Reading);
    }

    /// The request is whole, and is being answered.
    pub(crate) fn is_busy(&self) {
        self.set(Activity::Busy);
    }

    /// The answer is there; `trusted` when it was one to a review.
    pub(crate) fn is_answered(&self, trusted: bool) {
        if trusted {
            self.entry.trusted.store(true, Ordering::Relaxed);
        }
        let trusted = trusted || self.entry.trusted.load(Ordering::Relaxed);
        self.set(if trusted { Activity::Trusted } else { Activity::Idle });
    }

    fn set(&self, activity: Activity) {
        self.entry.since.store(self.slots.change(), Ordering::Relaxed);
        self.entry.activity.store(activity as u8, Ordering::Relaxed);
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.slots.entries().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    const SERVER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const ATTACKER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    fn is_out(slot: &ConnectionSlot) -> bool {
        let notified = pin!(slot.turned_away());
        let out = notified.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(());
        if out {
            slot.entry.notice.notify_one();
        }
        out
    }

    fn trusted(slots: &Arc<ConnectionSlots>, source: IpAddr) -> ConnectionSlot {
        let slot = slots.enter(source).unwrap();
        slot.has_asked();
        slot.is_busy();
        slot.is_answered(true);
        slot
    }

    #[test]
    fn of_one_address_the_most_useless_and_longest_goes_first() {
        let slots = ConnectionSlots::new(5);
        let enter = || slots.enter(ATTACKER).unwrap();
        let (trusted, idle, reading, old, new) = (trusted(&slots, ATTACKER), enter(), enter(), enter(), enter());
        idle.has_asked();
        idle.is_answered(false);
        reading.has_asked();
        let mut newcomers = Vec::new();
        for expected in [&old, &new, &reading, &idle, &trusted] {
            assert!(!is_out(expected));
            let newcomer = enter();
            newcomer.is_busy();
            newcomers.push(newcomer);
            assert!(is_out(expected));
        }
        assert!(slots.enter(SERVER).is_none(), "who is busy is not cut off");
        newcomers[3].is_answered(false);
        assert!(slots.enter(SERVER).is_some());
        assert!(is_out(&newcomers[3]));
    }

    #[test]
    fn whoever_holds_most_makes_room_for_all_others() {
        let slots = ConnectionSlots::new(100);
        // An API server with what it keeps, and one connection that it is just making.
        let mut kept: Vec<ConnectionSlot> = (0..25).map(|_| trusted(&slots, SERVER)).collect();
        kept.push(slots.enter(SERVER).unwrap());
        // An attacker that has reviews answered on some of its connections, and says nothing on others.
        let attack: Vec<ConnectionSlot> = (0..80).map(|_| trusted(&slots, ATTACKER)).collect();
        let silent: Vec<ConnectionSlot> = (0..500).filter_map(|_| slots.enter(ATTACKER)).collect();
        assert!(kept.iter().all(|slot| !is_out(slot)));
        let late: Vec<ConnectionSlot> = (0..20).map(|_| slots.enter(SERVER).unwrap()).collect();
        assert!(kept.iter().chain(&late).all(|slot| !is_out(slot)));
        drop((attack, silent, late));
        drop(kept);
        let entries = slots.entries();
        assert!(entries.by_number.is_empty() && entries.gates.is_empty());
    }

    #[test]
    fn more_idle_connections_than_anybody_needs_go_before_those_that_have_begun() {
        let slots = ConnectionSlots::new(FAIR_SHARE + 3);
        let idle: Vec<ConnectionSlot> = (0..=FAIR_SHARE).map(|_| trusted(&slots, SERVER)).collect();
        let begun: Vec<ConnectionSlot> = (0..3).map(|_| slots.enter(SERVER).unwrap()).collect();
        assert!(is_out(&idle[0]) && begun.iter().all(|slot| !is_out(slot)));
        let last = slots.enter(SERVER).unwrap();
        assert!(
            is_out(&begun[0]) && !is_out(&idle[1]) && !is_out(&last),
            "it keeps what it needs"
        );
    }

    #[test]
    fn no_slots_let_nobody_in() {
        assert!(ConnectionSlots::new(0).enter(SERVER).is_none());
    }
}
