//! What the API server can judge by itself: validating admission policies, as CEL.
//!
//! Only the text is made here; `cargo xtask gen` writes it down as manifests.

mod cel;
pub mod guard;
pub mod rule_policy;
pub(crate) mod rules;
mod shared;

use std::borrow::Cow;

pub use rule_policy::{PolicyOfRule, RulePolicy};

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
    /// What must hold.
    pub validations: Vec<Validation>,
}

/// A CEL expression with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Unique in its list.
    pub name: String,
    /// CEL, in one or more lines.
    pub expression: String,
}

/// One thing that must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    /// CEL that gives true when all is well.
    pub expression: String,
    /// CEL that gives the refusal: one line with the field, the value, the remedy and the code.
    pub message_expression: String,
    /// The refusal where `message_expression` cannot be evaluated.
    pub message: String,
}

impl Named {
    fn new(name: impl Into<String>, expression: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            expression: expression.into(),
        }
    }
}
