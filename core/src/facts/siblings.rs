//! The backups and restores of a namespace by what rules compare them by, so that a look at all of them is never needed
//! for each of them.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::backup::{BackupFacts, ScopeFacts};
use super::location::LocationFacts;
use super::restore::RestoreFacts;
use super::small_map::{SmallMap, SmallSet};
use crate::model::StoreType;

/// A group of more than this many is indexed further; a smaller one is looked through.
const FEW: usize = 16;

/// Others that a rule may name, the first ones by name, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Others<'i> {
    /// Some of them, or all where these are not too many, by name.
    pub named: Vec<&'i str>,
    /// The number of all.
    pub count: usize,
}

impl<'i> Others<'i> {
    /// Takes some of the others, each once, in the order of their names.
    fn new(named: impl IntoIterator<Item = &'i str>, most: usize, count: usize) -> Self {
        let named: BTreeSet<&str> = named.into_iter().collect();
        Self {
            named: named.into_iter().take(most).collect(),
            count,
        }
    }
}

/// One place where artifacts are written, as [`LocationFacts::same_place`] tells places apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct StoragePlace {
    store: StoreType,
    /// The volume claim or the bucket.
    container: String,
    /// The segments of the path, joined.
    path: String,
}

impl StoragePlace {
    fn of(location: &LocationFacts) -> Option<Self> {
        let store = location.store?;
        let (container, path) = match store {
            StoreType::Pvc => (location.pvc.clone(), String::new()),
            _ => (
                location.bucket.clone(),
                location.segments().collect::<Vec<_>>().join("/"),
            ),
        };
        Some(Self { store, container, path })
    }
}

/// One place as [`LocationFacts::same_source_place`] tells places apart.
type SourcePlace = (Option<StoreType>, String, String);

fn source_place(location: &LocationFacts) -> SourcePlace {
    (location.store, location.bucket.clone(), location.path.clone())
}

/// The names of some backups.
#[derive(Debug, Clone, PartialEq)]
enum Group<I> {
    /// A few, by name.
    Few(Vec<Arc<str>>),
    /// More, by what is asked of them.
    Many(Box<I>),
}

/// What is kept of a large group.
trait Index: Default {
    fn add(&mut self, name: &Arc<str>, facts: &BackupFacts);
    fn remove(&mut self, name: &str, facts: &BackupFacts);
    fn names(&self) -> impl Iterator<Item = &Arc<str>>;
    fn len(&self) -> usize;
}

impl<I: Index> Group<I> {
    fn new(name: &Arc<str>) -> Self {
        Self::Few(vec![Arc::clone(name)])
    }

    fn add(&mut self, name: &Arc<str>, facts: &BackupFacts, all: &SmallMap<String, BackupFacts>) {
        match self {
            Self::Many(index) => index.add(name, facts),
            Self::Few(names) => {
                if let Err(place) = names.binary_search(name) {
                    names.insert(place, Arc::clone(name));
                }
                if names.len() > FEW {
                    let mut index = I::default();
                    for name in &*names {
                        if let Some(facts) = all.get(name.as_ref()) {
                            index.add(name, facts);
                        }
                    }
                    *self = Self::Many(Box::new(index));
                }
            }
        }
    }

    /// Takes a backup out; returns whether none is left.
    fn remove(&mut self, name: &str, facts: &BackupFacts) -> bool {
        match self {
            Self::Few(names) => names.retain(|known| known.as_ref() != name),
            Self::Many(index) => {
                index.remove(name, facts);
                if index.len() <= FEW {
                    let mut names: Vec<Arc<str>> = index.names().map(Arc::clone).collect();
                    names.sort();
                    *self = Self::Few(names);
                }
            }
        }
        matches!(self, Self::Few(names) if names.is_empty())
    }
}

