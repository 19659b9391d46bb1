//! What several restore rules ask: the instance that is restored, and the backup that it is restored from.

use crate::facts::{InstanceFacts, InstanceKind, Inventory, Lookup};
use crate::field::Field;
use crate::model::{Restore, SourceType, StoreType};
use crate::operator::Versions;
use crate::schema::Era;
use crate::subject::{Door, Subject};

/// The instance that a restore names, and what is known of it. `None` when it names none: that is another rule's.
pub(crate) fn instance<'s, 'i>(
    subject: &Subject<'s>,
    restore: &Restore<'s>,
    inventory: &'i Inventory,
) -> Option<(&'s str, Lookup<'i, InstanceFacts>)> {
    let name = restore.instance().text()?;
    Some((name, inventory.instance(subject.namespace(), name)))
}

/// Whether the instance is a cluster for certain.
pub(crate) fn is_cluster(lookup: &Lookup<'_, InstanceFacts>) -> bool {
    matches!(lookup, Lookup::Found(facts) if facts.kind == InstanceKind::Cluster)
}

/// Whether the instance is a standalone for certain.
pub(crate) fn is_standalone(lookup: &Lookup<'_, InstanceFacts>) -> bool {
    matches!(lookup, Lookup::Found(facts) if facts.kind == InstanceKind::Standalone)
}

/// Whether the operator restores clusters by Cypher and standalones by a Job, with all that follows. Before 1.8 both
/// had a Job.
pub(crate) fn by_engine(subject: &Subject<'_>) -> bool {
    subject.era >= Era::V1_8
}

/// The versions that restore a standalone while it runs, where they can, and a cluster to a point in time.
pub(crate) const ONLINE: Versions = Versions::range("1.19+");

/// Whether the operator certainly restores a standalone while it runs, where it can.
pub(crate) fn is_online(subject: &Subject<'_>) -> bool {
    subject.operator.is_in(ONLINE)
}

/// Whether the operator may be one that restores a standalone while it runs, where it can.
pub(crate) fn may_be_online(subject: &Subject<'_>) -> bool {
    subject.operator.can_be_in(ONLINE)
}

/// Whether what only older operators refuse is worth a remark: to a person, where nobody says which operator it is.
pub(crate) fn reminds_of_older(subject: &Subject<'_>) -> bool {
    subject.operator.is_assumed() && subject.door == Door::File
}

/// Why a standalone is certainly stopped for a restore although the operator restores online where it can; `None` where
/// nothing that is known says so. A run that recorded no artifact is another reason, which only the cluster shows.
pub(crate) fn offline_reason(
    subject: &Subject<'_>,
    restore: &Restore<'_>,
    standalone: &InstanceFacts,
    inventory: &Inventory,
) -> Option<&'static str> {
    match restore.source_type()? {
        SourceType::Pitr => return Some("only a Job can do what `type: pitr` asks for"),
        SourceType::Storage => return Some("only a Job can look for what a path names"),
        SourceType::Backup => {}
    }
    let name = restore.backup_ref().text();
    let backup = name.and_then(|name| inventory.backup(subject.namespace(), name).found());
    let store = backup.and_then(|backup| backup.storage.store);
    if restore.point_in_time().is_set() {
        if restore.all_databases().is_true() {
            return Some("only one database can be seeded to a point in time");
        }
        if store == Some(StoreType::Pvc) {
            return Some("nothing can be seeded from a volume to a point in time");
        }
        if standalone.cannot_seed_point_in_time() {
            return Some("Neo4j 5.x cannot be seeded to a point in time");
        }
    }
    let is_in_bucket = store.is_some_and(|store| store != StoreType::Pvc);
    let lacks_identity = backup.is_some_and(|backup| backup.storage.credentials.is_none()) && !standalone.pod_identity;
    (is_in_bucket && lacks_identity).then_some(
        "the server cannot read the bucket, because there is neither a credentials Secret nor podServiceAccountAnnotations",
    )
}

/// Where the artifacts of a restore lie, where that is known: on a volume, or in which store.
pub(crate) fn store_of_source(
    subject: &Subject<'_>,
    restore: &Restore<'_>,
    inventory: &Inventory,
) -> Option<StoreType> {
    match restore.source_type()? {
        SourceType::Backup => {
            let name = restore.backup_ref().text()?;
            inventory.backup(subject.namespace(), name).found()?.storage.store
        }
        SourceType::Storage | SourceType::Pitr => restore.storage().store(),
    }
}

/// The name of the `Neo4jBackup` that a restore reads, by the type of its source.
pub(crate) fn backup_ref<'a>(restore: &Restore<'a>) -> Option<Field<'a>> {
    let field = match restore.source_type()? {
        SourceType::Backup => restore.backup_ref(),
        SourceType::Pitr if restore.base_backup().field("type").text() == Some("backup") => {
            restore.base_backup().field("backupRef")
        }
        SourceType::Pitr | SourceType::Storage => return None,
    };
    field.text().map(|_| field)
}
