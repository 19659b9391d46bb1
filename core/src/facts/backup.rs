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
    /// Start of the oldest and end of the newest successful run that the status remembers, as written.
    pub runs: Option<(String, String)>,
}

impl BackupFacts {
    /// The facts of a backup.
    pub fn of(object: &Node<'_>) -> Self {
        let backup = Backup::of(object);
        let owned = |field: Field<'_>| field.text().map(str::to_owned);
        let runs: Vec<&Node<'_>> = Field::at(object, "status.history").items().iter().collect();
        let succeeded: Vec<&&Node<'_>> = runs
            .iter()
            .filter(|run| run.get("status").and_then(Node::as_str) == Some("Succeeded"))
            .collect();
        let time = |run: &Node<'_>, key: &str| run.get(key).and_then(Node::as_str).map(str::to_owned);
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
            runs: match (succeeded.last(), succeeded.first()) {
                (Some(oldest), Some(newest)) => time(oldest, "startTime").zip(time(newest, "completionTime")),
                _ => None,
            },
        }
    }
}

impl BackupFacts {
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