/// The backups of one chain by what they cover.
#[derive(Debug, Clone, PartialEq, Default)]
struct Targets {
    /// Those that name an instance.
    by_instance: BTreeMap<String, BTreeSet<Arc<str>>>,
    by_scope: BTreeMap<ScopeFacts, BTreeSet<Arc<str>>>,
    /// How many are of an instance and a scope; no scope stands for any.
    counts: BTreeMap<(Instance, Option<ScopeFacts>), usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Instance {
    Any,
    Unsaid,
    Named(String),
}

impl Targets {
    fn keys(facts: &BackupFacts) -> [(Instance, Option<ScopeFacts>); 4] {
        let instance = facts.instance.clone().map_or(Instance::Unsaid, Instance::Named);
        let scope = Some(facts.scope.clone());
        [
            (Instance::Any, None),
            (instance.clone(), None),
            (Instance::Any, scope.clone()),
            (instance, scope),
        ]
    }

    /// How many are of another target than a backup: all but those of whose instance and scope nothing says so.
    fn count_other_than(&self, own: &BackupFacts) -> usize {
        let instances = match &own.instance {
            None => vec![Instance::Any],
            Some(instance) => vec![Instance::Unsaid, Instance::Named(instance.clone())],
        };
        let scopes = match &own.scope {
            ScopeFacts::Unclear => vec![None],
            scope => vec![Some(ScopeFacts::Unclear), Some(scope.clone())],
        };
        let pairs = instances
            .iter()
            .flat_map(|instance| scopes.iter().map(move |scope| (instance.clone(), scope.clone())));
        let same: usize = pairs.filter_map(|pair| self.counts.get(&pair)).sum();
        self.len().saturating_sub(same)
    }

    /// Names of another target, at least `most` of them where there are as many.
    fn other_than<'i>(&'i self, own: &BackupFacts, except: &str, most: usize) -> impl Iterator<Item = &'i str> {
        let by_instance = self
            .by_instance
            .iter()
            .filter(|(instance, _)| own.instance.as_ref().is_some_and(|own| own != *instance));
        let by_scope = self.by_scope.iter().filter(|(scope, _)| {
            own.scope != ScopeFacts::Unclear && **scope != ScopeFacts::Unclear && own.scope != **scope
        });
        let names = |set: &'i BTreeSet<Arc<str>>| set.iter().map(AsRef::as_ref);
        let of_instances = by_instance.flat_map(move |(_, set)| names(set));
        let of_scopes = by_scope.flat_map(move |(_, set)| names(set));
        // The backup itself may be among them.
        let found: Vec<&str> = of_instances.take(most + 1).chain(of_scopes.take(most + 1)).collect();
        let except = except.to_owned();
        found.into_iter().filter(move |name| *name != except)
    }
}

impl Index for Targets {
    fn add(&mut self, name: &Arc<str>, facts: &BackupFacts) {
        if let Some(instance) = &facts.instance {
            self.by_instance
                .entry(instance.clone())
                .or_default()
                .insert(Arc::clone(name));
        }
        self.by_scope
            .entry(facts.scope.clone())
            .or_default()
            .insert(Arc::clone(name));
        for key in Self::keys(facts) {
            *self.counts.entry(key).or_default() += 1;
        }
    }

    fn remove(&mut self, name: &str, facts: &BackupFacts) {
        if let Some(instance) = &facts.instance {
            take_out(&mut self.by_instance, instance, name);
        }
        take_out(&mut self.by_scope, &facts.scope, name);
        for key in Self::keys(facts) {
            if let Some(count) = self.counts.get_mut(&key) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&key);
                }
            }
        }
    }

    fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.by_scope.values().flatten()
    }

    fn len(&self) -> usize {
        self.counts.get(&(Instance::Any, None)).copied().unwrap_or_default()
    }
}

/// Backups by the directory of their chain.
#[derive(Debug, Clone, PartialEq, Default)]
struct Roots {
    by_root: BTreeMap<String, BTreeSet<Arc<str>>>,
    count: usize,
}

impl Index for Roots {
    fn add(&mut self, name: &Arc<str>, facts: &BackupFacts) {
        let root = facts.chain_root(name).to_owned();
        self.count += usize::from(self.by_root.entry(root).or_default().insert(Arc::clone(name)));
    }

    fn remove(&mut self, name: &str, facts: &BackupFacts) {
        self.count -= usize::from(take_out(&mut self.by_root, facts.chain_root(name), name));
    }

    fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.by_root.values().flatten()
    }

    fn len(&self) -> usize {
        self.count
    }
}

