//! Finds out who reaches which place.

use super::access::{Access, Actor, Place, annotations, servers_want};
use super::injection::injected;
use super::method::Method;
use super::reached::{Reached, pods, reached};
use crate::facts::{InstanceKind, LocationFacts};
use crate::live::{Backup, Cluster, Restore};
use crate::model::{Account, ObjectRef, Provider, SourceType, Storage, StoreType};
use crate::operator::Versions;

/// The folder that the operator writes to unless told.
const DEFAULT_PATH: &str = "backups";

/// The versions that restore a standalone while it runs, by its own server, where they can.
const ONLINE: Versions = Versions::range("1.19+");

/// What every backup and restore of a cluster takes that is not on its way out, in the order of namespace, kind and name.
pub fn accesses(cluster: &Cluster<'_>) -> Vec<Access> {
    let backups = cluster.backups.iter().filter(|backup| backup.deleted.is_none());
    let restores = cluster.restores.iter().filter(|restore| restore.deleted.is_none());
    let mut all: Vec<Access> = backups
        .map(|backup| of_backup(backup, cluster))
        .chain(restores.map(|restore| of_restore(restore, cluster)))
        .collect();
    all.sort_by(|one, other| key(&one.object).cmp(&key(&other.object)));
    all
}

fn key(object: &ObjectRef) -> (&str, &str, &str) {
    (&object.namespace, &object.kind, &object.name)
}

fn of_backup(backup: &Backup<'_>, cluster: &Cluster<'_>) -> Access {
    let access = Access {
        object: backup.reference(),
        actor: Actor::Jobs(Account::Backup),
        reads_only: false,
        place: Some(place_of_backup(backup)),
        method: Method::Unknown,
        wanted: None,
        found: None,
    };
    with_method(access, cluster)
}

fn of_restore(restore: &Restore<'_>, cluster: &Cluster<'_>) -> Access {
    let access = Access {
        object: restore.reference(),
        actor: actor_of_restore(restore, cluster),
        reads_only: true,
        place: place_of_restore(restore, cluster),
        method: Method::Unknown,
        wanted: None,
        found: None,
    };
    with_method(access, cluster)
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

/// Where the artifacts of a restore lie, or `None` if it does not say so or names a backup that is not there.
pub(crate) fn place_of_restore(restore: &Restore<'_>, cluster: &Cluster<'_>) -> Option<Place> {
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
    // What a Job has begun, a Job does.
    let needs_job = restore.job.is_some() || restore.spec().source_type() != Some(SourceType::Backup);
    let is_online = cluster.operator.is_some_and(|operator| operator.is_in(ONLINE));
    if instance.kind == InstanceKind::Standalone && (needs_job || !is_online) {
        return Actor::Jobs(Account::Restore);
    }
    let of_pods = instance.pods.iter().map(|pod| pod.account.to_string());
    let of_set = instance.stateful_set.as_ref().and_then(|set| {
        let account = set.at("spec.template.spec.serviceAccountName")?;
        account.as_str().map(str::to_owned)
    });
    let account = of_pods.chain(of_set).find(|account| !account.is_empty());
    Actor::Servers {
        instance: instance.reference(),
        account,
    }
}

/// Completes it by how whoever reaches the place comes to credentials: as the objects say, or else as pods and runs show.
fn with_method(access: Access, cluster: &Cluster<'_>) -> Access {
    let Some(place) = &access.place else { return access };
    if place.location.store == Some(StoreType::Pvc) {
        return Access {
            method: Method::Volume,
            ..access
        };
    }
    let Some(provider) = place.provider else { return access };
    let key = provider.identity_annotation();
    let wanted = match &access.actor {
        Actor::Jobs(_) | Actor::Unknown(_) => place.location.annotations.get(key).cloned(),
        Actor::Servers { instance, .. } => servers_want(instance, cluster).remove(key),
    };
    let account = access.actor.account();
    let found = account.and_then(|account| annotations(&access.object.namespace, account, cluster)?.remove(key));
    let has_secret = place.location.credentials.is_some();
    let access = Access {
        wanted,
        found,
        ..access
    };
    let method = if has_secret {
        // Variables of the container are asked before any token.
        Method::Secret
    } else if access.identity().is_some() {
        Method::by_annotation(provider)
    } else {
        method_as_shown(&access, provider, cluster)
    };
    Access { method, ..access }
}

/// The method of what has neither a Secret nor an annotation, as its pods and its last run show it.
fn method_as_shown(access: &Access, provider: Provider, cluster: &Cluster<'_>) -> Method {
    let pods = pods(access, cluster);
    if let Some(method) = pods.iter().find_map(|pod| injected(pod)) {
        return method;
    }
    match reached(access, cluster) {
        Reached::Refused(_) if !pods.is_empty() => Method::None,
        // Google may let the account itself in, and no pod shows it.
        Reached::Yes(_) if !pods.is_empty() && provider != Provider::Gcp => Method::NodeRole,
        _ => Method::Unknown,
    }
}
