//! The steps of a repair, and what is said beside them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::content::applied;
use super::keeper::Keeper;
use super::part::Part;
use crate::model::{Account, Provider};
use crate::quoted::{name, quoted};
use crate::rbac::{ROLE, ROLE_BINDING};

/// What is there in a namespace.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observed {
    /// Its name.
    pub namespace: String,
    /// The objects that are there, as stored.
    pub objects: BTreeMap<Part, Value>,
    /// Who else uses the Role.
    pub others: OtherBindings,
}

/// The `RoleBindings` that bind the Role under other names than the operator's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OtherBindings {
    /// These, by name.
    Known(Vec<String>),
    /// They could not be listed.
    #[default]
    Unknown,
}

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is made.
    Create,
    /// Something of it is changed.
    Change,
    /// It is deleted and made again, because what a binding binds cannot be changed.
    Recreate,
    /// It is deleted.
    Remove,
}

impl Action {
    /// Returns the word for it: `create`.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Recreate => "recreate",
            Self::Remove => "remove",
        }
    }
}

/// One change of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Where.
    pub namespace: String,
    /// Which object.
    pub part: Part,
    /// What is done to it.
    pub action: Action,
    /// The object as stored; `None` where there is none.
    pub before: Option<Value>,
    /// What is applied, or made anew; `None` where it is removed.
    pub manifest: Option<Value>,
    /// Whether fields are taken over from others. Nobody keeps Roles and bindings right; an annotation may be the
    /// operator's.
    pub takes_over: bool,
    /// Who keeps the object, so that the change belongs elsewhere.
    pub keeper: Option<Keeper>,
}

impl Step {
    /// Returns the object as it will be; `None` where it will be gone.
    pub fn after(&self) -> Option<Value> {
        let manifest = self.manifest.as_ref()?;
        let base = self.before.as_ref().filter(|_| self.action == Action::Change);
        Some(applied(base, manifest))
    }
}

/// Something that a person has to decide or to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// More than one identity of a cloud is wanted on one account: it is left alone.
    Conflict {
        /// Where.
        namespace: String,
        /// On which account.
        account: Account,
        /// Of which cloud.
        provider: Provider,
        /// The identities, each with who wants it.
        wanted: BTreeMap<String, Vec<String>>,
    },
    /// What is declared is no identity of that cloud: the account is left alone.
    Malformed {
        /// Where.
        namespace: String,
        /// On which account.
        account: Account,
        /// Of which cloud.
        provider: Provider,
        /// As it is declared.
        identity: String,
        /// Who declares it.
        by: Vec<String>,
    },
    /// What seems to be left over may be somebody else's: it is left alone.
    Doubtful {
        /// Where.
        namespace: String,
        /// Which object.
        part: Part,
        /// Why it may be.
        why: String,
    },
    /// The binding gave another role, and those who had it by this binding have it no longer.
    Loses {
        /// Where.
        namespace: String,
        /// `Role` or `ClusterRole`.
        kind: String,
        /// The name of that role.
        name: String,
        /// Who had it: `User jane`.
        subjects: Vec<String>,
    },
    /// The Role gives more than the Jobs need, and by the binding their account gets it.
    Further {
        /// Where.
        namespace: String,
        /// What, each as `list configmaps`.
        actions: Vec<String>,
    },
}

impl Remark {
    /// Returns whether something is not as it has to be, and no step changes that.
    pub fn is_unsettled(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::Malformed { .. })
    }

    /// Returns it as a sentence, with what others wrote in quotes.
    pub fn sentence(&self) -> String {
        match self {
            Self::Conflict {
                namespace,
                account,
                provider,
                wanted,
            } => {
                let wanted: Vec<String> = wanted
                    .iter()
                    .map(|(identity, by)| format!("{} ({})", quoted(identity), names(by)))
                    .collect();
                format!(
                    "{}: serviceaccount/{} is left alone, because more than one identity of {provider} is declared for it: {}",
                    name(namespace),
                    account.name(),
                    wanted.join(", ")
                )
            }
            Self::Malformed {
                namespace,
                account,
                provider,
                identity,
                by,
            } => format!(
                "{}: serviceaccount/{} is left alone, because {} ({}) is no identity of {provider}",
                name(namespace),
                account.name(),
                quoted(identity),
                names(by)
            ),
            Self::Doubtful { namespace, part, why } => format!(
                "{}: {} is not needed, and left alone: {why}",
                name(namespace),
                part.reference()
            ),
            Self::Loses {
                namespace,
                kind,
                name: role,
                subjects,
            } => format!(
                "{}: {ROLE_BINDING} gave {} {}, which {} no longer get by it; bind that role under another name for those who \
                 need it",
                name(namespace),
                name(kind),
                name(role),
                names(subjects)
            ),
            Self::Further { namespace, actions } => format!(
                "{}: {ROLE} gives more than the Jobs need, and {} gets it with the binding: {}",
                name(namespace),
                Account::Backup.name(),
                names(actions)
            ),
        }
    }
}

/// Names that others have given, for people.
pub(super) fn names(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|it| name(it).to_string()).collect();
    names.join(", ")
}

/// What is to be done, in the order in which it has to be done, and what is to be said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Repair {
    /// The changes, by namespace: first what is made, then what is removed.
    pub steps: Vec<Step>,
    /// What a person has to decide or to know.
    pub remarks: Vec<Remark>,
}

impl Repair {
    /// Returns whether something is not as it has to be.
    pub fn is_different(&self) -> bool {
        !self.steps.is_empty() || self.remarks.iter().any(Remark::is_unsettled)
    }
}
