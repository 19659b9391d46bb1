//! What is kept of a Job of the operator that has not ended.

use crate::document::Node;
use crate::field::Field;
use crate::schema::Kind;

/// A run of a backup or a restore that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFacts {
    /// [`Kind::Neo4jBackup`] or [`Kind::Neo4jRestore`].
    pub kind: Kind,
    /// The name of the backup or restore.
    pub of: String,
    /// When it began, as written; `None` before it has.
    pub since: Option<String>,
}

impl RunFacts {
    /// Returns what is kept of a Job, or `None` if it has ended, is held, or is not of the operator.
    pub fn of(job: &Node<'_>) -> Option<Self> {
        let label = |key: &str| {
            let labels = job.at("metadata.labels").and_then(Node::as_map)?;
            labels.get(key)?.as_str()
        };
        let kind = match label("app.kubernetes.io/name")? {
            "neo4j-backup" => Kind::Neo4jBackup,
            "neo4j-restore" => Kind::Neo4jRestore,
            _ => return None,
        };
        let has_ended = Field::at(job, "status.conditions").items().iter().any(|condition| {
            let text = |key| condition.get(key).and_then(Node::as_str);
            matches!(text("type"), Some("Complete" | "Failed")) && text("status") == Some("True")
        });
        if has_ended || Field::at(job, "spec.suspend").is_true() {
            return None;
        }
        Some(Self {
            kind,
            of: label("app.kubernetes.io/instance")?.to_owned(),
            since: Field::at(job, "status.startTime").text().map(str::to_owned),
        })
    }
}
