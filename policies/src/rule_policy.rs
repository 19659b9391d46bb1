//! A rule as admission policies: one that denies what the rule calls an error, one that warns of the rest.
//!
//! A rule says in CEL which messages it has for an object. What is the same for all of them is added here: the code, the
//! requests that pass unseen, and the variables that are used.

use std::collections::BTreeSet;

use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::registry;
use neo4jbackup_core::rule::RuleMeta;
use neo4jbackup_core::schema::{Kind, ObjectSchema, Shape};

use super::{Named, Policy, Validation, rules, shared};

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

/// Where the words of a rule in CEL are.
pub(crate) struct Twin {
    /// The code of the rule.
    pub(crate) code: &'static str,
    /// Makes the words.
    pub(crate) policy: fn() -> RulePolicy,
}

impl Twin {
    pub(crate) const fn new(code: &'static str, policy: fn() -> RulePolicy) -> Self {
        Self { code, policy }
    }
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
            let rules = registry::all().iter().map(|rule| rule.meta());
            rules.filter_map(move |meta| of(meta, severity))
        })
        .collect()
}

/// What a policy says for the rule of this code; `None` where CEL cannot express it.
pub fn of_code(code: &str) -> Option<RulePolicy> {
    let twin = rules::ALL.iter().find(|twin| twin.code == code)?;
    Some((twin.policy)())
}

/// The policy with the findings of a rule of one severity; `None` when a policy cannot say them or there are none.
pub fn of(meta: &'static RuleMeta, severity: Severity) -> Option<PolicyOfRule> {
    let rule = of_code(meta.code)?;
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
    let mut leaves: BTreeSet<(String, Zero)> = BTreeSet::new();
    for path in reads {
        for kind in kinds {
            collect(*kind, path, &mut leaves);
        }
    }
    let mut parts = vec!["oldObject == null".to_owned()];
    parts.extend(leaves.iter().map(|(path, zero)| {
        let path = path.replace('.', ".?");
        differs(
            *zero,
            &format!("dyn(object).?{path}.orValue({})", zero.cel()),
            &format!("dyn(oldObject).?{path}.orValue({})", zero.cel()),
        )
    }));
    parts.join(" ||\n")
}

/// A quantity that every reader understands.
pub(super) const QUANTITY: &str =
    r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)(n|u|m|k|M|G|T|P|E|[KMGTPE]i|[eE][+-]?0*(1[0-8]|[0-9]))?$";

/// A time of the years that CEL knows.
const TIME: &str = r"^(000[1-9]|00[1-9]\d|0[1-9]\d\d|[1-9]\d{3})-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$";

/// CEL for "the two mean something else". The operator writes times in whole seconds of UTC and quantities in their
/// shortest form.
fn differs(zero: Zero, new: &str, old: &str) -> String {
    match zero {
        Zero::Time => {
            let seconds = |text: &str| format!("int(timestamp({text}.replace(',', '.')))");
            format!(
                "{new} != {old} &&\n!({new}.matches(r'{TIME}') && {old}.matches(r'{TIME}') &&\n{} == {})",
                seconds(new),
                seconds(old)
            )
        }
        Zero::Quantities => {
            let both = |text: &str| format!("string({new}[name]){text} && string({old}[name]){text}");
            format!(
                "{new} != {old} &&\n!(size({new}) == size({old}) && {new}.all(name, name in {old} && ({new}[name] == {old}[name] ||\n\
                 {} &&\nquantity(string({new}[name])).compareTo(quantity(string({old}[name]))) == 0)))",
                both(&format!(".matches(r'{QUANTITY}')"))
            )
        }
        _ => format!("{new} != {old}"),
    }
}

/// Adds the fields at and below a path, in any operator version, with their zeros. Metadata cannot change.
fn collect(kind: Kind, path: &str, leaves: &mut BTreeSet<(String, Zero)>) {
    let Some(below) = path.strip_prefix("spec") else { return };
    let keys: Vec<&str> = below.split('.').filter(|key| !key.is_empty()).collect();
    descend(&kind.schema().spec, &keys, "spec", leaves);
}

fn descend(object: &ObjectSchema, keys: &[&str], path: &str, leaves: &mut BTreeSet<(String, Zero)>) {
    for field in object.fields {
        if keys.first().is_some_and(|key| *key != field.name) {
            continue;
        }
        let path = format!("{path}.{}", field.name);
        let rest = keys.get(1..).unwrap_or_default();
        for variant in field.variants {
            match &variant.shape {
                Shape::Object(below) if !below.open => descend(below, rest, &path, leaves),
                shape => drop(leaves.insert((path.clone(), Zero::of(shape)))),
            }
        }
    }
}

/// What stands for a field that is absent, and how its values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Zero {
    False,
    Number,
    Text,
    Time,
    Map,
    Quantities,
    List,
}

impl Zero {
    fn of(shape: &Shape) -> Self {
        match shape {
            Shape::Boolean { .. } => Self::False,
            Shape::Integer { .. } => Self::Number,
            Shape::String { format: Some(_), .. } => Self::Time,
            Shape::String { .. } | Shape::Quantity => Self::Text,
            Shape::Map(Shape::Quantity) => Self::Quantities,
            Shape::Object(_) | Shape::Map(_) => Self::Map,
            Shape::List { .. } => Self::List,
        }
    }

    fn cel(self) -> &'static str {
        match self {
            Self::False => "false",
            Self::Number => "0",
            Self::Text | Self::Time => "''",
            Self::Map | Self::Quantities => "{}",
            Self::List => "[]",
        }
    }
}

#[cfg(test)]
mod tests {
    use neo4jbackup_core::rule::Cel;

    use super::*;

    #[test]
    fn a_rule_that_says_that_cel_can_express_it_has_a_twin_and_no_other_has() {
        for meta in registry::all().iter().map(|rule| rule.meta()) {
            let has_twin = of_code(meta.code).is_some();
            assert_eq!(meta.cel == Cel::Expressible, has_twin, "{}", meta.code);
        }
    }

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
