//! What readiness says of certificates.

/// What the last look at the certificates showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checks(pub(crate) Vec<Check>);

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) status: CheckStatus,
    pub(crate) detail: String,
}

/// What a line means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckStatus {
    Passed,
    /// A person should know, and calls are answered.
    Noted,
    /// Calls should not be sent here.
    Failed,
}

impl Check {
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
