//! A rule as admission policies: one that denies what the rule calls an error, one that warns of the rest.
//!
//! A rule says in CEL which messages it has for an object. What is the same for all of them is added here: the code, the
//! requests that pass unseen, and the variables that are used.

use std::collections::BTreeSet;

use super::{Named, Policy, Validation, shared};
use crate::engine;
use crate::finding::Severity;
use crate::rule::{self, RuleMeta};
use crate::schema::{Era, Kind, ObjectSchema, Shape};

/// How a policy says what a rule says.
#[derive(Debug, Clone, Default)]
pub struct RulePolicy {
    /// The kinds that it judges; those of the rule when empty.
    pub kinds: Vec<Kind>,
    /// Variables of its own, beside the shared ones, each using earlier ones only.
    pub variables: Vec<Named>,
    /// CEL expressions, each a list of messages that deny: `field: what is wrong; what to do`.
    pub errors: Vec<String>,
    /// The same for messages that only warn.
    pub warnings: Vec<String>,
    /// What the rule says and the policy does not, as the end of the sentence "It leaves to the other engines …".
    pub leaves: &'static str,
}

/// A policy of a rule, ready to be written down.
#[derive(Debug, Clone)]
pub struct PolicyOfRule {
    /// The rule.
    pub meta: &'static RuleMeta,
    /// `Error` when the policy denies, `Warning` when it only warns.
    pub severity: Severity,
    /// The policy itself.
    pub policy: Policy,
}

/// Every policy of every rule: those that deny, then those that warn, each by code.
pub fn all() -> Vec<PolicyOfRule> {
    [Severity::Error, Severity::Warning]
        .into_iter()
        .flat_map(|severity| {
            let rules = engine::all().iter().map(|rule| rule.meta());
            rules.filter_map(move |meta| of(meta, severity))
        })
        .collect()
}

/// The policy with the findings of a rule of one severity; `None` when a policy cannot say them or there are none.
pub fn of(meta: &'static RuleMeta, severity: Severity) -> Option<PolicyOfRule> {
    let rule::Policy::Expressible(of_rule) = meta.policy else {
        return None;
    };
    let rule = of_rule();
    let (found, suffix) = match severity {
        Severity::Error => (rule.errors, ""),
        _ => (rule.warnings, "-warn"),
    };
    if found.is_empty() {
        return None;
    }
    let kinds = if rule.kinds.is_empty() {
        meta.kinds.to_vec()
    } else {
        rule.kinds
    };
    let summary = meta.summary().trim_end_matches('.');
    let messages = format!(
        "({}).map(text, text + ' [{}]')",
        found
            .iter()
            .map(|list| format!("({list})"))
            .collect::<Vec<_>>()
            .join(" +\n"),
        meta.code
    );
    let mut variables = shared::variables();
    variables.extend(rule.variables);
    variables.push(Named::new("messages", messages));
    let policy = Policy {
        name: format!("neo4jbackup-{}{suffix}", meta.code.to_ascii_lowercase()).into(),
        about: format!("{}: {summary}.", meta.code).into(),
        resources: kinds.iter().map(|kind| kind.plural()).collect(),
        match_conditions: vec![
            Named::new("is-not-terminating", "!has(object.metadata.deletionTimestamp)"),
            Named::new("is-new-or-changes", changes(&kinds, meta.reads)),
        ],
        variables: used(variables),
        validations: vec![Validation {
            expression: "size(variables.messages) == 0".to_owned(),
            message_expression: "variables.messages.join('; ')".to_owned(),
            message: format!("{summary} [{}]", meta.code),
        }],
    };
    Some(PolicyOfRule { meta, severity, policy })
}

/// The variables that `messages`, the last one, needs.
fn used(variables: Vec<Named>) -> Vec<Named> {
    let mut wanted: BTreeSet<String> = ["messages".to_owned()].into();
    let mut kept: Vec<Named> = Vec::new();
    for variable in variables.into_iter().rev() {
        if wanted.contains(&variable.name) {
            wanted.extend(names_in(&variable.expression));
            kept.push(variable);
        }
    }
    kept.reverse();
    kept
}

