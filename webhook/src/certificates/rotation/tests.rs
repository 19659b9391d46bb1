//! The promise of [`super`], put to the test: replicas that do one request at a time in any order, stall for any
//! time, and die at any moment, over a Secret and bundles that others delete, break and replace.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::{Action, Bundle, SigningReason, Step, View, next_step, signing};
use crate::certificates::authority::Authority;
use crate::certificates::leaf::Signed;
use crate::certificates::secret::{FoundSecret, SecretContents, SecretError};
use crate::certificates::timings::{Timings, later};

const HOUR: Duration = Duration::from_secs(3600);
const CONFIGURATIONS: usize = 2;
const REPLICAS: usize = 3;

fn timings() -> Timings {
    Timings {
        authority: 90 * HOUR,
        leaf: 9 * HOUR,
        publish_wait: HOUR / 20,
        overlap: HOUR / 2,
        tick: HOUR / 60,
    }
}

/// How long an API server may call by a bundle that is not there any more.
const LAG: Duration = Duration::from_secs(120);

#[derive(Debug, Clone)]
enum Event {
    /// A replica does its next request, or what it decided upon.
    Act(usize),
    /// `kill -9`: all that was in memory is gone.
    Die(usize),
    Pass(Duration),
    Secret(Fault),
    Bundles(Damage),
    Jump {
        years: i64,
    },
}

/// What others do to the Secret.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Delete,
    Garble,
    /// A good authority that nobody has heard of.
    Replace,
    Expire,
}

/// What others do to a configuration.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Wipe(usize),
    /// A good authority that nobody has heard of.
    Replace(usize),
    Delete(usize),
    Recreate(usize),
}

struct World {
    now: Timestamp,
    timings: Timings,
    secret: Option<(u64, FoundSecret)>,
    configurations: Vec<(u64, Option<Bundle>)>,
    /// Until when each former bundle was there.
    former: Vec<(Timestamp, usize, Bundle)>,
    replicas: Vec<Replica>,
    version: u64,
    rotation_asked: bool,
    promotions: usize,
    /// Whether a leaf was ever replaced by one that an API server may not have heard of.
    hasty: bool,
}

#[derive(Default)]
struct Replica {
    remembered: Option<SecretContents>,
    served: Option<Signed>,
    looked: Option<Timestamp>,
    doing: Doing,
}

type Bundles = Vec<(u64, Option<Bundle>)>;

/// How far a replica is in one look at things.
#[derive(Default)]
enum Doing {
    #[default]
    Nothing,
    ReadBundles(Bundles),
    ReadSecret {
        bundles: Bundles,
        secret: Option<(u64, FoundSecret)>,
        now: Timestamp,
    },
    ReadBundlesAgain {
        bundles: Bundles,
        secret: Option<(u64, FoundSecret)>,
        now: Timestamp,
    },
    Decided {
        action: Action,
        bundles: Bundles,
        secret: Option<u64>,
        now: Timestamp,
    },
}

impl World {
    fn new() -> Self {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        Self {
            now,
            timings: timings(),
            secret: Some((0, FoundSecret::Nothing(SecretError::NoAuthority))),
            configurations: vec![(0, Some(Bundle::default())); CONFIGURATIONS],
            former: Vec::new(),
            replicas: (0..REPLICAS).map(|_| Replica::default()).collect(),
            version: 0,
            rotation_asked: false,
            promotions: 0,
            hasty: false,
        }
    }

    fn authority(&self) -> Authority {
        Authority::make(self.now, self.timings.authority).unwrap()
    }

    fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Act(replica) => self.act(*replica),
            Event::Die(replica) => self.replicas[*replica] = Replica::default(),
            Event::Pass(time) => self.now = later(self.now, *time),
            Event::Jump { years } => {
                let seconds = self.now.as_second() + years * 365 * 24 * 3600;
                self.now = Timestamp::from_second(seconds).unwrap();
            }
            Event::Secret(fault) => self.harm_secret(*fault),
            Event::Bundles(damage) => self.harm_bundles(*damage),
        }
    }

    fn harm_secret(&mut self, fault: Fault) {
        let version = self.next_version();
        let replaced = |authority: Authority| {
            FoundSecret::Good(SecretContents {
                current: Some(authority),
                ..SecretContents::default()
            })
        };
        self.secret = match fault {
            Fault::Delete => None,
            Fault::Garble => Some((version, FoundSecret::Nothing(SecretError::NotText("kept.until")))),
            Fault::Replace => Some((version, replaced(self.authority()))),
            Fault::Expire => {
                let past = crate::certificates::timings::earlier(self.now, 200 * HOUR);
                Some((
                    version,
                    replaced(Authority::make(past, self.timings.authority).unwrap()),
                ))
            }
        };
    }

    fn harm_bundles(&mut self, damage: Damage) {
        let alien = Bundle::of(Some(self.authority().root().pem().as_bytes()));
        let (configuration, bundle) = match damage {
            Damage::Wipe(configuration) | Damage::Recreate(configuration) => (configuration, Some(Bundle::default())),
            Damage::Replace(configuration) => (configuration, Some(alien)),
            Damage::Delete(configuration) => (configuration, None),
        };
        self.set_bundle(configuration, bundle);
    }

    fn set_bundle(&mut self, configuration: usize, bundle: Option<Bundle>) {
        let version = self.next_version();
        let before = std::mem::replace(&mut self.configurations[configuration], (version, bundle));
        if let Some(bundle) = before.1 {
            self.former.push((self.now, configuration, bundle));
        }
    }

    fn act(&mut self, replica: usize) {
        let doing = std::mem::take(&mut self.replicas[replica].doing);
        self.replicas[replica].doing = match doing {
            Doing::Nothing => Doing::ReadBundles(self.configurations.clone()),
            Doing::ReadBundles(bundles) => {
                let replica = &mut self.replicas[replica];
                let looked = replica.looked.replace(self.now);
                if !looked.is_some_and(|looked| self.timings.is_fresh(looked, self.now)) {
                    replica.remembered = None;
                }
                Doing::ReadSecret {
                    bundles,
                    secret: self.secret.clone(),
                    now: self.now,
                }
            }
            Doing::ReadSecret { bundles, secret, now } => {
                self.sign(replica, &bundles, secret.as_ref(), now);
                match self.decide(replica, &bundles, secret.as_ref(), now) {
                    Action::Write(step, _) if step.rests_on_bundles() => Doing::ReadBundlesAgain {
                        bundles: self.configurations.clone(),
                        secret,
                        now,
                    },
                    action => decided(action, bundles, secret.as_ref(), now),
                }
            }
            Doing::ReadBundlesAgain { bundles, secret, now } => {
                match self.decide(replica, &bundles, secret.as_ref(), now) {
                    // Bundles that were read after the Secret are no basis for a write to them.
                    Action::Apply { .. } => Doing::Nothing,
                    action => decided(action, bundles, secret.as_ref(), now),
                }
            }
            Doing::Decided {
                action,
                bundles,
                secret,
                now,
            } => {
                if self.timings.is_fresh(now, self.now) {
                    self.carry_out(action, &bundles, secret);
                }
                Doing::Nothing
            }
        };
    }

    fn view<T>(
        &self,
        replica: usize,
        bundles: &Bundles,
        secret: Option<&(u64, FoundSecret)>,
        now: Timestamp,
        then: impl FnOnce(&View<'_>) -> T,
    ) -> T {
        let missing = FoundSecret::Nothing(SecretError::Missing);
        let bundles: Vec<_> = bundles
            .iter()
            .map(|(_, bundle)| bundle.clone().map(|bundle| vec![bundle]))
            .collect();
        let replica = &self.replicas[replica];
        then(&View {
            now,
            timings: &self.timings,
            found: secret.map_or(&missing, |(_, found)| found),
            rotation_asked: self.rotation_asked,
            remembered: replica.remembered.as_ref(),
            served: replica.served.as_ref(),
            bundles: &bundles,
        })
    }

    fn sign(&mut self, replica: usize, bundles: &Bundles, secret: Option<&(u64, FoundSecret)>, now: Timestamp) {
        let leaf = self.timings.leaf;
        let signed = self.view(replica, bundles, secret, now, |view| {
            signing(view).map(|(authority, why)| (Signed::new(authority.root(), view.now, leaf), why))
        });
        if let Some((_, FoundSecret::Good(contents))) = secret {
            self.replicas[replica].remembered = Some(contents.clone());
        }
        let Some((signed, why)) = signed else { return };
        if let (SigningReason::Promoted, Some(before)) = (why, &self.replicas[replica].served) {
            // An API server that has not noticed yet, and believes what was served until now, has to believe this too.
            let since = crate::certificates::timings::earlier(self.now, LAG);
            let mut recent = self.former.iter().filter(|(until, ..)| *until > since);
            self.hasty |= recent.any(|(_, _, bundle)| bundle.holds(&before.issuer) && !bundle.holds(&signed.issuer));
        }
        self.replicas[replica].served = Some(signed);
    }

    fn decide(&self, replica: usize, bundles: &Bundles, secret: Option<&(u64, FoundSecret)>, now: Timestamp) -> Action {
        self.view(replica, bundles, secret, now, |view| {
            next_step(view, || Authority::make(now, view.timings.authority)).unwrap()
        })
    }

    fn carry_out(&mut self, action: Action, bundles: &Bundles, secret: Option<u64>) {
        match action {
            Action::Write(step, contents) => {
                if secret == self.secret.as_ref().map(|(version, _)| *version) {
                    // What is written must be readable.
                    let stored = contents.values().into_iter();
                    let stored = stored
                        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
                        .collect();
                    assert_eq!(SecretContents::read(&stored).as_ref(), Ok(&contents), "{step:?}");
                    self.rotation_asked &= !matches!(step, Step::Prepared | Step::Declined);
                    self.promotions += usize::from(step == Step::Promoted);
                    let version = self.next_version();
                    self.secret = Some((version, FoundSecret::Good(contents)));
                }
            }
            Action::Apply { configuration, bundle } => {
                if self.configurations[configuration].0 == bundles[configuration].0 {
                    self.set_bundle(configuration, Some(Bundle::of(Some(&bundle))));
                }
            }
            Action::Rest => {}
        }
    }

    /// Every leaf that anybody may serve has its issuer in every bundle.
    fn check(&self) -> Result<(), TestCaseError> {
        prop_assert!(!self.hasty, "promoted before everybody can have noticed");
        self.check_bundles()
    }

    fn check_bundles(&self) -> Result<(), TestCaseError> {
        for (number, replica) in self.replicas.iter().enumerate() {
            let Some(served) = &replica.served else { continue };
            if !served.validity.contains(self.now) {
                continue;
            }
            for (configuration, (_, bundle)) in self.configurations.iter().enumerate() {
                let believed = bundle.as_ref().is_none_or(|bundle| bundle.holds(&served.issuer));
                prop_assert!(
                    believed,
                    "replica {number} serves what {configuration} does not believe"
                );
            }
        }
        Ok(())
    }

    /// With nobody disturbing: all serve something that everybody believes, and the rotation comes to its end.
    fn settles(&mut self) -> Result<(), TestCaseError> {
        for configuration in 0..CONFIGURATIONS {
            if self.configurations[configuration].1.is_none() {
                self.set_bundle(configuration, Some(Bundle::default()));
            }
        }
        let recovered_by = later(self.now, 2 * self.timings.tick);
        let start = self.now;
        loop {
            for _ in 0..40 {
                (0..REPLICAS).for_each(|replica| self.act(replica));
            }
            let serving = |replica: &Replica| {
                let served = replica.served.as_ref();
                served.is_some_and(|served| served.validity.contains(self.now))
            };
            if self.replicas.iter().all(serving) && self.check_bundles().is_ok() {
                break;
            }
            prop_assert!(self.now < recovered_by, "not serving again since {start}");
            self.now = later(self.now, self.timings.tick);
        }
        let end = later(self.now, 2 * (self.timings.leaf + self.timings.overlap));
        let mut rested = false;
        while self.now < end {
            self.now = later(self.now, self.timings.publish_wait);
            for _ in 0..12 {
                (0..REPLICAS).for_each(|replica| self.act(replica));
                self.check_bundles()?;
            }
            rested |= self.rests();
        }
        prop_assert!(rested, "the rotation never ends: {:?}", self.secret);
        Ok(())
    }

    /// Whether there is one authority and nothing to do.
    fn rests(&self) -> bool {
        let Some((_, FoundSecret::Good(contents))) = &self.secret else {
            return false;
        };
        contents.current.is_some() && contents.next.is_none() && contents.kept.is_empty()
    }
}

