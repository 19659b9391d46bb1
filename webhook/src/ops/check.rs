//! What readiness says of certificates.

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
