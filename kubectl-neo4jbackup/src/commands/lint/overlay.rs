//! What the files are laid over with `--live`, and where to look for it.

use std::path::PathBuf;
use std::time::Duration;

use neo4jbackup_core::facts::{Cause, Inventory};

/// Where to look.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// What was collected, in the place of a cluster.
    pub(super) bundle: Option<PathBuf>,
    /// The namespace that was named; the one of the context unless given.
    pub(super) namespace: Option<String>,
    /// Whether to look at all namespaces.
    pub(super) all_namespaces: bool,
    /// How long everything may take.
    pub(super) timeout: Duration,
}

/// What is in the cluster.
#[derive(Debug)]
pub(super) struct Live {
    /// What its objects say.
    pub(super) inventory: Inventory,
    /// Why it is not known which fields it takes, where it is not.
    pub(super) schema: Option<Cause>,
}
