//! What could not be read, in a sentence.

use neo4jbackup_core::facts::{Cause, Right};
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::snapshot::Resource;

/// `jobs cannot be read: …`, with the right that is missing where one is.
pub(crate) fn unread(resource: Resource, cause: &Cause) -> String {
    printable(format!("{} cannot be read: {}", resource.plural(), cause.told())).into_owned()
}

/// Which of backups and restores cannot be read, and why, each in a sentence.
pub(crate) fn unread_subjects(cluster: &Cluster<'_>) -> Vec<String> {
    let gaps = cluster.snapshot.gaps();
    let of_subjects = gaps.filter(|(resource, _)| matches!(resource, Resource::Backups | Resource::Restores));
    of_subjects
        .map(|(resource, gap)| unread(resource, &gap.cause))
        .collect()
}

/// A right that is missing, in the words of RBAC.
pub(crate) fn missing(right: &Right) -> String {
    right.is_missing()
}
