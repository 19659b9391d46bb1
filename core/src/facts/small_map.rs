//! Maps and sets that take little memory while they hold few entries.
//!
//! A `BTreeMap` takes room for eleven entries with its first. Of ten thousand teams with one backup each, that would be most
//! of the memory that is kept.

use std::borrow::Borrow;
use std::collections::BTreeMap;

/// A map of more entries than this is a tree, so that none takes long to grow.
const FEW: usize = 16;

/// A map in the order of its keys.
#[derive(Debug, Clone, PartialEq)]
pub struct SmallMap<K, V>(Entries<K, V>);

#[derive(Debug, Clone, PartialEq)]
enum Entries<K, V> {
    /// A few entries, by key.
    Few(Vec<(K, V)>),
    /// More than [`FEW`].
    Many(BTreeMap<K, V>),
}

impl<K, V> Default for SmallMap<K, V> {
    fn default() -> Self {
        Self(Entries::Few(Vec::new()))
    }
}

impl<K: Ord, V> SmallMap<K, V> {
    /// The value under `key`.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    pub(super) fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        match &self.0 {
            Entries::Few(entries) => {
                let (key, value) = entries.get(place(entries, key).ok()?)?;
                Some((key, value))
            }
            Entries::Many(entries) => entries.get_key_value(key),
        }
    }

    pub(super) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        match &mut self.0 {
            Entries::Few(entries) => {
                let place = place(entries, key).ok()?;
                entries.get_mut(place).map(|(_, value)| value)
            }
            Entries::Many(entries) => entries.get_mut(key),
        }
    }

    /// The value under `key`, which is made when there is none.
    pub(super) fn get_or_insert_with(&mut self, key: K, value: impl FnOnce() -> V) -> &mut V {
        if let Entries::Few(entries) = &mut self.0
            && entries.len() >= FEW
            && place(entries, &key).is_err()
        {
            self.0 = Entries::Many(entries.drain(..).collect());
        }
        match &mut self.0 {
            Entries::Few(entries) => {
                let place = match place(entries, &key) {
                    Ok(place) => place,
                    Err(place) => {
                        // Most maps stay at one.
                        if entries.is_empty() {
                            entries.reserve_exact(1);
                        }
                        entries.insert(place, (key, value()));
                        place
                    }
                };
                &mut entries[place].1
            }
            Entries::Many(entries) => entries.entry(key).or_insert_with(value),
        }
    }

    /// Puts a value under `key`, in the place of the one that may be there.
    pub(super) fn insert(&mut self, key: K, value: V) {
        match self.get_mut(&key) {
            Some(kept) => *kept = value,
            None => {
                self.get_or_insert_with(key, || value);
            }
        }
    }

    pub(super) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        match &mut self.0 {
            Entries::Few(entries) => {
                let place = place(entries, key).ok()?;
                Some(entries.remove(place).1)
            }
            Entries::Many(entries) => {
                let removed = entries.remove(key);
                if entries.len() <= FEW {
                    self.0 = Entries::Few(std::mem::take(entries).into_iter().collect());
                }
                removed
            }
        }
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        match &self.0 {
            Entries::Few(entries) => entries.len(),
            Entries::Many(entries) => entries.len(),
        }
    }

    /// Whether there is a value under `key`.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// All entries, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let (few, many) = match &self.0 {
            Entries::Few(entries) => (Some(entries), None),
            Entries::Many(entries) => (None, Some(entries)),
        };
        let few = few.into_iter().flatten().map(|(key, value)| (key, value));
        few.chain(many.into_iter().flatten())
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SmallMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

/// Where among the entries a key is, or else belongs.
fn place<K: Borrow<Q>, V, Q: Ord + ?Sized>(entries: &[(K, V)], key: &Q) -> Result<usize, usize> {
    entries.binary_search_by(|(other, _)| other.borrow().cmp(key))
}

/// A set in its order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SmallSet<T>(SmallMap<T, ()>);

impl<T> Default for SmallSet<T> {
    fn default() -> Self {
        Self(SmallMap::default())
    }
}

impl<T: Ord> SmallSet<T> {
    pub(super) fn insert(&mut self, item: T) {
        self.0.insert(item, ());
    }

    pub(super) fn remove<Q: Ord + ?Sized>(&mut self, item: &Q)
    where
        T: Borrow<Q>,
    {
        self.0.remove(item);
    }

    pub(super) fn first(&self) -> Option<&T> {
        self.iter().next()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(item, ())| item)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_what_a_tree_is(
            steps in prop::collection::vec((0..40_u8, prop::option::weighted(0.6, any::<u8>())), 0..120),
        ) {
            let mut small = SmallMap::default();
            let mut tree = BTreeMap::new();
            for (key, value) in steps {
                if let Some(value) = value {
                    small.insert(key, value);
                    tree.insert(key, value);
                } else {
                    prop_assert_eq!(small.remove(&key), tree.remove(&key));
                }
                prop_assert_eq!(small.len(), tree.len());
                prop_assert_eq!(small.get(&key), tree.get(&key));
                prop_assert!(small.iter().eq(&tree));
                prop_assert_eq!(matches!(small.0, Entries::Few(_)), tree.len() <= FEW);
            }
        }
    }

    #[test]
    fn one_entry_takes_the_room_of_one() {
        let mut map = SmallMap::default();
        map.insert("a", 1);
        assert!(matches!(map.0, Entries::Few(entries) if entries.capacity() == 1));
    }
}
