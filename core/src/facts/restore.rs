//! What is kept of a `Neo4jRestore`.

use super::location::LocationFacts;
use super::small_map::SmallMap;
use crate::document::Node;
use crate::model::{Restore, SourceType};

/// What rules ask of a `Neo4jRestore`.
#[derive(Debug, Clone, PartialEq)]
pub struct RestoreFacts {
    /// The instance that it names.
    pub instance: Option<String>,
    /// The identity annotations that it wants on the shared `ServiceAccount`.
    pub annotations: SmallMap<String, String>,
    /// `source.storage`.
    pub storage: LocationFacts,
    /// `source.backupRef`, where the source is a backup.
    pub backup: Option<String>,
}

impl RestoreFacts {
    /// The facts of a restore.
    pub fn of(object: &Node<'_>) -> Self {
        let restore = Restore::of(object);
        Self {
            instance: restore.instance().text().map(str::to_owned),
            annotations: restore.storage().cloud.identity_annotations().into_iter().collect(),
            storage: LocationFacts::of(&restore.storage()),
            backup: restore
                .backup_ref()
                .text()
                .filter(|_| restore.source_type() == Some(SourceType::Backup))
                .map(str::to_owned),
        }
    }
}
