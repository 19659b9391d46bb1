//! What an operator expects beside its objects, by its version.

use crate::model::Account;
use crate::operator::{Operator, Versions};
use crate::rbac::needs::{Party, jobs_with_rights, nothing_with};

/// What an operator expects in a namespace with backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    /// Whether its backup Jobs run as `neo4j-backup-sa`.
    backup_account: bool,
    /// Whether its restore Jobs run as `neo4j-restore-sa`.
    restore_account: bool,
    /// What its Jobs may do in Kubernetes.
    pub rights: Rights,
}

/// What the Jobs may do in Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// They have to find pods, run commands in them and read their logs.
    InPods,
    /// Nothing: Role and binding are left over.
    None,
    /// The operator makes neither, and has never made any.
    Untouched,
}

/// The operators that have an account for restores.
const WITH_RESTORE_ACCOUNT: Versions = Versions::range("1.8+");

impl Needed {
    /// Returns what an operator expects, or `None` if the versions that it can be of expect different things.
    pub fn of(operator: Operator) -> Option<Self> {
        let (with, without) = jobs_with_rights();
        let rights = if operator.is_in(with) {
            Rights::InPods
        } else if operator.is_in(without) {
            Rights::None
        } else {
            // Before there was an account of its own.
            nothing_with(Party::BackupAccount, operator)?;
            Rights::Untouched
        };
        Some(Self {
            backup_account: rights != Rights::Untouched,
            // Where only some of the versions have it, nothing is made on a guess.
            restore_account: operator.is_in(WITH_RESTORE_ACCOUNT),
            rights,
        })
    }

    /// Returns whether Jobs run as this account.
    pub fn has(self, account: Account) -> bool {
        match account {
            Account::Backup => self.backup_account,
            Account::Restore => self.restore_account,
        }
    }
}