/// Takes a name out of one of several sets, and the set away when it was the last; returns whether it was there.
fn take_out<K, Q>(sets: &mut BTreeMap<K, BTreeSet<Arc<str>>>, key: &Q, name: &str) -> bool
where
    K: Ord + Borrow<Q>,
    Q: Ord + ?Sized,
{
    let Some(set) = sets.get_mut(key) else { return false };
    let was_there = set.remove(name);
    if set.is_empty() {
        sets.remove(key);
    }
    was_there
}

/// Who wants which value for an annotation of the shared account.
#[derive(Debug, Clone, Default, PartialEq)]
struct Wishes {
    by_value: SmallMap<String, SmallSet<Arc<str>>>,
    /// The first name of each value, and the value.
    firsts: SmallSet<(Arc<str>, String)>,
}

impl Wishes {
    fn change(&mut self, value: &str, change: impl FnOnce(&mut SmallSet<Arc<str>>)) {
        let names = self.by_value.get_or_insert_with(value.to_owned(), SmallSet::default);
        if let Some(first) = names.first() {
            self.firsts.remove(&(Arc::clone(first), value.to_owned()));
        }
        change(names);
        if let Some(first) = names.first() {
            self.firsts.insert((Arc::clone(first), value.to_owned()));
        } else {
            self.by_value.remove(value);
        }
    }

    /// The first other by name that wants another value, and which.
    fn other<'i>(&'i self, name: &str, value: &str) -> Option<(&'i str, &'i str)> {
        // A value whose first name is the own one is wanted by the second at best.
        let mut second: Option<(&str, &str)> = None;
        for (first, theirs) in self.firsts.iter().filter(|(_, theirs)| theirs != value) {
            if first.as_ref() != name {
                let found = (first.as_ref(), theirs.as_str());
                return Some(second.map_or(found, |second| second.min(found)));
            }
            let next = self.by_value.get(theirs).and_then(|names| names.iter().nth(1));
            second = next.map(|next| (next.as_ref(), theirs.as_str()));
        }
        second
    }
}

/// The annotations that objects want on the account that they share.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Identities(SmallMap<String, Wishes>);

impl Identities {
    pub(super) fn add(&mut self, name: &Arc<str>, annotations: &SmallMap<String, String>) {
        for (key, value) in annotations.iter() {
            let wishes = self.0.get_or_insert_with(key.clone(), Wishes::default);
            wishes.change(value, |names| names.insert(Arc::clone(name)));
        }
    }

    pub(super) fn remove(&mut self, name: &str, annotations: &SmallMap<String, String>) {
        for (key, value) in annotations.iter() {
            if let Some(wishes) = self.0.get_mut(key) {
                wishes.change(value, |names| names.remove(name));
                if wishes.by_value.is_empty() {
                    self.0.remove(key);
                }
            }
        }
    }

    pub(super) fn other<'i>(&'i self, name: &str, key: &str, value: &str) -> Option<(&'i str, &'i str)> {
        self.0.get(key)?.other(name, value)
    }
}

/// The backups of a namespace, with what they are looked up by.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Backups {
    all: SmallMap<String, BackupFacts>,
    chains: SmallMap<(StoragePlace, String), Group<Targets>>,
    sources: SmallMap<SourcePlace, Group<Roots>>,
    /// Those that run by themselves, by instance.
    scheduled: SmallMap<String, Group<Roots>>,
    /// By `chainFromBackup`, those first that are not of the type `DIFF`.
    successors: SmallMap<String, SmallSet<(bool, Arc<str>)>>,
    identities: Identities,
}

impl Backups {
    pub(super) fn insert(&mut self, name: &str, facts: BackupFacts) {
        self.remove(name);
        let shared: Arc<str> = Arc::from(name);
        self.all.insert(name.to_owned(), facts);
        let Some(facts) = self.all.get(name) else { return };
        if let Some(place) = StoragePlace::of(&facts.storage) {
            let key = (place, facts.chain_root(name).to_owned());
            add_to(&mut self.chains, key, &shared, facts, &self.all);
        }
        add_to(
            &mut self.sources,
            source_place(&facts.storage),
            &shared,
            facts,
            &self.all,
        );
        if let Some(instance) = facts.runs_on() {
            add_to(&mut self.scheduled, instance.to_owned(), &shared, facts, &self.all);
        }
        if let Some(chain_from) = &facts.chain_from {
            let successor = (facts.is_differential(), Arc::clone(&shared));
            self.successors
                .get_or_insert_with(chain_from.clone(), SmallSet::default)
                .insert(successor);
        }
        self.identities.add(&shared, &facts.storage.annotations);
    }

