//! The result of `auth check --policy`: `AuthPolicy` of `report.neo4jbackup.github.io/v1`. Its JSON Schema is
//! `docs/schemas/AuthPolicy.json`.

use neo4jbackup_core::auth::{Access, Grant};
use neo4jbackup_core::live::Cluster;
use serde::Serialize;

use crate::about::About;
use crate::auth_report::{DocumentItem, place};
use crate::look::Source;
use crate::unread::unread_subjects;

/// The least that a cloud has to allow.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthPolicy {
    /// What was looked at, when, and whether that was all.
    #[serde(flatten)]
    pub(crate) about: About,
    /// The backups and restores that could not be listed, and why, each in a sentence.
    pub(crate) not_read: Vec<String>,
    /// The backups and restores that reach a store of a cloud.
    pub(crate) items: Vec<Item>,
}

/// What one of them has to be allowed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    /// `Neo4jBackup` or `Neo4jRestore`.
    pub(crate) kind: String,
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// `aws`, `gcp` or `azure`.
    pub(crate) provider: &'static str,
    /// Where its artifacts lie.
    pub(crate) place: Option<String>,
    /// What the cloud is to be told.
    pub(crate) documents: Vec<DocumentItem>,
    /// What to know beside that, each a sentence.
    pub(crate) notes: Vec<String>,
    /// What examples get wrong that many have copied, each a sentence.
    pub(crate) common_mistakes: &'static [&'static str],
    /// What a person has to fill in.
    pub(crate) open: Vec<String>,
}

impl AuthPolicy {
    /// Puts what is to be allowed into the words of the report.
    pub(crate) fn new(cluster: &Cluster<'_>, source: Source, grants: &[(&Access, Grant)]) -> Self {
        let not_read = unread_subjects(cluster);
        Self {
            about: About::new("AuthPolicy", cluster, source, not_read.is_empty()),
            not_read,
            items: grants.iter().map(|(access, grant)| Item::new(access, grant)).collect(),
        }
    }
}

impl Item {
    fn new(access: &Access, grant: &Grant) -> Self {
        Self {
            kind: grant.object.kind.clone(),
            namespace: grant.object.namespace.clone(),
            name: grant.object.name.clone(),
            provider: grant.provider.as_str(),
            place: place(access),
            documents: grant.documents.iter().map(DocumentItem::from).collect(),
            notes: grant.notes.clone(),
            common_mistakes: grant.common_mistakes,
            open: grant.open.clone(),
        }
    }
}
