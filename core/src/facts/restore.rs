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
    /// Where it reads by which identity: `source.storage`, or the location of the base backup of a point in time where
    /// `source.storage` has neither a Secret nor annotations.
    pub storage: LocationFacts,
    /// The backup whose location it is instead, where the source, or such a base backup, is one.
    pub backup: Option<String>,
}

impl RestoreFacts {
    /// The facts of a restore.
    pub fn of(object: &Node<'_>) -> Self {
        let restore = Restore::of(object);
        let mut storage = LocationFacts::of(&restore.storage());
        let mut backup = None;
        match restore.source_type() {
            Some(SourceType::Backup) => backup = restore.backup_ref().text(),
            Some(SourceType::Pitr) if storage.credentials.is_none() && storage.annotations.is_empty() => {
                let base = LocationFacts::of(&restore.base_storage());
                if restore.base_backup().field("type").text() == Some("backup") {
                    backup = restore.base_backup().field("backupRef").text();
                } else if base.store.is_some() {
                    storage = base;
                }
            }
            _ => {}
        }
        let backup = backup.map(str::to_owned);
        Self {
            instance: restore.instance().text().map(str::to_owned),
            annotations: restore.storage().cloud.identity_annotations().into_iter().collect(),
            storage,
            backup,
        }
    }
}
