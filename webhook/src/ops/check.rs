//! What readiness says of certificates.

/// What the last look at the certificates showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checks(pub(crate) Vec<Check>);

/// One line of `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// What `/readyz` calls it.
    pub(crate) name: String,
    /// Whether calls may be sent here.
    pub(crate) status: CheckStatus,
    /// What was seen, or why it failed; may be empty.
    pub(crate) detail: String,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckStatus {
    Passed,
    /// The administrator should know, and calls are answered.
    Noted,
    /// Calls should not be sent here.
    Failed,
}

impl Check {
    /// Makes one line of `/readyz`.
    pub(crate) fn new(name: impl Into<String>, status: CheckStatus, detail: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            status,
            detail: detail.into(),
        }
    }
}

impl Checks {
    /// Before anything was looked at.
    pub(crate) fn unknown() -> Self {
        Self(vec![Check::new(
            "certificates",
            CheckStatus::Failed,
            "not looked at yet",
        )])
    }
}