    pub(super) fn remove(&mut self, name: &str) {
        let Some(facts) = self.all.remove(name) else { return };
        if let Some(place) = StoragePlace::of(&facts.storage) {
            let key = (place, facts.chain_root(name).to_owned());
            remove_from(&mut self.chains, &key, name, &facts);
        }
        remove_from(&mut self.sources, &source_place(&facts.storage), name, &facts);
        if let Some(instance) = facts.runs_on() {
            remove_from(&mut self.scheduled, &instance.to_owned(), name, &facts);
        }
        if let Some(chain_from) = &facts.chain_from
            && let Some(names) = self.successors.get_mut(chain_from)
        {
            names.remove(&(facts.is_differential(), Arc::from(name)));
            if names.is_empty() {
                self.successors.remove(chain_from);
            }
        }
        self.identities.remove(name, &facts.storage.annotations);
    }

    pub(super) fn get(&self, name: &str) -> Option<&BackupFacts> {
        self.all.get(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &BackupFacts)> {
        self.all.iter().map(|(name, facts)| (name.as_str(), facts))
    }

    /// Those whose `chainFromBackup` is `name`.
    pub(super) fn successors(&self, name: &str) -> impl Iterator<Item = (&str, &BackupFacts)> {
        let names = self.successors.get(name).into_iter().flat_map(SmallSet::iter);
        names.filter_map(|(_, name)| {
            self.all
                .get_key_value(name.as_ref())
                .map(|(name, facts)| (name.as_str(), facts))
        })
    }

    /// The others in the chain of a backup that are of another target.
    pub(super) fn strangers_in_chain(&self, name: &str, own: &BackupFacts, most: usize) -> Others<'_> {
        let Some(place) = StoragePlace::of(&own.storage) else {
            return Others::default();
        };
        let key = (place, own.chain_root(name).to_owned());
        match self.chains.get(&key) {
            None => Others::default(),
            Some(Group::Few(names)) => self.among(names, name, most, |_, other| own.is_of_other_target(other)),
            Some(Group::Many(targets)) => {
                let is_among = self.all.get(name).is_some_and(|known| {
                    known.chain_root(name) == key.1
                        && known.storage.same_place(&own.storage)
                        && own.is_of_other_target(known)
                });
                let count = targets.count_other_than(own) - usize::from(is_among);
                Others::new(targets.other_than(own, name, most), most, count)
            }
        }
    }

