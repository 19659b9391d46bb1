//! Who reaches which place: what has to be answered for each backup and restore.

use std::collections::BTreeMap;

use super::method::Method;
use crate::document::{Map, Node};
use crate::facts::LocationFacts;
use crate::live::Cluster;
use crate::model::{Account, ObjectRef, Provider};
use crate::snapshot::Resource;

/// What to know of a place that is not below any prefix.
pub(super) const WHOLE_BUCKET: &str = "the artifacts lie at the root of the bucket, and so the rights are on the whole bucket: a path of its own narrows them";

/// Who reaches a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// The pods of Jobs, under this account.
    Jobs(Account),
    /// The pods of the servers of an instance, which fetch a backup themselves.
    Servers {
        /// The instance.
        instance: ObjectRef,
        /// The account of its pods; `None` where neither a pod nor the `StatefulSet` is known.
        account: Option<String>,
    },
    /// One of them; which one is not known, because the instance of this name is not.
    Unknown(String),
}

/// A place in a store, or on a volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The cloud; `None` for a volume, or where nothing says it.
    pub provider: Option<Provider>,
    /// Type, bucket, path, endpoint, Secret and the annotations that are wanted.
    pub location: LocationFacts,
    /// `cloud.forcePathStyle`.
    pub forces_path_style: bool,
    /// What all keys of its artifacts begin with, without a slash at the end.
    pub prefix: String,
}

/// A backup or restore, and what it takes to reach its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Access {
    /// The backup or restore.
    pub object: ObjectRef,
    /// Who reaches the place.
    pub actor: Actor,
    /// Whether it is only read there.
    pub reads_only: bool,
    /// The place; `None` for a restore whose source is not known.
    pub place: Option<Place>,
    /// How whoever reaches it comes to credentials.
    pub method: Method,
    /// The identity that is wanted on the account: by the object for its Jobs, by the instance for its servers.
    pub wanted: Option<String>,
    /// The identity that is on the account.
    pub found: Option<String>,
}

impl Place {
    /// The name of the bucket, and what all keys begin with. A folder behind the name is part of the keys. On Azure the name
    /// is that of the storage account and the container, or of the container alone.
    pub fn bucket_and_prefix(&self) -> (&str, String) {
        let names = if self.provider == Some(Provider::Azure) { 2 } else { 1 };
        let whole = self.location.bucket.trim_end_matches('/');
        let end = whole
            .match_indices('/')
            .nth(names - 1)
            .map_or(whole.len(), |(at, _)| at);
        let (bucket, folder) = whole.split_at(end);
        let segments = folder.split('/').chain(self.prefix.split('/'));
        let segments: Vec<&str> = segments.filter(|segment| !segment.is_empty()).collect();
        (bucket, segments.join("/"))
    }
}

impl Access {
    /// The cloud; `None` for a volume, or where it is not known.
    pub fn provider(&self) -> Option<Provider> {
        self.place.as_ref()?.provider
    }

    /// What the object is, as part of a name: `backup` or `restore`. One of each may have the same name.
    pub(super) fn what(&self) -> &'static str {
        if self.object.kind == "Neo4jBackup" {
            "backup"
        } else {
            "restore"
        }
    }

    /// The identity that counts: the one on the account, or else the one that is to be there.
    pub fn identity(&self) -> Option<&str> {
        self.found.as_deref().or(self.wanted.as_deref())
    }
}

impl Actor {
    /// The account of the pods, where it is known.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Jobs(account) => Some(account.name()),
            Self::Servers { account, .. } => account.as_deref(),
            Self::Unknown(_) => None,
        }
    }
}

/// The annotations of an account, or `None` if it was not found.
pub(super) fn annotations(namespace: &str, account: &str, cluster: &Cluster<'_>) -> Option<BTreeMap<String, String>> {
    let object = cluster.object(Resource::ServiceAccounts, namespace, account)?;
    Some(texts(object.at("metadata.annotations")))
}

/// The annotations that an instance wants on the account of its servers.
pub(super) fn servers_want(instance: &ObjectRef, cluster: &Cluster<'_>) -> BTreeMap<String, String> {
    let found = cluster.instance(&instance.namespace, &instance.name);
    found
        .map(|found| texts(found.object.at("spec.podServiceAccountAnnotations")))
        .unwrap_or_default()
}

fn texts(node: Option<&Node<'_>>) -> BTreeMap<String, String> {
    let entries = node.and_then(Node::as_map).into_iter().flat_map(Map::iter);
    entries
        .filter_map(|(key, value)| Some((key.to_owned(), value.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_name_of_a_bucket_is_part_of_the_keys() {
        let place = |provider, bucket: &str| Place {
            provider: Some(provider),
            location: LocationFacts {
                bucket: bucket.to_owned(),
                ..LocationFacts::default()
            },
            forces_path_style: false,
            prefix: "graph/nightly".to_owned(),
        };
        for (provider, written, bucket, prefix) in [
            (Provider::Aws, "backups", "backups", "graph/nightly"),
            (Provider::Aws, "backups/team/", "backups", "team/graph/nightly"),
            (Provider::Gcp, "backups/team", "backups", "team/graph/nightly"),
            (Provider::Azure, "backups", "backups", "graph/nightly"),
            (Provider::Azure, "acme/backups", "acme/backups", "graph/nightly"),
            (
                Provider::Azure,
                "acme/backups/team",
                "acme/backups",
                "team/graph/nightly",
            ),
        ] {
            let place = place(provider, written);
            assert_eq!(place.bucket_and_prefix(), (bucket, prefix.to_owned()), "{written}");
        }
    }
}
