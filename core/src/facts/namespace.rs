//! What is kept of a namespace.

use std::collections::BTreeMap;

/// What rules ask of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamespaceFacts {
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}
