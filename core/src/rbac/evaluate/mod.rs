//! Who may do what, from the roles and bindings alone: what the API server's own authorizer would say, and by which rule.
//!
//! Pure, and only as true as what was read: other authorizers of a cluster (the one of nodes, a webhook) may allow more.

mod aggregate;
mod caller;
mod roles;

use std::fmt;

pub use self::caller::{Caller, MASTERS};
pub use self::roles::{BoundSubject, RoleName, Roles};
use super::rule::{Action, PolicyRule};
use crate::quoted::Name;

/// A rule that somebody has, and the way by which he has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant<'r> {
    /// The namespace of the binding; empty for a `ClusterRoleBinding`, whose rules hold everywhere.
    pub namespace: &'r str,
    /// The name of the binding.
    pub binding: &'r str,
    /// As whom the binding names him.
    pub subject: &'r BoundSubject,
    /// The role.
    pub role: &'r RoleName,
    /// Which of its rules, from 0.
    pub index: usize,
    /// The rule.
    pub rule: &'r PolicyRule,
    /// Whether the API server made the binding, which every cluster has.
    pub is_default: bool,
}

/// Why something is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed<'r> {
    /// The caller is of the group `system:masters`.
    Master,
    /// A rule says so.
    By(Grant<'r>),
}

impl Roles {
    /// Every rule that somebody has in some namespace, or in all of them with an empty one. Those of
    /// `ClusterRoleBindings` come first, as the API server asks them first.
    pub fn grants<'r>(&'r self, caller: &'r Caller, namespace: &'r str) -> impl Iterator<Item = Grant<'r>> {
        self.all_grants(caller)
            .filter(move |grant| grant.namespace.is_empty() || grant.namespace == namespace)
    }

    /// Every rule that somebody has, wherever it holds.
    pub fn all_grants<'r>(&'r self, caller: &'r Caller) -> impl Iterator<Item = Grant<'r>> {
        self.bindings.iter().flat_map(move |((namespace, name), binding)| {
            let subject = binding.subjects.iter().find(|subject| subject.is(caller, namespace));
            let rules = self
                .rules(&binding.role)
                .filter(|_| subject.is_some())
                .unwrap_or_default();
            rules.iter().enumerate().filter_map(move |(index, rule)| {
                Some(Grant {
                    namespace,
                    binding: name,
                    subject: subject?,
                    role: &binding.role,
                    index,
                    rule,
                    is_default: binding.is_default,
                })
            })
        })
    }

    /// Why an action is allowed; `None` where nothing allows it.
    pub fn allows<'r>(&'r self, caller: &'r Caller, action: &'r Action) -> Option<Allowed<'r>> {
        if caller.groups.iter().any(|group| group == MASTERS) {
            return Some(Allowed::Master);
        }
        let namespace = match action {
            Action::Resource(action) => &*action.namespace,
            Action::Url { .. } => "",
        };
        let mut grants = self.grants(caller, namespace);
        grants.find(|grant| grant.rule.allows(action)).map(Allowed::By)
    }

    /// The bindings that name somebody and give a role that is not there, by namespace and name.
    pub fn dangling<'r>(&'r self, caller: &'r Caller) -> impl Iterator<Item = (&'r str, &'r str, &'r RoleName)> {
        self.bindings.iter().filter_map(|((namespace, name), binding)| {
            let is_named = binding.subjects.iter().any(|subject| subject.is(caller, namespace));
            let is_missing = is_named && self.rules(&binding.role).is_none();
            is_missing.then_some((namespace.as_str(), name.as_str(), &binding.role))
        })
    }
}

/// `Role neo4j-backup-role`, `ClusterRole view`.
impl fmt::Display for RoleName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.namespace.is_some() {
            "Role"
        } else {
            "ClusterRole"
        };
        write!(formatter, "{kind} {}", Name(&self.name))
    }
}

/// `RoleBinding graph/neo4j-backup-rolebinding, Role neo4j-backup-role, rule 2`: rules are counted from 1.
impl fmt::Display for Grant<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(formatter, "ClusterRoleBinding {}", Name(self.binding))?;
        } else {
            write!(formatter, "RoleBinding {}/{}", Name(self.namespace), Name(self.binding))?;
        }
        write!(formatter, ", {}, rule {}", self.role, self.index + 1)?;
        if self.subject.kind == "Group" {
            write!(formatter, ", by group {}", Name(&self.subject.name))?;
        }
        Ok(())
    }
}

impl fmt::Display for Allowed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Master => write!(formatter, "group {MASTERS}, which may do everything"),
            Self::By(grant) => grant.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests;