fn decided(action: Action, bundles: Bundles, secret: Option<&(u64, FoundSecret)>, now: Timestamp) -> Doing {
    Doing::Decided {
        action,
        bundles,
        secret: secret.map(|(version, _)| *version),
        now,
    }
}

fn act_or_wait() -> impl Strategy<Value = Event> {
    prop_oneof![
        40 => (0..REPLICAS).prop_map(Event::Act),
        3 => (0..REPLICAS).prop_map(Event::Die),
        6 => (0_u64..300).prop_map(|seconds| Event::Pass(Duration::from_secs(seconds))),
        2 => (0_u64..40).prop_map(|hours| Event::Pass(u32::try_from(hours).unwrap() * HOUR)),
    ]
}

fn fault() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Fault::Delete),
        Just(Fault::Garble),
        Just(Fault::Replace),
        Just(Fault::Expire)
    ]
    .prop_map(Event::Secret)
}

fn damage() -> impl Strategy<Value = Event> {
    let which = 0..CONFIGURATIONS;
    prop_oneof![
        which.clone().prop_map(Damage::Wipe),
        which.clone().prop_map(Damage::Replace),
        which.clone().prop_map(Damage::Delete),
        which.prop_map(Damage::Recreate),
    ]
    .prop_map(Event::Bundles)
}

