//! What can be known of other objects, and how much of it is.

use super::why::Why;

/// Something that must be known beside the object itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Need {
    /// The cluster or standalone that the object names.
    Instance,
    /// A backup that the object names, or the other backups of the namespace.
    Backups,
    /// The other restores of the namespace.
    Restores,
    /// The sharded databases of the namespace.
    ShardedDatabases,
    /// The key names of a Secret.
    Secrets,
    /// The annotations of the namespace.
    Namespace,
    /// The volume claims of the namespace.
    Claims,
    /// The Jobs of the namespace that have not ended.
    Jobs,
    /// The `ServiceAccounts` of the Jobs.
    Accounts,
    /// The Role and the `RoleBinding` of the backup account.
    Roles,
    /// The time.
    Clock,
}

impl Need {
    /// Whether rules may ask for it. The others are for the reconciler alone.
    pub fn is_for_rules(self) -> bool {
        !matches!(self, Self::Roles)
    }
}

/// How much is known of one kind of object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// Everything: what is not found is not there.
    Full,
    /// Only what is found: what is not found may be elsewhere, and why.
    Partial(Why),
}

impl Default for Coverage {
    fn default() -> Self {
        Self::Partial("no cluster was asked".into())
    }
}
