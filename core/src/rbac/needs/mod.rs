//! Who needs which right, for which operators, and why: one table for everything that makes, checks or takes away rights.

mod role;
mod table;
mod wanted;

use std::collections::BTreeSet;

pub use self::role::{Plan, RoleRequest, WrittenRole, WrittenRule};
use self::table::{ROWS, Row};
pub use self::wanted::{Excess, Names, Place, Wanted, excess, filled_in, wanted};
use super::rule::PolicyRule;
use crate::facts::Grant;
use crate::model::Account;
use crate::operator::{Operator, Versions};

/// Who needs rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The operator's own account.
    Operator,
    /// `neo4j-backup-sa`, as which Jobs of backups run.
    BackupAccount,
    /// `neo4j-restore-sa`, as which Jobs of restores run.
    RestoreAccount,
    /// Somebody who looks at backups and restores.
    Viewer,
    /// Somebody who makes and changes them.
    Editor,
    /// Somebody who uses this plugin.
    Plugin(Level),
    /// The account of the admission webhook.
    Webhook,
}

/// What somebody uses the plugin for. Whoever tries or changes something has to look, too; whoever repairs accounts need not
/// be able to run pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// What only looks: `doctor`, `status`, `logs`, `wait`.
    Read,
    /// What tries something out in the cluster and removes it again.
    Probe,
    /// What changes accounts, Roles and `RoleBindings`.
    Repair,
}

/// Where a rule has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In each namespace that it is about.
    Namespace,
    /// Everywhere, or for objects that are in no namespace.
    Cluster,
    /// In the namespace of the one who needs it.
    Own,
    /// In the namespace of the operator.
    Operator,
}

/// A rule that somebody needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Who.
    pub party: Party,
    /// With which operators.
    pub operators: Versions,
    /// Where.
    pub scope: Scope,
    /// The part of the program that needs it; empty for all of it.
    pub feature: String,
    /// What. Names of objects in `{}` are those of an installation.
    pub rule: PolicyRule,
    /// What for, as half a sentence.
    pub reason: String,
}

/// That somebody needs nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoNeed {
    /// Who.
    pub party: Party,
    /// With which operators.
    pub operators: Versions,
    /// Why, as half a sentence.
    pub reason: String,
}

impl Party {
    /// The `ServiceAccount` of Jobs that it is, or `None` if it is none.
    pub fn account(self) -> Option<Account> {
        match self {
            Self::BackupAccount => Some(Account::Backup),
            Self::RestoreAccount => Some(Account::Restore),
            _ => None,
        }
    }

    /// Whether what another one needs is needed by this one, too.
    fn includes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Plugin(level), Self::Plugin(other)) => other == level || other == Level::Read,
            _ => self == other,
        }
    }
}

impl From<Account> for Party {
    fn from(account: Account) -> Self {
        match account {
            Account::Backup => Self::BackupAccount,
            Account::Restore => Self::RestoreAccount,
        }
    }
}

/// Everything that somebody needs with some operator, in the order of the tables.
pub fn requirements(party: Party) -> impl Iterator<Item = &'static Requirement> {
    ROWS.iter().filter_map(move |row| match row {
        Row::Needs(requirement) => party.includes(requirement.party).then_some(requirement),
        Row::Nothing(_) => None,
    })
}

/// Everything that somebody certainly needs with this operator.
pub fn requirements_with(party: Party, operator: Operator) -> impl Iterator<Item = &'static Requirement> {
    requirements(party).filter(move |requirement| operator.is_in(requirement.operators))
}

/// That somebody certainly needs nothing with this operator; `None` where he needs something, or where that is not known.
pub fn nothing_with(party: Party, operator: Operator) -> Option<&'static NoNeed> {
    nothing(party).find(|no_need| operator.is_in(no_need.operators))
}

/// The operators with which somebody needs nothing, oldest first.
pub fn nothing(party: Party) -> impl Iterator<Item = &'static NoNeed> {
    ROWS.iter().filter_map(move |row| match row {
        Row::Nothing(no_need) => (no_need.party == party).then_some(no_need),
        Row::Needs(_) => None,
    })
}

/// The operators whose backup Jobs need rights of their own, and those of which nothing is left to need.
pub fn jobs_with_rights() -> (Versions, Versions) {
    let with = requirements(Party::BackupAccount).map(|requirement| requirement.operators);
    let without = nothing(Party::BackupAccount).map(|no_need| no_need.operators);
    // The tables have rows of both.
    (
        with.last().unwrap_or(Versions::ALL),
        without.last().unwrap_or(Versions::ALL),
    )
}

/// The parts of the operator that work for instances, certificates and monitoring, and without which backups go on.
const BESIDE_BACKUPS: [&str; 6] = [
    "storage",
    "certificates",
    "monitoring",
    "external-secrets",
    "openshift",
    "metrics",
];

/// Whether the operator needs a resource for nothing that a backup or restore depends on. What no table names may be needed.
pub fn is_beside_backups(group: &str, resource: &str) -> bool {
    let is_of = |requirement: &&Requirement| {
        let has = |list: &[String], wanted: &str| list.iter().any(|known| known == wanted);
        has(&requirement.rule.groups, group) && has(&requirement.rule.resources, resource)
    };
    let mut needing = requirements(Party::Operator).filter(is_of).peekable();
    needing.peek().is_some() && needing.all(|requirement| BESIDE_BACKUPS.contains(&requirement.feature.as_str()))
}

/// What the operators whose Jobs need rights give the account of these Jobs, and no more.
pub fn grants_of_jobs() -> BTreeSet<Grant> {
    let rules = requirements(Party::BackupAccount).map(|requirement| &requirement.rule);
    let actions = rules.flat_map(PolicyRule::actions);
    actions
        .map(|action| (action.group.clone(), action.full_resource(), action.verb))
        .collect()
}

#[cfg(test)]
mod tests;