/// Many acts of one replica in a row, so that things come about at all.
fn spurt() -> impl Strategy<Value = Vec<Event>> {
    prop_oneof![
        3 => act_or_wait().prop_map(|event| vec![event]),
        1 => (0..REPLICAS, 4_usize..40).prop_map(|(replica, times)| vec![Event::Act(replica); times]),
    ]
}

fn events(more: impl Strategy<Value = Event>) -> impl Strategy<Value = Vec<Event>> {
    let some = prop_oneof![20 => spurt(), 1 => more.prop_map(|event| vec![event])];
    prop::collection::vec(some, 1..120).prop_map(|events| events.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_served_is_believed_by_every_bundle(events in events(act_or_wait())) {
        let mut world = World::new();
        for event in &events {
            world.happen(event);
            world.check()?;
        }
        world.settles()?;
        world.check()?;
    }

    #[test]
    fn the_secret_may_be_lost_or_replaced_and_nothing_is(events in events(fault())) {
        let mut world = World::new();
        for event in &events {
            world.happen(event);
            world.check()?;
        }
        world.settles()?;
        world.check()?;
    }

    #[test]
    fn whatever_happens_it_serves_again(
        events in events(prop_oneof![
            fault(), damage(), (-1_i64..=1).prop_map(|years| Event::Jump { years }),
        ]),
    ) {
        let mut world = World::new();
        for event in &events {
            world.happen(event);
        }
        world.settles()?;
    }
}

/// The events above do lead to rotations, else they would prove nothing.
#[test]
fn authorities_follow_each_other_when_they_are_due_and_when_somebody_asks() {
    let mut world = World::new();
    let mut run = |hours: u32, asked: bool| {
        world.rotation_asked = asked;
        for _ in 0..hours * 20 {
            world.now = later(world.now, HOUR / 20);
            for _ in 0..8 {
                (0..REPLICAS).for_each(|replica| world.act(replica));
                world.check().unwrap();
            }
        }
        assert!(!world.rotation_asked);
        world.promotions
    };
    assert_eq!(run(59, false), 1, "the first one");
    assert_eq!(run(3, false), 2, "a third of 90 hours before its end");
    assert_eq!(run(1, true), 3, "because somebody asked");
    assert_eq!(run(58, false), 3);
}