    /// The others of other chains at the place of a backup, as the operator compares the places of replication sources.
    pub(super) fn other_chains_at_source(&self, name: &str, own: &BackupFacts, most: usize) -> Others<'_> {
        let group = self.sources.get(&source_place(&own.storage));
        let is_in_group = |known: &BackupFacts| known.storage.same_source_place(&own.storage);
        self.others_of(group, name, Some(own.chain_root(name)), most, is_in_group)
    }

    /// The others that run by themselves on the instance of a backup, but for those that wait for it.
    pub(super) fn running_beside(&self, name: &str, own: &BackupFacts, most: usize) -> Others<'_> {
        let group = own
            .instance
            .as_deref()
            .and_then(|instance| self.scheduled.get(instance));
        // Of one chain on a volume the operator lets one wait for the other.
        let turns = (own.storage.store == Some(StoreType::Pvc)).then(|| own.chain_root(name));
        let is_in_group = |known: &BackupFacts| known.runs_on() == own.instance.as_deref();
        self.others_of(group, name, turns, most, is_in_group)
    }

    /// The members of a group but for the backup itself and those of one root.
    fn others_of<'i>(
        &'i self,
        group: Option<&'i Group<Roots>>,
        name: &str,
        except: Option<&str>,
        most: usize,
        is_in_group: impl Fn(&BackupFacts) -> bool,
    ) -> Others<'i> {
        let is_other = |name: &str, facts: &BackupFacts| except.is_none_or(|root| facts.chain_root(name) != root);
        match group {
            None => Others::default(),
            Some(Group::Few(names)) => self.among(names, name, most, is_other),
            Some(Group::Many(roots)) => {
                let is_among = self
                    .all
                    .get(name)
                    .is_some_and(|known| is_in_group(known) && is_other(name, known));
                let excepted = except.and_then(|root| roots.by_root.get(root)).map_or(0, BTreeSet::len);
                let others = roots.by_root.iter().filter(|(root, _)| except != Some(root.as_str()));
                let names = others
                    .flat_map(|(_, names)| names.iter().map(AsRef::as_ref))
                    .filter(|other| *other != name);
                let count = roots.count - excepted - usize::from(is_among);
                Others::new(names.take(most), most, count)
            }
        }
    }

    fn among<'i>(
        &'i self,
        names: &'i [Arc<str>],
        name: &str,
        most: usize,
        is_other: impl Fn(&str, &BackupFacts) -> bool,
    ) -> Others<'i> {
        let others = names
            .iter()
            .map(AsRef::as_ref)
            .filter(|other: &&str| *other != name && self.all.get(*other).is_some_and(|facts| is_other(other, facts)));
        let named: Vec<&str> = others.collect();
        let count = named.len();
        Others::new(named, most, count)
    }

    pub(super) fn identities(&self) -> &Identities {
        &self.identities
    }
}

fn add_to<K: Ord, I: Index>(
    groups: &mut SmallMap<K, Group<I>>,
    key: K,
    name: &Arc<str>,
    facts: &BackupFacts,
    all: &SmallMap<String, BackupFacts>,
) {
    match groups.get_mut(&key) {
        Some(group) => group.add(name, facts, all),
        None => groups.insert(key, Group::new(name)),
    }
}

fn remove_from<K: Ord, I: Index>(groups: &mut SmallMap<K, Group<I>>, key: &K, name: &str, facts: &BackupFacts) {
    if groups.get_mut(key).is_some_and(|group| group.remove(name, facts)) {
        groups.remove(key);
    }
}

/// The restores of a namespace, with the identities that they want.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Restores {
    all: SmallMap<String, RestoreFacts>,
    identities: Identities,
}

impl Restores {
    pub(super) fn insert(&mut self, name: &str, facts: RestoreFacts) {
        self.remove(name);
        self.identities.add(&Arc::from(name), &facts.annotations);
        self.all.insert(name.to_owned(), facts);
    }

