//! What the API server can do by itself, as CEL: validating admission policies, and mutating ones for defaults.
//!
//! Only text is made here: `cargo xtask gen` writes it into the chart, and `kubectl neo4jbackup policies` prints it.

mod cel;
mod changes;
pub mod defaults;
#[cfg(test)]
mod expressions;
pub mod guard;
pub mod manifest;
mod plain;
pub mod rule_policy;
mod rules;
mod shared;
mod twin;

use std::borrow::Cow;

use neo4jbackup_core::schema::Group;

pub use rule_policy::RuleInPolicy;
pub use twin::RulePolicy;

/// The group whose objects the policies judge; those of other operators are none of theirs.
const GROUP: &str = Group::Neo4jNeo4jCom.name();

/// A `ValidatingAdmissionPolicy` of group `admissionregistration.k8s.io/v1` for this project's group, and the binding
/// of the same name that puts it in force everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The name of the policy, with which those of its bindings begin.
    pub name: Cow<'static, str>,
    /// What a reader of the manifest is told first, in whole lines.
    pub about: Cow<'static, str>,
    /// The resources it judges on CREATE and UPDATE, in plural.
    pub resources: Vec<&'static str>,
    /// Requests that do not meet all of these are let through.
    pub match_conditions: Vec<Named>,
    /// What later variables and validations call `variables.NAME`, in an order in which each uses earlier ones only.
    pub variables: Vec<Named>,
    /// What must hold, in the order in which the API server looks: it tells of the first that does not.
    pub validations: Vec<Validation>,
}

/// A `MutatingAdmissionPolicy` of group `admissionregistration.k8s.io/v1` that fills in what is absent on CREATE, and the
/// binding of the same name that puts it in force in every namespace whose mode is not `audit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutatingPolicy {
    /// The name of the policy and of its binding.
    pub name: &'static str,
    /// What a reader of the manifest is told first, in whole lines.
    pub about: &'static str,
    /// What it looks at.
    pub matched: Matched,
    /// Objects that do not meet all of these are left alone.
    pub match_conditions: Vec<Named>,
    /// What later variables and additions call `variables.NAME`, in an order in which each uses earlier ones only.
    pub variables: Vec<Named>,
    /// CEL: lists of `JSONPatch` additions, all worked out from the object as it came, to be applied in this order.
    pub additions: Vec<String>,
}

/// The resources of a mutating policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The API version; `*` for all.
    pub version: &'static str,
    /// In plural.
    pub resources: Vec<&'static str>,
    /// Whether requests in other versions of the same resource are not looked at.
    pub exact: bool,
}

impl Matched {
    fn new(group: &'static str, version: &'static str, resources: &[&'static str]) -> Self {
        Self {
            group,
            version,
            resources: resources.to_vec(),
            exact: false,
        }
    }
}

/// A CEL expression with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Unique in its list.
    pub name: String,
    /// CEL, in one or more lines.
    pub expression: String,
    /// What a reader of the manifest is told before it; empty where nothing is.
    pub about: String,
}

/// One thing that must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    /// The code of the rule that it is of.
    pub code: &'static str,
    /// CEL that gives true when all is well.
    pub expression: String,
    /// CEL that gives the refusal: one line with the field, the value, the remedy and the code. Empty where `message` says
    /// it all.
    pub message_expression: String,
    /// The refusal where `message_expression` cannot be evaluated.
    pub message: String,
}

impl Named {
    fn new(name: impl Into<String>, expression: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            expression: cel::join_texts(&expression.into()),
            about: String::new(),
        }
    }

    /// Whether both say the same under the same name.
    fn is_like(&self, other: &Self) -> bool {
        self.name == other.name && self.expression == other.expression
    }
}
