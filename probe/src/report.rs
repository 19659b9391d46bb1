//! What a probe says.

use serde::{Deserialize, Serialize};

use crate::class::Class;

/// The version of the report's own shape.
pub(crate) const API_VERSION: &str = "neo4jbackup.io/v1alpha1";

/// What a probe has found, a row for each step in the order in which they are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this shape.
    pub api_version: String,
    /// `ProbeReport`.
    pub kind: String,
    /// The store, as `s3://bucket/prefix`.
    pub store: String,
    /// The address that was asked, where one could be made.
    pub endpoint: Option<String>,
    /// Who the provider says that the credentials belong to.
    pub identity: Option<String>,
    /// Every step.
    pub steps: Vec<Row>,
}

impl Report {
    /// Returns the first step that failed, which is why later ones did, or `None` when none did.
    pub fn first_failure(&self) -> Option<(Step, &Failure)> {
        self.steps.iter().find_map(|row| match &row.outcome {
            Outcome::Failed(failure) => Some((row.step, failure)),
            Outcome::Ok { .. } | Outcome::NotTried { .. } => None,
        })
    }
}

/// One step and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Which.
    pub step: Step,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// An address is made of what the backup says.
    Endpoint,
    /// Its name is looked up.
    Dns,
    /// A connection is made, through the proxy where there is one.
    Tcp,
    /// Its certificate is checked.
    Tls,
    /// Both clocks are compared.
    Clock,
    /// Credentials are looked for.
    Credentials,
    /// The provider is asked whose they are.
    Identity,
    /// One object below the prefix is listed.
    List,
    /// A small object is written.
    Write,
    /// It is read again.
    Read,
    /// It is deleted.
    Delete,
}

impl Step {
    /// Every step, in the order in which they are taken.
    pub const ALL: [Self; 11] = [
        Self::Endpoint,
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::Clock,
        Self::Credentials,
        Self::Identity,
        Self::List,
        Self::Write,
        Self::Read,
        Self::Delete,
    ];

    /// Its name, as the report has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Clock => "clock",
            Self::Credentials => "credentials",
            Self::Identity => "identity",
            Self::List => "list",
            Self::Write => "write",
            Self::Read => "read",
            Self::Delete => "delete",
        }
    }
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It went well.
    Ok {
        /// What was seen.
        detail: String,
    },
    /// It did not.
    Failed(Failure),
    /// It was not taken.
    NotTried {
        /// Why not.
        why: String,
    },
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The class, by the name that lines of logs have too: `s3-access-denied`.
    pub class: String,
    /// What happened, with what the other side said.
    pub message: String,
    /// What helps.
    pub remedy: String,
    /// What the other side said, where the message has only the beginning of it. Of it, too, no more than a page is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

impl Failure {
    /// A failure of a class.
    pub(crate) fn of(class: Class, message: impl Into<String>) -> Self {
        Self {
            class: class.name().to_owned(),
            message: message.into(),
            remedy: class.remedy().to_owned(),
            said: None,
        }
    }
}
