//! A line for each thing that was looked at, and what came of it.

mod certificates;
mod policies;
mod registered;
mod target;
#[cfg(test)]
mod tests;
mod tried;

use super::sight::Sight;
use crate::auth;
pub use target::secrets;

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// The webhook configurations.
    Webhook,
    /// What answers, and whether it is reached.
    Service,
    /// Whom the API server trusts.
    Authority,
    /// What is served.
    Certificate,
    /// Of which version everything is.
    Version,
    /// The policies.
    Policy,
    /// What becomes of a bad object.
    Denies,
    /// What becomes of a good object.
    Admits,
}

/// A line of the answer.
pub type Row = auth::Row<Topic>;

impl Topic {
    /// The word for it in a report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Service => "service",
            Self::Authority => "ca",
            Self::Certificate => "leaf",
            Self::Version => "version",
            Self::Policy => "policy",
            Self::Denies => "denies",
            Self::Admits => "admits",
        }
    }
}

/// Says of each thing what came of it.
pub fn rows(sight: &Sight<'_>) -> Vec<Row> {
    let mut rows = registered::rows(sight);
    for target in &sight.targets {
        target::rows(target, sight, &mut rows);
        certificates::rows(target, sight, &mut rows);
    }
    registered::versions(sight, &mut rows);
    policies::rows(sight, &mut rows);
    tried::rows(sight, &mut rows);
    rows
}
