//! The backups of all namespaces by the directory that they write to: a bucket belongs to no namespace.

use std::collections::{BTreeMap, BTreeSet};

use super::backup::BackupFacts;
use crate::model::StoreType;

/// Backups of other namespaces that a rule may name, the first ones by namespace and name, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Elsewhere<'i> {
    /// Namespace and name of some of them, or of all where these are not too many.
    pub named: Vec<(&'i str, &'i str)>,
    /// The number of all.
    pub count: usize,
}

/// The directory of a chain in an object store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Directory {
    store: StoreType,
    endpoint: Option<String>,
    bucket: String,
    path: String,
    root: String,
}

impl Directory {
    /// Returns the directory that a backup writes to, or `None` if another namespace certainly means another directory by the
    /// same words, or may mean another: a claim belongs to a namespace, and a container of Azure to an account, which only an
    /// endpoint names.
    fn of(name: &str, facts: &BackupFacts) -> Option<Self> {
        let storage = &facts.storage;
        let store = storage.store?;
        let is_named = match store {
            StoreType::Pvc => false,
            StoreType::Azure => storage.endpoint.is_some(),
            StoreType::S3 | StoreType::Gcs => true,
        };
        (is_named && !storage.bucket.is_empty()).then(|| Self {
            store,
            endpoint: storage.endpoint.clone(),
            bucket: storage.bucket.clone(),
            path: storage.segments().collect::<Vec<_>>().join("/"),
            root: facts.chain_root(name).to_owned(),
        })
    }
}

/// Who writes where.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Writers(BTreeMap<Directory, BTreeSet<(String, String)>>);

impl Writers {
    pub(super) fn add(&mut self, namespace: &str, name: &str, facts: &BackupFacts) {
        if let Some(directory) = Directory::of(name, facts) {
            let writers = self.0.entry(directory).or_default();
            writers.insert((namespace.to_owned(), name.to_owned()));
        }
    }

    pub(super) fn remove(&mut self, namespace: &str, name: &str, facts: &BackupFacts) {
        let Some(directory) = Directory::of(name, facts) else {
            return;
        };
        if let Some(writers) = self.0.get_mut(&directory) {
            writers.remove(&(namespace.to_owned(), name.to_owned()));
            if writers.is_empty() {
                self.0.remove(&directory);
            }
        }
    }

    /// Those of other namespaces that write to the directory of a backup.
    pub(super) fn elsewhere(&self, namespace: &str, name: &str, own: &BackupFacts, most: usize) -> Elsewhere<'_> {
        let writers = Directory::of(name, own).and_then(|directory| self.0.get(&directory));
        let Some(writers) = writers else {
            return Elsewhere::default();
        };
        let beside = (namespace.to_owned(), String::new());
        let beside = writers
            .range(beside..)
            .take_while(|(place, _)| place == namespace)
            .count();
        let others = writers.iter().filter(|(place, _)| place != namespace);
        let named = others.take(most).map(|(place, name)| (place.as_str(), name.as_str()));
        Elsewhere {
            named: named.collect(),
            count: writers.len() - beside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::LocationFacts;
    use crate::facts::ScopeFacts;

    fn backup(store: StoreType, bucket: &str, endpoint: Option<&str>) -> BackupFacts {
        BackupFacts {
            instance: Some("prod".to_owned()),
            scope: ScopeFacts::AllDatabases,
            storage: LocationFacts {
                store: Some(store),
                bucket: bucket.to_owned(),
                endpoint: endpoint.map(str::to_owned),
                ..LocationFacts::default()
            },
            chain_from: None,
            schedule: None,
            suspended: false,
            backup_type: None,
            succeeded: None,
            runs: None,
        }
    }

    fn others(own: &BackupFacts, other: &BackupFacts, name: &str) -> usize {
        let mut writers = Writers::default();
        writers.add("a", "nightly", own);
        writers.add("b", name, other);
        let count = writers.elsewhere("a", "nightly", own, 4).count;
        writers.remove("b", name, other);
        assert_eq!(writers.elsewhere("a", "nightly", own, 4), Elsewhere::default());
        count
    }

    #[test]
    fn one_bucket_is_one_place_in_every_namespace() {
        let own = backup(StoreType::S3, "bucket", None);
        assert_eq!(others(&own, &own, "nightly"), 1);
        assert_eq!(others(&own, &own, "hourly"), 0, "each chain has a directory of its own");
        assert_eq!(others(&own, &backup(StoreType::S3, "another", None), "nightly"), 0);
        let elsewhere = backup(StoreType::S3, "bucket", Some("https://minio.b:9000"));
        assert_eq!(others(&own, &elsewhere, "nightly"), 0);
    }

    #[test]
    fn what_another_namespace_may_mean_otherwise_is_left_alone() {
        let azure = backup(StoreType::Azure, "backups", None);
        assert_eq!(others(&azure, &azure, "nightly"), 0);
        let account = backup(
            StoreType::Azure,
            "backups",
            Some("https://account.blob.core.windows.net"),
        );
        assert_eq!(others(&account, &account, "nightly"), 1);
        let claim = backup(StoreType::Pvc, "backups", None);
        assert_eq!(others(&claim, &claim, "nightly"), 0);
    }
}
