//! What is kept of a cluster or standalone.

use std::collections::BTreeSet;

use crate::document::Node;
use crate::field::Field;
use crate::model::{Image, annotation};
use crate::schema::Kind;
use crate::values::neo4j_version::{Feature, parse_as_operator};

/// Which kind of instance a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceKind {
    /// `Neo4jEnterpriseCluster`.
    Cluster,
    /// `Neo4jEnterpriseStandalone`.
    Standalone,
}

impl From<InstanceKind> for Kind {
    fn from(kind: InstanceKind) -> Self {
        match kind {
            InstanceKind::Cluster => Self::Neo4jEnterpriseCluster,
            InstanceKind::Standalone => Self::Neo4jEnterpriseStandalone,
        }
    }
}

/// What rules ask of a cluster or standalone.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceFacts {
    /// Cluster or standalone.
    pub kind: InstanceKind,
    /// `spec.image.repo`.
    pub image_repo: Option<String>,
    /// `spec.image.tag`.
    pub image_tag: Option<String>,
    /// Secrets that `spec.extraEnvFrom` projects into the server pods.
    pub env_from_secrets: BTreeSet<String>,
    /// Names of variables in `spec.env`.
    pub env: BTreeSet<String>,
    /// Annotation `neo4j.com/auto-inherit-seed-creds: "true"`.
    pub inherits_seed_credentials: bool,
    /// `spec.podServiceAccountAnnotations` has an entry.
    pub pod_identity: bool,
    /// `spec.propertySharding.enabled`.
    pub property_sharding: bool,
}

impl InstanceFacts {
    /// Whether the instance certainly runs a Neo4j without calendar versions, of which no database can be seeded to a point in
    /// time.
    pub fn cannot_seed_point_in_time(&self) -> bool {
        let version = self.image_tag.as_deref().and_then(parse_as_operator);
        version.is_some_and(|version| !version.supports(Feature::SeedRestoreUntil))
    }

    /// The facts of a cluster or standalone.
    pub fn of(kind: InstanceKind, object: &Node<'_>) -> Self {
        let image = Image::of(object);
        let names = |leaf: &'static str, name: &str| -> BTreeSet<String> {
            let items = Field::at(object, leaf).items().iter();
            items
                .filter_map(|item| item.at(name).and_then(Node::as_str))
                .map(str::to_owned)
                .collect()
        };
        Self {
            kind,
            image_repo: image.repo().text().map(str::to_owned),
            image_tag: image.tag().text().map(str::to_owned),
            env_from_secrets: names("spec.extraEnvFrom", "secretRef.name"),
            env: names("spec.env", "name"),
            inherits_seed_credentials: annotation(object, "neo4j.com/auto-inherit-seed-creds") == Some("true"),
            pod_identity: Field::at(object, "spec.podServiceAccountAnnotations")
                .entries()
                .next()
                .is_some(),
            property_sharding: Field::at(object, "spec.propertySharding.enabled").is_true(),
        }
    }
}
