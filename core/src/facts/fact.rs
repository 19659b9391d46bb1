//! What is kept of one object, before it is put among the others.

use std::collections::BTreeMap;

use super::account::AccountFacts;
use super::backup::BackupFacts;
use super::instance::{InstanceFacts, InstanceKind};
use super::namespace::NamespaceFacts;
use super::owner::Controller;
use super::restore::RestoreFacts;
use super::run::RunFacts;
use super::secret::SecretFacts;
use super::sharded::ShardedFacts;
use crate::document::Node;
use crate::model::Account;
use crate::schema::Kind;

/// What is kept of one object. It borrows from nothing, so that the object can be let go.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) about: About,
}

/// What is kept, by kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum About {
    Instance(InstanceFacts),
    Backup(BackupFacts),
    Restore(RestoreFacts),
    ShardedDatabase(ShardedFacts),
    Secret(SecretFacts),
    Namespace(NamespaceFacts),
    Claim,
    Account(Account, AccountFacts),
    /// A Job, and what it runs.
    Run(RunFacts),
    /// An object of a kind of Kubernetes' own that belongs to a controller.
    Controlled(&'static str, Controller),
    /// An object that nobody asks about.
    Nothing,
}

impl Fact {
    /// Returns what is kept of an object of one of the operator's kinds.
    pub fn of(kind: Kind, namespace: &str, name: &str, object: &Node<'_>) -> Self {
        let about = match kind {
            Kind::Neo4jEnterpriseCluster => About::Instance(InstanceFacts::of(InstanceKind::Cluster, object)),
            Kind::Neo4jEnterpriseStandalone => About::Instance(InstanceFacts::of(InstanceKind::Standalone, object)),
            Kind::Neo4jBackup => About::Backup(BackupFacts::of(object)),
            Kind::Neo4jRestore => About::Restore(RestoreFacts::of(object)),
            Kind::Neo4jShardedDatabase => About::ShardedDatabase(ShardedFacts::of(object)),
            Kind::Neo4jDatabase => About::Nothing,
        };
        Self::new(namespace, name, about)
    }

    /// Returns what is kept of a Secret with these key names.
    pub fn of_secret(namespace: &str, name: &str, keys: impl IntoIterator<Item = String>) -> Self {
        let keys = keys.into_iter().collect();
        Self::new(namespace, name, About::Secret(SecretFacts { keys }))
    }

    /// Returns what is kept of a volume claim: that it is there.
    pub fn of_claim(namespace: &str, name: &str) -> Self {
        Self::new(namespace, name, About::Claim)
    }

    /// Returns what is kept of a `ServiceAccount`, or `None` if it is none of those that the Jobs run as.
    pub fn of_account(namespace: &str, name: &str, annotations: BTreeMap<String, String>) -> Option<Self> {
        let facts = AccountFacts {
            annotations,
            ..AccountFacts::default()
        };
        Some(Self::new(namespace, name, About::Account(Account::named(name)?, facts)))
    }

    /// Returns what is kept of a Job, or `None` if nothing of the operator runs in it.
    pub fn of_job(namespace: &str, name: &str, job: &Node<'_>) -> Option<Self> {
        Some(Self::new(namespace, name, About::Run(RunFacts::of(job)?)))
    }

    /// Returns what is kept of an object that belongs to a controller.
    pub fn of_controlled(kind: &'static str, namespace: &str, name: &str, controller: Controller) -> Self {
        Self::new(namespace, name, About::Controlled(kind, controller))
    }

    /// Returns the object as the kind, the namespace and the name say which one it is, or `None` if nobody asks about it.
    pub fn key(&self) -> Option<(&'static str, &str, &str)> {
        let kind = match &self.about {
            About::Instance(facts) => Kind::from(facts.kind).name(),
            About::Backup(_) => Kind::Neo4jBackup.name(),
            About::Restore(_) => Kind::Neo4jRestore.name(),
            About::ShardedDatabase(_) => Kind::Neo4jShardedDatabase.name(),
            About::Secret(_) => "Secret",
            About::Namespace(_) => "Namespace",
            About::Claim => "PersistentVolumeClaim",
            About::Account(..) => "ServiceAccount",
            About::Run(_) => "Job",
            About::Controlled(kind, _) => kind,
            About::Nothing => return None,
        };
        Some((kind, &self.namespace, &self.name))
    }

    /// Returns what is kept of a namespace with these annotations.
    pub fn of_namespace(namespace: &str, annotations: BTreeMap<String, String>) -> Self {
        Self::new(namespace, namespace, About::Namespace(NamespaceFacts { annotations }))
    }

    fn new(namespace: &str, name: &str, about: About) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            about,
        }
    }
}