    pub(super) fn remove(&mut self, name: &str) {
        if let Some(facts) = self.all.remove(name) {
            self.identities.remove(name, &facts.annotations);
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&RestoreFacts> {
        self.all.get(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &RestoreFacts)> {
        self.all.iter().map(|(name, facts)| (name.as_str(), facts))
    }

    pub(super) fn identities(&self) -> &Identities {
        &self.identities
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Backups with few different values, so that many have something in common.
    fn facts() -> impl Strategy<Value = BackupFacts> {
        let storage = (
            prop::option::of(prop::sample::select(vec![
                StoreType::S3,
                StoreType::Gcs,
                StoreType::Pvc,
            ])),
            "[ab]?",
            prop::sample::select(vec!["", "backups", "/backups/", "x", "x//"]),
            "[ab]?",
            prop::collection::btree_map("[k-l]", "[v-x]", 0..3),
        );
        let scope = prop::sample::select(vec![
            ScopeFacts::Unclear,
            ScopeFacts::AllDatabases,
            ScopeFacts::Database("d".to_owned()),
            ScopeFacts::Database("e".to_owned()),
        ]);
        let rest = (
            prop::option::of("[ij]"),
            scope,
            prop::option::of("n[0-2]"),
            prop::option::of(Just("* * * * *".to_owned())),
            prop::bool::weighted(0.2),
            prop::option::of(prop::sample::select(vec!["FULL".to_owned(), "DIFF".to_owned()])),
        );
        (storage, rest).prop_map(|((store, bucket, path, pvc, annotations), rest)| {
            let (instance, scope, chain_from, schedule, suspended, backup_type) = rest;
            BackupFacts {
                instance,
                scope,
                storage: LocationFacts {
                    store,
                    bucket,
                    path: path.to_owned(),
                    pvc,
                    annotations: annotations.into_iter().collect(),
                    ..LocationFacts::default()
                },
                chain_from,
                schedule,
                suspended,
                backup_type,
                succeeded: None,
                runs: None,
            }
        })
    }

    /// Whether an answer is that of a look at all: the same number, and the same names where they fit.
    fn agrees(others: &Others<'_>, naive: &[&str], most: usize) -> bool {
        let is_sorted = others.named.is_sorted() && others.named.iter().all(|name| naive.contains(name));
        others.count == naive.len()
            && is_sorted
            && if naive.len() <= most {
                others.named == naive
            } else {
                others.named.len() == most
            }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn the_index_says_what_a_look_at_all_says(
            steps in prop::collection::vec(("n[0-9]{1,2}", prop::option::weighted(0.9, facts())), 0..120),
            own in facts(),
            name in "n[0-9]{1,2}",
            most in 1_usize..6,
        ) {
            let mut backups = Backups::default();
            for (name, facts) in steps {
                match facts {
                    Some(facts) => backups.insert(&name, facts),
                    None => backups.remove(&name),
                }
            }
            let name = name.as_str();
            let naive = |wanted: &dyn Fn(&str, &BackupFacts) -> bool| -> Vec<&str> {
                let found = backups.iter().filter(|(other, facts)| *other != name && wanted(other, facts));
                found.map(|(other, _)| other).collect()
            };
            let root = own.chain_root(name);
            let strangers = naive(&|other, facts| {
                facts.chain_root(other) == root
                    && own.storage.same_place(&facts.storage)
                    && own.is_of_other_target(facts)
            });
            prop_assert!(agrees(&backups.strangers_in_chain(name, &own, most), &strangers, most), "{strangers:?}");
            let at_source = naive(&|other, facts| {
                facts.chain_root(other) != root && own.storage.same_source_place(&facts.storage)
            });
            prop_assert!(agrees(&backups.other_chains_at_source(name, &own, most), &at_source, most), "{at_source:?}");
            let beside = naive(&|other, facts| {
                let takes_turns = own.storage.store == Some(StoreType::Pvc) && facts.chain_root(other) == root;
                own.instance.is_some() && facts.runs_on() == own.instance.as_deref() && !takes_turns
            });
            prop_assert!(agrees(&backups.running_beside(name, &own, most), &beside, most), "{beside:?}");
            let successors: BTreeSet<&str> = backups.successors(name).map(|(other, _)| other).collect();
            let expected: BTreeSet<&str> = backups
                .iter()
                .filter(|(_, facts)| facts.chain_from.as_deref() == Some(name))
                .map(|(other, _)| other)
                .collect();
            prop_assert_eq!(successors, expected);
            for (key, value) in own.storage.annotations.iter() {
                let theirs = |facts: &BackupFacts| facts.storage.annotations.get(key).filter(|theirs| *theirs != value).cloned();
                let expected = backups.iter().find(|(other, facts)| *other != name && theirs(facts).is_some());
                let expected = expected.map(|(other, facts)| (other.to_owned(), theirs(facts).unwrap_or_default()));
                let found = backups.identities().other(name, key, value);
                prop_assert_eq!(found.map(|(other, theirs)| (other.to_owned(), theirs.to_owned())), expected);
            }
        }

        #[test]
        fn the_order_of_changes_leaves_no_trace(
            steps in prop::collection::vec(("n[0-9]{1,2}", prop::option::weighted(0.8, facts())), 0..120),
        ) {
            let mut changed = Backups::default();
            for (name, facts) in steps {
                match facts {
                    Some(facts) => changed.insert(&name, facts),
                    None => changed.remove(&name),
                }
            }
            let mut anew = Backups::default();
            for (name, facts) in changed.iter() {
                anew.insert(name, facts.clone());
            }
            prop_assert_eq!(&changed, &anew);
            for name in changed.all.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>() {
                changed.remove(&name);
            }
            prop_assert_eq!(changed, Backups::default());
        }
    }
}
