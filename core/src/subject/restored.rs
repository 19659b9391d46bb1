//! What several restore rules ask: the instance that is restored, and the backup that it is restored from.

use crate::facts::{InstanceFacts, InstanceKind, Inventory, Lookup};
use crate::field::Field;
use crate::model::{Restore, SourceType};
use crate::schema::Era;
use crate::subject::Subject;

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
