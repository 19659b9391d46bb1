//! What a `Neo4jRestore` says.

use super::storage::Storage;
use crate::document::Node;
use crate::field::{Block, Field};

/// `source.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceType {
    /// `backup`: by the name of a `Neo4jBackup`.
    Backup,
    /// `storage`: by location and path.
    Storage,
    /// `pitr`: a base backup and a point in time.
    Pitr,
}

impl SourceType {
    fn of(text: Option<&str>) -> Option<Self> {
        match text? {
            "backup" => Some(Self::Backup),
            "storage" => Some(Self::Storage),
            "pitr" => Some(Self::Pitr),
            _ => None,
        }
    }
}

/// A `Neo4jRestore`.
#[derive(Debug, Clone, Copy)]
pub struct Restore<'a> {
    /// `spec`.
    pub spec: Block<'a>,
    /// `spec.source`.
    pub source: Block<'a>,
    /// `spec.source.pitr`.
    pub pitr: Block<'a>,
    /// `spec.options`.
    pub options: Block<'a>,
    source_type: Option<SourceType>,
}

impl<'a> Restore<'a> {
    /// A view of `object`, whatever it is.
    pub fn of(object: &'a Node<'a>) -> Self {
        let spec = Block::at(object, "spec");
        let source = spec.block("source", "spec.source");
        Self {
            spec,
            source,
            pitr: source.block("pitr", "spec.source.pitr"),
            options: spec.block("options", "spec.options"),
            source_type: SourceType::of(source.field("type").text()),
        }
    }

    /// The instance: `instanceRef`, or in older dialects `clusterRef` or `targetCluster`.
    pub fn instance(&self) -> Field<'a> {
        let direct = self.spec.field("instanceRef");
        if direct.is_set() {
            return direct;
        }
        ["clusterRef", "targetCluster"]
            .into_iter()
            .map(|leaf| self.spec.field(leaf))
            .find(Field::is_set)
            .unwrap_or(direct)
    }

    /// The database: `database`, or in older dialects `databaseName`.
    pub fn database(&self) -> Field<'a> {
        let direct = self.spec.field("database");
        let legacy = self.spec.field("databaseName");
        if !direct.is_set() && legacy.is_set() {
            legacy
        } else {
            direct
        }
    }

    /// `allDatabases`.
    pub fn all_databases(&self) -> Field<'a> {
        self.spec.field("allDatabases")
    }

    /// `source.type`, when it is one of the three.
    pub fn source_type(&self) -> Option<SourceType> {
        self.source_type
    }

    /// `source.backupRef`.
    pub fn backup_ref(&self) -> Field<'a> {
        self.source.field("backupRef")
    }

    /// `source.backupPath`.
    pub fn backup_path(&self) -> Field<'a> {
        self.source.field("backupPath")
    }

    /// `source.sourceDatabase`: the name that the database has in the backup, where it is restored under another.
    pub fn source_database(&self) -> Field<'a> {
        self.source.field("sourceDatabase")
    }

    /// `source.pointInTime`.
    pub fn point_in_time(&self) -> Field<'a> {
        self.source.field("pointInTime")
    }

    /// Whether this restore asks for a point in time, by field or by source type.
    pub fn is_point_in_time(&self) -> bool {
        self.point_in_time().is_set() || self.source_type() == Some(SourceType::Pitr)
    }

    /// `source.storage`.
    pub fn storage(&self) -> Storage<'a> {
        let block = self.source.block("storage", "spec.source.storage");
        Storage::inside(block, "spec.source.storage.cloud")
    }

    /// `source.pitr.baseBackup`.
    pub fn base_backup(&self) -> Block<'a> {
        self.pitr.block("baseBackup", "spec.source.pitr.baseBackup")
    }

    /// `source.pitr.baseBackup.storage`.
    pub fn base_storage(&self) -> Storage<'a> {
        let block = self
            .base_backup()
            .block("storage", "spec.source.pitr.baseBackup.storage");
        Storage::inside(block, "spec.source.pitr.baseBackup.storage.cloud")
    }

    /// `source.pitr.logStorage`.
    pub fn log_storage(&self) -> Storage<'a> {
        let block = self.pitr.block("logStorage", "spec.source.pitr.logStorage");
        Storage::inside(block, "spec.source.pitr.logStorage.cloud")
    }

    /// Whether something confirms that an existing database may be overwritten.
    pub fn confirms_overwriting(&self) -> bool {
        self.options.field("replaceExisting").is_true() || self.spec.field("force").is_true()
    }
}
