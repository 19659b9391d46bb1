//! What a `Neo4jBackup` says.

use super::cloud::Cloud;
use super::storage::Storage;
use crate::document::Node;
use crate::field::{Block, Field};

/// What is backed up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope<'a> {
    /// One database, by name.
    Database(&'a str),
    /// Every database of the instance.
    AllDatabases,
    /// A sharded database, by the name of its `Neo4jShardedDatabase`.
    Sharded(&'a str),
    /// Nothing is said.
    Missing,
    /// More than one of the three is said.
    Several,
}

/// A `Neo4jBackup`.
#[derive(Debug, Clone, Copy)]
pub struct Backup<'a> {
    /// `spec`.
    pub spec: Block<'a>,
    /// `spec.options`.
    pub options: Block<'a>,
    storage: Storage<'a>,
}

impl<'a> Backup<'a> {
    /// A view of `object`, whatever it is.
    pub fn of(object: &'a Node<'a>) -> Self {
        let spec = Block::at(object, "spec");
        Self {
            spec,
            options: spec.block("options", "spec.options"),
            storage: storage(&spec),
        }
    }

    /// The instance: `instanceRef`, or in older dialects `target.clusterRef` or the name of a cluster target.
    pub fn instance(&self) -> Field<'a> {
        let direct = self.spec.field("instanceRef");
        if direct.is_set() || !self.spec.field("target").is_set() {
            return direct;
        }
        let cluster = self.spec.field("target.clusterRef");
        if cluster.text().is_some() || self.target_kind() != Some("Cluster") {
            return cluster;
        }
        self.spec.field("target.name")
    }

    /// `target`, where the operator goes by it: it counts only while there is no `instanceRef`, and only when it names a
    /// kind, a name or an instance.
    pub fn legacy_target(&self) -> Option<Block<'a>> {
        let target = self.spec.block("target", "spec.target");
        let says_something = |leaf: &'static str| target.field(leaf).text().is_some();
        let is_alone = self.spec.field("instanceRef").text().is_none();
        (is_alone && ["kind", "name", "clusterRef"].into_iter().any(says_something)).then_some(target)
    }

    /// What is backed up.
    pub fn scope(&self) -> Scope<'a> {
        let database = self.spec.field("database").text();
        let sharded = self.spec.field("shardedDatabase").text();
        let all = self.spec.field("allDatabases").is_true();
        match (database, sharded, all) {
            (Some(name), None, false) => Scope::Database(name),
            (None, Some(name), false) => Scope::Sharded(name),
            (None, None, true) => Scope::AllDatabases,
            (None, None, false) if self.spec.field("instanceRef").text().is_some() => Scope::Missing,
            (None, None, false) => self.legacy_scope(),
            _ => Scope::Several,
        }
    }

    fn legacy_scope(&self) -> Scope<'a> {
        let name = self.spec.field("target.name").text();
        match (self.target_kind(), name) {
            (Some("Cluster"), _) => Scope::AllDatabases,
            (Some("Database"), Some(name)) => Scope::Database(name),
            (Some("ShardedDatabase"), Some(name)) => Scope::Sharded(name),
            _ => Scope::Missing,
        }
    }

    fn target_kind(&self) -> Option<&'a str> {
        self.spec.field("target.kind").text()
    }

    /// Where it writes.
    pub fn storage(&self) -> Storage<'a> {
        self.storage
    }

    /// `schedule`.
    pub fn schedule(&self) -> Field<'a> {
        self.spec.field("schedule")
    }

    /// `chainFromBackup`.
    pub fn chain_from(&self) -> Field<'a> {
        self.spec.field("chainFromBackup")
    }

    /// `options.backupType`.
    pub fn backup_type(&self) -> Field<'a> {
        self.options.field("backupType")
    }
}

/// The location, with the cloud block inside it, or else with the one that older dialects have beside it.
fn storage<'a>(spec: &Block<'a>) -> Storage<'a> {
    let nested = Storage::inside(spec.block("storage", "spec.storage"), "spec.storage.cloud");
    let beside = spec.block("cloud", "spec.cloud");
    if nested.cloud.block.is_set() || beside.node().is_none() {
        return nested;
    }
    Storage {
        cloud: Cloud { block: beside },
        ..nested
    }
}
