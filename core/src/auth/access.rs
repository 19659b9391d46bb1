//! Who reaches which place: what has to be answered for each backup and restore.

use std::collections::BTreeMap;

use super::method::Method;
use crate::facts::{InstanceKind, LocationFacts};
use crate::live::{Backup, Cluster, Restore};
use crate::model::{Account, ObjectRef, Provider, SourceType, Storage, StoreType};
use crate::operator::Versions;

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
}

/// The folder that the operator writes to unless told.
const DEFAULT_PATH: &str = "backups";

/// The versions that restore a standalone while it runs, by its own server, where they can.
const ONLINE: Versions = Versions::range("1.19+");

/// What every backup and restore of a cluster takes that is not on its way out, in the order of namespace and name.
pub fn accesses(cluster: &Cluster<'_>) -> Vec<Access> {
    let backups = cluster.backups.iter().filter(|backup| backup.deleted.is_none());
    let restores = cluster.restores.iter().filter(|restore| restore.deleted.is_none());
    let mut all: Vec<Access> = backups
        .map(|backup| of_backup(backup, cluster))
        .chain(restores.map(|restore| of_restore(restore, cluster)))
        .collect();
    all.sort_by(|one, other| {
        let key = |access: &Access| {
            (
                access.object.namespace.clone(),
                access.object.kind.clone(),
                access.object.name.clone(),
            )
        };
        key(one).cmp(&key(other))
    });
    all
}

fn of_backup(backup: &Backup<'_>, cluster: &Cluster<'_>) -> Access {
    let place = place_of_backup(backup);
    let actor = Actor::Jobs(Account::Backup);
    Access {
        object: backup.reference(),
        method: method(&place, &backup.namespace, &actor, cluster),
        actor,
        reads_only: false,
        place: Some(place),
    }
}

fn of_restore(restore: &Restore<'_>, cluster: &Cluster<'_>) -> Access {
    let place = place_of_restore(restore, cluster);
    let actor = actor_of_restore(restore, cluster);
    Access {
        object: restore.reference(),
        method: place.as_ref().map_or(Method::Unknown, |place| {
            method(place, &restore.namespace, &actor, cluster)
        }),
        actor,
        reads_only: true,
        place,
    }
}

fn place_of_backup(backup: &Backup<'_>) -> Place {
    let spec = backup.spec();
    let folder = spec.chain_from().text().unwrap_or(&backup.name);
    place(&spec.storage(), folder)
}

fn place(storage: &Storage<'_>, folder: &str) -> Place {
    let location = LocationFacts::of(storage);
    let path = if location.path.is_empty() {
        DEFAULT_PATH
    } else {
        &location.path
    };
    let segments = path.split('/').chain(folder.split('/'));
    let segments: Vec<&str> = segments.filter(|segment| !segment.is_empty()).collect();
    Place {
        provider: storage.provider().filter(|_| storage.store() != Some(StoreType::Pvc)),
        prefix: segments.join("/"),
        forces_path_style: storage.cloud.path_style().is_true(),
        location,
    }
}

fn place_of_restore(restore: &Restore<'_>, cluster: &Cluster<'_>) -> Option<Place> {
    let spec = restore.spec();
    let named = |name: Option<&str>| Some(place_of_backup(cluster.backup(&restore.namespace, name?)?));
    match spec.source_type()? {
        SourceType::Backup => named(spec.backup_ref().text()),
        SourceType::Storage => Some(place(&spec.storage(), spec.backup_path().text().unwrap_or_default())),
        SourceType::Pitr => {
            let base = spec.base_backup();
            match base.field("type").text() {
                Some("backup") => named(base.field("backupRef").text()),
                _ => Some(place(
                    &spec.base_storage(),
                    base.field("backupPath").text().unwrap_or_default(),
                )),
            }
        }
    }
}

fn actor_of_restore(restore: &Restore<'_>, cluster: &Cluster<'_>) -> Actor {
    let name = restore.instance();
    let Some(instance) = cluster.instance(&restore.namespace, &name) else {
        return Actor::Unknown(name);
    };
    let spec = restore.spec();
    // What a Job has begun, a Job does.
    let needs_job = restore.job.is_some() || spec.source_type() != Some(SourceType::Backup);
    let is_online = cluster.operator.is_some_and(|operator| operator.is_in(ONLINE));
    if instance.kind == InstanceKind::Standalone && (needs_job || !is_online) {
        return Actor::Jobs(Account::Restore);
    }
    let of_pods = instance.pods.iter().map(|pod| pod.account.to_string());
    let of_set = instance.stateful_set.as_ref().and_then(|set| {
        set.at("spec.template.spec.serviceAccountName")?
            .as_str()
            .map(str::to_owned)
    });
    let account = of_pods.chain(of_set).find(|account| !account.is_empty());
    Actor::Servers {
        instance: instance.reference(),
        account,
    }
}

/// How whoever reaches a place comes to credentials, as far as the objects say.
fn method(place: &Place, namespace: &str, actor: &Actor, cluster: &Cluster<'_>) -> Method {
    if place.location.store == Some(StoreType::Pvc) {
        return Method::Volume;
    }
    // Variables of the container are asked before any token.
    if place.location.credentials.is_some() {
        return Method::Secret;
    }
    let Some(provider) = place.provider else {
        return Method::Unknown;
    };
    let key = provider.identity_annotation();
    let is_wanted = match actor {
        Actor::Jobs(_) | Actor::Unknown(_) => place.location.annotations.get(key).is_some(),
        Actor::Servers { instance, .. } => servers_want(instance, cluster).contains_key(key),
    };
    let on_account = || {
        let account = actor.account()?;
        annotations(namespace, account, cluster)?.remove(key)
    };
    if is_wanted || on_account().is_some() {
        return Method::by_annotation(provider);
    }
    Method::Unknown
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
    let object = cluster.object(crate::snapshot::Resource::ServiceAccounts, namespace, account)?;
    Some(texts(object.at("metadata.annotations")))
}

/// The annotations that an instance wants on the account of its servers.
pub(super) fn servers_want(instance: &ObjectRef, cluster: &Cluster<'_>) -> BTreeMap<String, String> {
    let found = cluster.instance(&instance.namespace, &instance.name);
    found
        .map(|found| texts(found.object.at("spec.podServiceAccountAnnotations")))
        .unwrap_or_default()
}

fn texts(node: Option<&crate::document::Node<'_>>) -> BTreeMap<String, String> {
    let map = node.and_then(crate::document::Node::as_map);
    let entries = map.into_iter().flat_map(|map| map.0.iter());
    entries
        .filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned())))
        .collect()
}
