//! Who asks, as the API server sees it.

use std::fmt;

use crate::quoted::Name;

/// The group of those who may do everything, whatever roles say.
pub const MASTERS: &str = "system:masters";

/// Somebody who asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Caller {
    /// The name of the user.
    pub name: String,
    /// The groups.
    pub groups: Vec<String>,
}

impl Caller {
    /// A `ServiceAccount`, with the groups that the API server gives it.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self {
            name: format!("system:serviceaccount:{namespace}:{name}"),
            groups: vec![
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
                "system:authenticated".to_owned(),
            ],
        }
    }

    /// The namespace and the name of the `ServiceAccount` that it is, or `None` if it is none.
    pub fn as_service_account(&self) -> Option<(&str, &str)> {
        self.name.strip_prefix("system:serviceaccount:")?.split_once(':')
    }
}

/// `ServiceAccount graph/neo4j-backup-sa`, or the name of the user.
impl fmt::Display for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_service_account() {
            Some((namespace, name)) => write!(formatter, "ServiceAccount {}/{}", Name(namespace), Name(name)),
            None => Name(&self.name).fmt(formatter),
        }
    }
}
