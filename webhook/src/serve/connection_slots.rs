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
enum Standing {
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

const STANDINGS: [Standing; 5] = [
    Standing::Silent,
    Standing::Reading,
    Standing::Idle,
    Standing::Trusted,
    Standing::Busy,
];

/// At most so many connections at once.
#[derive(Debug)]
pub(crate) struct Slots {
    capacity: usize,
    /// Counts the changes of all members, which is what their age is measured by.
    changes: AtomicU64,
    members: Mutex<Members>,
}

#[derive(Debug, Default)]
struct Members {
    next: u64,
    by_number: HashMap<u64, Arc<Member>>,
    /// The gate of each address for handshakes, and how many of its connections are there.
    gates: HashMap<IpAddr, (Arc<Semaphore>, usize)>,
}

#[derive(Debug)]
struct Member {
    source: IpAddr,
    standing: AtomicU8,
    /// When it took its standing.
    since: AtomicU64,
    /// A review was answered on it.
    trusted: AtomicBool,
    notice: Notify,
    gate: Arc<Semaphore>,
}

/// The right of one connection to be there, until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
    number: u64,
    member: Arc<Member>,
}

impl Slots {
    pub(crate) fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            capacity,
            changes: AtomicU64::new(0),
            members: Mutex::default(),
        })
    }

    /// A slot for a caller from `source`. When all are taken, another connection is told to go; `None` when every single
    /// one is busy.
    pub(crate) fn enter(self: &Arc<Self>, source: IpAddr) -> Option<Slot> {
        let source = source.to_canonical();
        let mut members = self.members();
        if members.by_number.len() >= self.capacity {
            let number = members.least_useful()?;
            let gone = members.remove(number)?;
            gone.notice.notify_one();
        }
        let gate = members.gates.entry(source);
        let (gate, count) = gate.or_insert_with(|| (Arc::new(Semaphore::new(HANDSHAKES)), 0));
        *count += 1;
        let member = Arc::new(Member {
            source,
            standing: AtomicU8::new(Standing::Silent as u8),
            since: AtomicU64::new(self.change()),
            trusted: AtomicBool::new(false),
            notice: Notify::new(),
            gate: Arc::clone(gate),
        });
        let number = members.next;
        members.next += 1;
        members.by_number.insert(number, Arc::clone(&member));
        drop(members);
        Some(Slot {
            slots: Arc::clone(self),
            number,
            member,
        })
    }

    fn change(&self) -> u64 {
        self.changes.fetch_add(1, Ordering::Relaxed)
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
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
type Candidate = (Standing, u64, u64);

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

impl Members {
    /// `None` when it is gone already.
    fn remove(&mut self, number: u64) -> Option<Arc<Member>> {
        let member = self.by_number.remove(&number)?;
        if let Some((_, count)) = self.gates.get_mut(&member.source) {
            *count -= 1;
            if *count == 0 {
                self.gates.remove(&member.source);
            }
        }
        Some(member)
    }

    fn least_useful(&self) -> Option<u64> {
        let mut holdings: HashMap<IpAddr, Holding> = HashMap::new();
        for (number, member) in &self.by_number {
            let holding = holdings.entry(member.source).or_default();
            if member.trusted.load(Ordering::Relaxed) {
                holding.trusted += 1;
            } else {
                holding.untrusted += 1;
            }
            let standing = member.standing();
            if standing != Standing::Busy {
                let candidate = (standing, member.since.load(Ordering::Relaxed), *number);
                holding.first = Some(earlier(holding.first, candidate));
                if standing == Standing::Trusted {
                    holding.idle += 1;
                    holding.oldest_idle = Some(earlier(holding.oldest_idle, candidate));
                }
            }
        }
        let candidates = holdings
            .values()
            .filter_map(|holding| Some((holding, holding.goes_first()?)));
        let most = candidates.max_by_key(|(holding, (standing, since, _))| {
            let total = holding.untrusted + holding.trusted;
            (
                holding.weight(),
                std::cmp::Reverse(*standing),
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

impl Member {
    fn standing(&self) -> Standing {
        STANDINGS[usize::from(self.standing.load(Ordering::Relaxed))]
    }
}

impl Slot {
    /// Resolves when the connection has to go. It does not borrow the slot.
    pub(crate) fn turned_away(&self) -> impl Future<Output = ()> + Send + 'static {
        let member = Arc::clone(&self.member);
        async move { member.notice.notified().await }
    }

    /// What the handshakes of connections from one address take turns at.
    pub(crate) fn gate(&self) -> &Semaphore {
        &self.member.gate
    }

    /// The header of a request is there.
    pub(crate) fn has_asked(&self) {
        self.set(Standing::Reading);
    }

    /// The request is whole, and is being answered.
    pub(crate) fn is_busy(&self) {
        self.set(Standing::Busy);
    }

    /// The answer is there; `trusted` when it was one to a review.
    pub(crate) fn is_answered(&self, trusted: bool) {
        if trusted {
            self.member.trusted.store(true, Ordering::Relaxed);
        }
        let trusted = trusted || self.member.trusted.load(Ordering::Relaxed);
        self.set(if trusted { Standing::Trusted } else { Standing::Idle });
    }

    fn set(&self, standing: Standing) {
        self.member.since.store(self.slots.change(), Ordering::Relaxed);
        self.member.standing.store(standing as u8, Ordering::Relaxed);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.members().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    const SERVER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const ATTACKER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    fn is_out(slot: &Slot) -> bool {
        let notified = pin!(slot.turned_away());
        let out = notified.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(());
        if out {
            slot.member.notice.notify_one();
        }
        out
    }

    fn trusted(slots: &Arc<Slots>, source: IpAddr) -> Slot {
        let slot = slots.enter(source).unwrap();
        slot.has_asked();
        slot.is_busy();
        slot.is_answered(true);
        slot
    }

    #[test]
    fn of_one_address_the_most_useless_and_longest_goes_first() {
        let slots = Slots::new(5);
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
        let slots = Slots::new(100);
        // An API server with what it keeps, and one connection that it is just making.
        let mut kept: Vec<Slot> = (0..25).map(|_| trusted(&slots, SERVER)).collect();
        kept.push(slots.enter(SERVER).unwrap());
        // An attacker that has reviews answered on some of its connections, and says nothing on others.
        let attack: Vec<Slot> = (0..80).map(|_| trusted(&slots, ATTACKER)).collect();
        let silent: Vec<Slot> = (0..500).filter_map(|_| slots.enter(ATTACKER)).collect();
        assert!(kept.iter().all(|slot| !is_out(slot)));
        let late: Vec<Slot> = (0..20).map(|_| slots.enter(SERVER).unwrap()).collect();
        assert!(kept.iter().chain(&late).all(|slot| !is_out(slot)));
        drop((attack, silent, late));
        drop(kept);
        let members = slots.members();
        assert!(members.by_number.is_empty() && members.gates.is_empty());
    }

    #[test]
    fn more_idle_connections_than_anybody_needs_go_before_those_that_have_begun() {
        let slots = Slots::new(FAIR_SHARE + 3);
        let idle: Vec<Slot> = (0..=FAIR_SHARE).map(|_| trusted(&slots, SERVER)).collect();
        let begun: Vec<Slot> = (0..3).map(|_| slots.enter(SERVER).unwrap()).collect();
        assert!(is_out(&idle[0]) && begun.iter().all(|slot| !is_out(slot)));
        let last = slots.enter(SERVER).unwrap();
        assert!(
            is_out(&begun[0]) && !is_out(&idle[1]) && !is_out(&last),
            "it keeps what it needs"
        );
    }

    #[test]
    fn no_slots_let_nobody_in() {
        assert!(Slots::new(0).enter(SERVER).is_none());
    }
}
