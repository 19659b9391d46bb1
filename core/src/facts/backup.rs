//! What is kept of a `Neo4jBackup`.

use super::location::LocationFacts;
use crate::document::Node;
use crate::field::Field;
use crate::model::{Backup, Scope};

/// What a backup covers, owned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeFacts {
    /// One database.
    Database(String),
    /// All databases.
    AllDatabases,
    /// A sharded database.
    Sharded(String),
    /// Not said, or said more than once.
    Unclear,
}

/// What rules ask of a `Neo4jBackup`.
#[derive(Debug, Clone, PartialEq)]
pub struct BackupFacts {
    /// The instance that it names.
    pub instance: Option<String>,
    /// What it covers.
    pub scope: ScopeFacts,
    /// Where it writes.
    pub storage: LocationFacts,
    /// `chainFromBackup`.
    pub chain_from: Option<String>,
    /// `schedule`.
    pub schedule: Option<String>,
    /// `suspend`.
    pub suspended: bool,
    /// `options.backupType`.
    pub backup_type: Option<String>,
    /// Whether a run has succeeded; `None` when the status says nothing of runs.
    pub succeeded: Option<bool>,
    /// The successful runs that the status remembers.
    pub runs: Option<Runs>,
}

/// What rules ask of the successful runs of a backup; times as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runs {
    /// When the oldest one began.
    pub oldest_start: String,
    /// When the newest one began.
    pub newest_start: String,
    /// When the newest one ended.
    pub newest_end: String,
    /// The databases of which the newest one recorded an artifact each: those of a backup of all databases.
    pub databases: Vec<String>,
}

impl Runs {
    /// The newest run comes first, as the operator writes them.
    fn of(succeeded: &[&Node<'_>]) -> Option<Self> {
        let (newest, oldest) = (succeeded.first()?, succeeded.last()?);
        let time = |run: &Node<'_>, key: &str| run.get(key).and_then(Node::as_str).map(str::to_owned);
        let artifacts = newest
            .get("databaseArtifacts")
            .and_then(Node::as_list)
            .unwrap_or_default();
        let databases = artifacts
            .iter()
            .filter_map(|artifact| artifact.get("database")?.as_str());
        Some(Self {
            oldest_start: time(oldest, "startTime")?,
            newest_start: time(newest, "startTime")?,
            newest_end: time(newest, "completionTime")?,
            databases: databases.map(str::to_owned).collect(),
        })
    }

    /// Whether the newest run recorded an artifact of a database.
    pub fn has_artifact_of(&self, database: &str) -> bool {
        self.databases.iter().any(|known| known.eq_ignore_ascii_case(database))
    }
}

impl BackupFacts {
    /// The facts of a backup.
    pub fn of(object: &Node<'_>) -> Self {
        let backup = Backup::of(object);
        let owned = |field: Field<'_>| field.text().map(str::to_owned);
        let runs: Vec<&Node<'_>> = Field::at(object, "status.history").items().iter().collect();
        let succeeded: Vec<&Node<'_>> = runs
            .iter()
            .copied()
            .filter(|run| run.get("status").and_then(Node::as_str) == Some("Succeeded"))
            .collect();
        Self {
            instance: owned(backup.instance()),
            scope: match backup.scope() {
                Scope::Database(name) => ScopeFacts::Database(name.to_owned()),
                Scope::AllDatabases => ScopeFacts::AllDatabases,
                Scope::Sharded(name) => ScopeFacts::Sharded(name.to_owned()),
                Scope::Missing | Scope::Several => ScopeFacts::Unclear,
            },
            storage: LocationFacts::of(&backup.storage()),
            chain_from: owned(backup.chain_from()),
            schedule: owned(backup.schedule()),
            suspended: backup.spec.field("suspend").is_true(),
            backup_type: owned(backup.backup_type()),
            succeeded: (!runs.is_empty()).then_some(!succeeded.is_empty()),
            runs: Runs::of(&succeeded),
        }
    }
}

impl BackupFacts {
    /// Takes over what the status of the same backup in a cluster says of its runs, which applying it leaves as it is.
    pub(super) fn keep_status_of(&mut self, known: &Self) {
        if self.succeeded.is_none() {
            self.succeeded = known.succeeded;
        }
        if self.runs.is_none() {
            self.runs.clone_from(&known.runs);
        }
    }

    /// The directory of the backup's chain, below its place: that of the backup that it continues, or its own.
    pub fn chain_root<'f>(&'f self, name: &'f str) -> &'f str {
        self.chain_from.as_deref().unwrap_or(name)
    }

    /// Whether two backups are certainly of different instances, or of different databases.
    pub fn is_of_other_target(&self, other: &Self) -> bool {
        let known = self.scope != ScopeFacts::Unclear && other.scope != ScopeFacts::Unclear;
        let other_instance = self.instance.is_some() && other.instance.is_some() && self.instance != other.instance;
        other_instance || (known && self.scope != other.scope)
    }

    /// The instance that it runs on by itself, when it does.
    pub(super) fn runs_on(&self) -> Option<&str> {
        self.instance
            .as_deref()
            .filter(|_| !self.suspended && self.schedule.is_some())
    }

    pub(super) fn is_differential(&self) -> bool {
        self.backup_type.as_deref() == Some("DIFF")
    }
}
