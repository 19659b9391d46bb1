//! Where each kind keeps its storage locations and their cloud blocks.

use neo4jbackup_core::schema::Kind;
use serde_json::Value;

/// A location and its cloud block, as JSON pointers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The location.
    pub(crate) storage: &'static str,
    /// The cloud block, which may stand elsewhere.
    pub(crate) cloud: &'static str,
}

const fn inside(storage: &'static str, cloud: &'static str) -> Place {
    Place { storage, cloud }
}

const BACKUP: [Place; 2] = [
    inside("/spec/storage", "/spec/storage/cloud"),
    inside("/spec/storage", "/spec/cloud"),
];
const RESTORE: [Place; 3] = [
    inside("/spec/source/storage", "/spec/source/storage/cloud"),
    inside(
        "/spec/source/pitr/baseBackup/storage",
        "/spec/source/pitr/baseBackup/storage/cloud",
    ),
    inside("/spec/source/pitr/logStorage", "/spec/source/pitr/logStorage/cloud"),
];
const INSTANCE: [Place; 2] = [
    inside("/spec/backups/defaultStorage", "/spec/backups/cloud"),
    inside("/spec/backups/defaultStorage", "/spec/backups/defaultStorage/cloud"),
];

/// The places of a kind.
pub(crate) fn of(kind: Kind) -> &'static [Place] {
    match kind {
        Kind::Neo4jBackup => &BACKUP,
        Kind::Neo4jRestore => &RESTORE,
        Kind::Neo4jEnterpriseCluster | Kind::Neo4jEnterpriseStandalone => &INSTANCE,
        _ => &[],
    }
}

/// Whether the operator takes the cloud block of this place for its own, and somebody can tell the cloud: only then can
/// the provider of an identity be filled in.
pub(crate) fn provider_is_known(object: &Value, kind: Kind, place: &Place) -> bool {
    let is_shadowed = kind != Kind::Neo4jRestore
        && of(kind).iter().any(|other| {
            // The first of two places wins.
            other.cloud != place.cloud && other.cloud == of(kind)[0].cloud && object.pointer(other.cloud).is_some()
        });
    let text = |pointer: String| object.pointer(&pointer).and_then(Value::as_str).map(str::to_owned);
    let cloud_is_said = text(format!("{}/provider", place.cloud)).is_some();
    let has_store = text(format!("{}/type", place.storage)).is_some_and(|store| store != "pvc");
    !is_shadowed && (cloud_is_said || has_store)
}
