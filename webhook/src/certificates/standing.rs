//! What readiness says of certificates.

use jiff::Timestamp;

use crate::validity::Validity;

/// What the last look at the certificates showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing(pub(crate) Vec<Line>);

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) state: State,
    pub(crate) detail: String,
}

/// What a line means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Good,
    /// A person should know, and calls are answered.
    Remarkable,
    /// Calls should not be sent here.
    Bad,
}

impl Line {
    pub(crate) fn new(name: impl Into<String>, state: State, detail: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            state,
            detail: detail.into(),
        }
    }
}

impl Standing {
    /// Before anything was looked at.
    pub(crate) fn unknown() -> Self {
        Self(vec![Line::new("certificates", State::Bad, "not looked at yet")])
    }
}

/// Whether a leaf can be relied on: a little before its end, calls should go elsewhere.
pub(crate) fn is_reliable(validity: Validity, now: Timestamp) -> bool {
    let life = validity.not_after.duration_since(validity.not_before);
    let margin = (life / 100).min(jiff::SignedDuration::from_secs(30));
    let end = validity.not_after.checked_sub(margin).unwrap_or(validity.not_after);
    validity.not_before <= now && now < end
}
