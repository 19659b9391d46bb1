//! Which question a review is asked with.

/// The two questions that the API server asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// May this object be stored?
    Validate,
    /// What is to be filled in before it is stored?
    Mutate,
}

impl Hook {
    /// Returns the label `hook` of metrics and log lines.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Mutate => "mutate",
        }
    }
}
