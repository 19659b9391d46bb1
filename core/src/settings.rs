//! What an administrator decides: modes, levels of single rules, what may be ignored, identity defaults.
//!
//! One format for every door: the webhook's settings file, and the same keys in `.neo4jbackup.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Provider;

/// How far findings reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Errors deny.
    #[default]
    Enforce,
    /// Errors only warn.
    Warn,
    /// Errors are only recorded.
    Audit,
}

impl Mode {
    /// Returns the word of the settings file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Warn => "warn",
            Self::Audit => "audit",
        }
    }
}

/// How far the findings of one rule reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As the rule says.
    Enforce,
    /// At most a warning.
    Warn,
    /// Only recorded.
    Audit,
    /// Not run.
    Off,
}

/// What becomes of the fields that are absent and that the webhook could fill in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mutation {
    /// They are filled in.
    #[default]
    Apply,
    /// A warning shows what to write; nothing is changed. For objects whose manifests are compared with what is stored.
    Suggest,
    /// They stay absent, without a word.
    Off,
}

/// What becomes of an object that is too large for the webhook to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Oversize {
    /// It is refused where the mode is `enforce`.
    #[default]
    Deny,
    /// It passes, with a warning.
    Allow,
}

/// Identities to fill in where an object and its namespace say nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Identity {
    /// Role ARN for AWS.
    pub aws_role_arn: Option<String>,
    /// Google service account for GCP.
    pub gcp_service_account: Option<String>,
    /// Client id for Azure.
    pub azure_client_id: Option<String>,
    /// Whether the name of a role may stand for its ARN, which the cluster puts together.
    pub aws_role_names: bool,
}

/// What an administrator decides.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// How far findings reach, everywhere.
    pub mode: Mode,
    /// The same for single namespaces, by name.
    pub namespaces: BTreeMap<String, Mode>,
    /// Levels of single rules, by code or name.
    pub rules: BTreeMap<String, Level>,
    /// Rules that an annotation may switch off in the webhook, by code or name.
    pub ignorable: BTreeSet<String>,
    /// Identities to fill in.
    pub identity: Identity,
    /// Whether the webhook fills anything in.
    pub mutation: Mutation,
    /// What becomes of an object that is too large for the webhook to judge.
    pub oversize: Oversize,
}

impl Settings {
    /// The mode of a namespace.
    pub fn mode_of(&self, namespace: &str) -> Mode {
        self.namespaces.get(namespace).copied().unwrap_or(self.mode)
    }

    /// The level of a rule; its code wins over its name.
    pub fn level_of(&self, code: &str, name: &str) -> Level {
        if self.rules.is_empty() {
            return Level::Enforce;
        }
        self.rules
            .get(code)
            .or_else(|| self.rules.get(name))
            .copied()
            .unwrap_or(Level::Enforce)
    }

    /// Whether an annotation may switch a rule off in the webhook.
    pub fn is_ignorable(&self, code: &str, name: &str) -> bool {
        self.ignorable.contains(code) || self.ignorable.contains(name)
    }

    /// The codes and names of rules that the settings are about, in their order, whether there are such rules or not.
    pub fn named_rules(&self) -> impl Iterator<Item = &str> {
        self.rules.keys().chain(&self.ignorable).map(String::as_str)
    }
}

impl Identity {
    /// The identity for a provider.
    pub fn of(&self, provider: Provider) -> Option<&str> {
        match provider {
            Provider::Aws => self.aws_role_arn.as_deref(),
            Provider::Gcp => self.gcp_service_account.as_deref(),
            Provider::Azure => self.azure_client_id.as_deref(),
        }
    }
}
