//! What is kept of a `ServiceAccount`.

use std::collections::{BTreeMap, BTreeSet};

/// What the reconciler asks of a `ServiceAccount`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountFacts {
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// The keys among them that were applied under our field manager.
    pub applied: BTreeSet<String>,
}
