//! One thing that was looked at, and what came of it.

use crate::quoted::printable;

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// By which method.
    Method,
    /// The account and its annotations.
    Account,
    /// Who else uses the account.
    Sharing,
    /// The Secret with the keys.
    Secret,
    /// What puts tokens into pods.
    Webhook,
    /// Whether the pods had what they need.
    Pods,
    /// Whether the servers of an instance have it.
    Servers,
    /// What the last run tells.
    Run,
}

/// What came of it, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is as it has to be.
    Ok,
    /// It is worth knowing, and neither good nor bad.
    Note,
    /// Nobody can say, and it matters.
    Unknown,
    /// It may be wrong.
    Warning,
    /// It is wrong.
    Wrong,
}

/// A line of the answer. `T` says what was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<T = Topic> {
    /// What was looked at.
    pub topic: T,
    /// What came of it.
    pub verdict: Verdict,
    /// The code of the rule or check of the same matter.
    pub code: Option<&'static str>,
    /// A sentence without a full stop.
    pub text: String,
    /// What to do; empty where there is nothing to do.
    pub help: String,
    /// A command that mends it, or shows more.
    pub command: Option<String>,
}

impl Topic {
    /// The word for it in a report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Account => "account",
            Self::Sharing => "sharing",
            Self::Secret => "secret",
            Self::Webhook => "webhook",
            Self::Pods => "pods",
            Self::Servers => "servers",
            Self::Run => "run",
        }
    }
}

impl<T> Row<T> {
    /// A line whose text is printable, whatever the cluster holds.
    pub fn new(topic: T, verdict: Verdict, text: impl Into<String>) -> Self {
        Self {
            topic,
            verdict,
            code: None,
            text: printable(text.into()).into_owned(),
            help: String::new(),
            command: None,
        }
    }

    /// Says which rule or check is of the same matter.
    #[must_use]
    pub fn code(self, code: &'static str) -> Self {
        Self {
            code: Some(code),
            ..self
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: printable(help.into()).into_owned(),
            ..self
        }
    }

    /// Says which command mends it, or shows more.
    #[must_use]
    pub fn command(self, command: impl Into<String>) -> Self {
        Self {
            command: Some(printable(command.into()).into_owned()),
            ..self
        }
    }
}
