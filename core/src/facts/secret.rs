//! What is kept of a Secret.

use std::collections::BTreeSet;

/// What rules ask of a Secret: the names of its keys. Values are never read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretFacts {
    /// The names of the keys.
    pub keys: BTreeSet<String>,
}