/// The variables that an expression names.
pub(super) fn names_in(expression: &str) -> impl Iterator<Item = String> + '_ {
    expression.split("variables.").skip(1).map(|rest| {
        let end = rest.find(|next: char| !next.is_alphanumeric()).unwrap_or(rest.len());
        rest[..end].to_owned()
    })
}

/// CEL for "one of the fields that the rule reads differs from the stored one". What is absent counts as zero, because
/// the operator leaves out zeros when it writes an object back.
fn changes(kinds: &[Kind], reads: &[&str]) -> String {
    let mut leaves: BTreeSet<(String, &'static str)> = BTreeSet::new();
    for path in reads {
        for kind in kinds {
            collect(*kind, path, &mut leaves);
        }
    }
    let mut parts = vec!["oldObject == null".to_owned()];
    parts.extend(leaves.iter().map(|(path, zero)| {
        let path = path.replace('.', ".?");
        format!("dyn(object).?{path}.orValue({zero}) != dyn(oldObject).?{path}.orValue({zero})")
    }));
    parts.join(" ||\n")
}

/// Adds the fields at and below a path, in any operator version, with their zeros. Metadata cannot change.
fn collect(kind: Kind, path: &str, leaves: &mut BTreeSet<(String, &'static str)>) {
    let Some(below) = path.strip_prefix("spec") else { return };
    let keys: Vec<&str> = below.split('.').filter(|key| !key.is_empty()).collect();
    descend(&kind.schema().spec, &keys, "spec", leaves);
}

fn descend(object: &ObjectSchema, keys: &[&str], path: &str, leaves: &mut BTreeSet<(String, &'static str)>) {
    for field in object.fields {
        if keys.first().is_some_and(|key| *key != field.name) {
            continue;
        }
        let path = format!("{path}.{}", field.name);
        for era in Era::ALL {
            let rest = keys.get(1..).unwrap_or_default();
            match field.shape(era) {
                None => {}
                Some(Shape::Object(below)) if !below.open => descend(below, rest, &path, leaves),
                Some(shape) => drop(leaves.insert((path.clone(), zero(shape)))),
            }
        }
    }
}

fn zero(shape: &Shape) -> &'static str {
    match shape {
        Shape::Boolean { .. } => "false",
        Shape::Integer { .. } => "0",
        Shape::String { .. } | Shape::Quantity => "''",
        Shape::Object(_) | Shape::Map(_) => "{}",
        Shape::List { .. } => "[]",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_declared_before_it_is_used() {
        for PolicyOfRule { policy, .. } in all() {
            let mut declared = BTreeSet::new();
            for Named { name, expression } in policy.variables {
                let unknown = names_in(&expression).find(|used| !declared.contains(used));
                assert_eq!(unknown, None, "{} of {}", name, policy.name);
                assert!(
                    declared.insert(name.clone()),
                    "{name} of {} is declared twice",
                    policy.name
                );
            }
        }
    }

    #[test]
    fn an_update_is_judged_when_a_field_below_what_the_rule_reads_changes() {
        let condition = changes(&[Kind::Neo4jBackup], &["spec.storage.cloud"]);
        assert!(
            condition.contains("?spec.?storage.?cloud.?forcePathStyle.orValue(false)"),
            "{condition}"
        );
        assert!(
            condition.contains("?identity.?autoCreate.?annotations.orValue({})"),
            "{condition}"
        );
        assert!(!condition.contains("bucket"), "{condition}");
    }

    #[test]
    fn a_rule_that_only_warns_has_no_policy_that_denies() {
        for PolicyOfRule { meta, severity, .. } in all() {
            assert!(severity <= meta.severity, "{}", meta.code);
        }
    }
}
