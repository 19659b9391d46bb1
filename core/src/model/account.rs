//! The two `ServiceAccounts` that the Jobs of a namespace run as.

/// A `ServiceAccount` that the operator shares among all Jobs of one sort in a namespace. Its name is fixed in the
/// operator, whatever `identity.serviceAccount` of an object says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// `neo4j-backup-sa`.
    Backup,
    /// `neo4j-restore-sa`, since operator 1.8.
    Restore,
}

impl Account {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Backup, Self::Restore];

    /// The name of the `ServiceAccount`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backup => "neo4j-backup-sa",
            Self::Restore => "neo4j-restore-sa",
        }
    }

    /// The account of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|account| account.name() == name)
    }
}
