//! Who declares the identity that the accounts of a namespace carry.

use crate::facts::{Inventory, Lookup};
use crate::in_domain;
use crate::model::Provider;
use crate::settings::Settings;
use crate::values::identity::aws;

/// An identity that somebody has declared for objects and accounts that do not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declaration<'x> {
    /// The cloud that it is of.
    pub provider: Provider,
    /// A role ARN, a Google service account or a client id, as written.
    pub identity: &'x str,
    /// Where it stands.
    pub by: DeclaredBy,
    /// Whether the name of a role may stand for its ARN.
    takes_role_names: bool,
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
            Provider::Aws if self.takes_role_names && aws::is_role_name(self.identity) => true,
            provider => provider.has_identity(self.identity),
        }
    }
}

/// The annotation by which a namespace declares an identity of a cloud.
pub fn declaring_annotation(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => in_domain!("aws-role-arn"),
        Provider::Gcp => in_domain!("gcp-service-account"),
        Provider::Azure => in_domain!("azure-client-id"),
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
    let declaration = |identity, by| Declaration {
        provider,
        identity,
        by,
        takes_role_names: settings.identity.aws_role_names,
    };
    of_namespace
        .map(|identity| declaration(identity, DeclaredBy::Namespace))
        .or_else(|| of_settings().map(|identity| declaration(identity, DeclaredBy::Settings)))
}
