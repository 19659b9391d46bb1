//! The objects that a repair looks after, each under its fixed name.

use serde::{Deserialize, Serialize};

use crate::model::Account;
use crate::rbac::{ROLE, ROLE_BINDING};

/// One of the objects that the Jobs of a namespace work with. In this order they are made, and in the other one removed: a
/// binding comes after what it binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// `neo4j-backup-sa`.
    BackupAccount,
    /// `neo4j-restore-sa`.
    RestoreAccount,
    /// `neo4j-backup-role`.
    Role,
    /// `neo4j-backup-rolebinding`.
    RoleBinding,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::BackupAccount, Self::RestoreAccount, Self::Role, Self::RoleBinding];

    /// Returns the `ServiceAccount` as a part.
    pub fn of_account(account: Account) -> Self {
        match account {
            Account::Backup => Self::BackupAccount,
            Account::Restore => Self::RestoreAccount,
        }
    }

    /// Returns the name of the object.
    pub fn name(self) -> &'static str {
        match self {
            Self::BackupAccount => Account::Backup.name(),
            Self::RestoreAccount => Account::Restore.name(),
            Self::Role => ROLE,
            Self::RoleBinding => ROLE_BINDING,
        }
    }

    /// Returns its kind.
    pub fn kind(self) -> &'static str {
        match self {
            Self::BackupAccount | Self::RestoreAccount => "ServiceAccount",
            Self::Role => "Role",
            Self::RoleBinding => "RoleBinding",
        }
    }

    /// Returns its `apiVersion`.
    pub fn api_version(self) -> &'static str {
        match self {
            Self::BackupAccount | Self::RestoreAccount => "v1",
            Self::Role | Self::RoleBinding => "rbac.authorization.k8s.io/v1",
        }
    }

    /// Returns it as kubectl takes it: `role/neo4j-backup-role`.
    pub fn reference(self) -> String {
        format!("{}/{}", self.kind().to_ascii_lowercase(), self.name())
    }
}
