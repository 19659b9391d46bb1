//! The two `ServiceAccounts` that the Jobs of a namespace run as, and who declares the identity that they carry.

use crate::facts::{Inventory, Lookup};
use crate::model::Provider;
use crate::settings::Settings;
use crate::values::identity::{aws, azure, google};

/// A `ServiceAccount` that the operator shares among all Jobs of one sort in a namespace. Its name is fixed in the
/// operator, whatever `identity.serviceAccount` of an object says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// `neo4j-backup-sa`.
    Backup,
    /// `neo4j-restore-sa`, since operator 1.8.
    Restore,
}

impl Account {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Backup, Self::Restore];

    /// The name of the `ServiceAccount`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backup => "neo4j-backup-sa",
            Self::Restore => "neo4j-restore-sa",
        }
    }

    /// The account of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|account| account.name() == name)
    }
}

/// An identity that somebody has declared for objects and accounts that do not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declaration<'x> {
    /// The cloud that it is of.
    pub provider: Provider,
    /// A role ARN, a Google service account or a client id, as written.
    pub identity: &'x str,
    /// Where it stands.
    pub by: DeclaredBy,
}

/// Where a declaration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclaredBy {
    /// In an annotation of the namespace.
    Namespace,
    /// In the settings.
    Settings,
}

impl Declaration<'_> {
    /// Whether the cloud would take it. What is malformed is never copied anywhere: that would only move the mistake.
    pub fn is_well_formed(&self) -> bool {
        match self.provider {
            Provider::Aws => aws::parse_role_arn(self.identity).is_ok(),
            Provider::Gcp => google::parse_service_account(self.identity).is_ok(),
            Provider::Azure => azure::check_client_id(self.identity).is_ok(),
        }
    }
}

/// The annotation by which a namespace declares an identity of a cloud.
pub fn declaring_annotation(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => "neo4jbackup.github.io/aws-role-arn",
        Provider::Gcp => "neo4jbackup.github.io/gcp-service-account",
        Provider::Azure => "neo4jbackup.github.io/azure-client-id",
    }
}

/// What is declared for a namespace: by its own annotation, or else by the settings. A namespace that nobody can look
/// up declares nothing.
pub fn declared<'x>(
    namespace: &str,
    provider: Provider,
    inventory: &'x Inventory,
    settings: &'x Settings,
) -> Option<Declaration<'x>> {
    let of_namespace = match inventory.namespace(namespace) {
        Lookup::Found(facts) => facts.annotations.get(declaring_annotation(provider)),
        Lookup::Absent | Lookup::Unknown(_) => None,
    };
    let of_namespace = of_namespace.map(String::as_str).filter(|text| !text.is_empty());
    let of_settings = || settings.identity.of(provider).filter(|text| !text.is_empty());
    let declaration = |identity, by| Declaration { provider, identity, by };
    of_namespace
        .map(|identity| declaration(identity, DeclaredBy::Namespace))
        .or_else(|| of_settings().map(|identity| declaration(identity, DeclaredBy::Settings)))
}
