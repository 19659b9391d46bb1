//! The rules as two admission policies: one denies what they call errors, one warns of the rest.
//!
//! A rule says in CEL which messages it has for an object. What is the same for all of them is added here: the code, the
//! requests that pass unseen, and the variables that rules share. Each rule is one validation, so that it can be left out or
//! turned to a warning by its code alone.
//!
//! The kinds are not taken apart any further: a dozen rules are about storage locations, which four kinds have, and their
//! text would stand there once more for each.

use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::registry;
use neo4jbackup_core::rule::RuleMeta;
use neo4jbackup_core::schema::Kind;

use super::{Named, Policy, RulePolicy, Validation, changes, plain, rules, shared};

/// What a rule has to say in one of the two policies.
#[derive(Debug, Clone)]
pub struct RuleInPolicy {
    /// The rule.
    pub meta: &'static RuleMeta,
    /// `Error` in the policy that denies, `Warning` in the one that warns.
    pub severity: Severity,
    /// The kinds that it judges.
    pub kinds: Vec<Kind>,
    /// CEL: a list of messages without the code.
    messages: String,
    /// Whether they have to ask for the kind: not where all are of the variable with what it finds, which is empty for others.
    asks_for_kind: bool,
}

/// What every rule says: those that deny, then those that warn, each in the order of its policy.
pub fn all() -> Vec<RuleInPolicy> {
    [Severity::Error, Severity::Warning].into_iter().flat_map(of).collect()
}

/// What a policy says for the rule of this code; `None` where CEL cannot express it.
pub fn of_code(code: &str) -> Option<RulePolicy> {
    let twin = rules::ALL.iter().find(|twin| twin.code == code)?;
    Some((twin.policy)())
}

/// The policies: the one that denies, then the one that warns. They have the same variables, which the API server only
/// works out where a validation of the policy asks for them.
pub fn policies() -> [Policy; 2] {
    let variables = variables();
    [
        (
            Severity::Error,
            "neo4jbackup-rules",
            "What the rules call errors: denied, unless the namespace's mode says otherwise.",
        ),
        (
            Severity::Warning,
            "neo4jbackup-warnings",
            "What the rules call warnings: never denied.",
        ),
    ]
    .map(|(severity, name, about)| {
        let rules = of(severity);
        let judged = |kind: &Kind| rules.iter().any(|rule| rule.kinds.contains(kind));
        Policy {
            name: name.into(),
            about: about.into(),
            resources: Kind::ALL.into_iter().filter(judged).map(Kind::plural).collect(),
            match_conditions: [
                Named::new("is-not-terminating", "!has(object.metadata.deletionTimestamp)"),
                Named::new(
                    "is-new-or-changes",
                    "oldObject == null || object.?spec != oldObject.?spec",
                ),
            ]
            .into_iter()
            .chain(plain::conditions())
            .collect(),
            variables: variables.clone(),
            validations: rules.iter().map(RuleInPolicy::validation).collect(),
        }
    })
}

/// What rules share, then what each rule finds, by code.
fn variables() -> Vec<Named> {
    let mut variables = shared::variables();
    variables.extend(changes::variables());
    for meta in registry::all().iter().map(|rule| rule.meta()) {
        let said = [Severity::Error, Severity::Warning].map(|severity| RuleInPolicy::of(meta, severity));
        let Some(rule) = of_code(meta.code) else { continue };
        let is_new = |variable: &Named, known: &[Named]| !known.iter().any(|other| variable.is_like(other));
        let shared: Vec<Named> = rule
            .shared
            .into_iter()
            .filter(|variable| is_new(variable, &variables))
            .collect();
        variables.extend(shared);
        let mut own = rule.variables;
        if !rule.findings.is_empty() {
            let kinds = if rule.kinds.is_empty() { meta.kinds } else { &rule.kinds };
            let others = if rule.of_locations {
                None
            } else {
                shared::is_none_of(kinds)
            };
            own.push(Named::new(found(meta), unless(others, &sum(&rule.findings))));
        }
        own.retain(|variable| is_new(variable, &variables));
        own.extend(
            said.iter()
                .flatten()
                .map(|rule| Named::new(rule.variable(), rule.findings())),
        );
        if let Some(first) = own.first_mut() {
            first.about = format!("{}: {}", meta.code, meta.summary());
        }
        variables.extend(own);
    }
    variables
}

/// Rules whose denial is named before all others: the value blinds or kills the operator for the whole cluster.
const FIRST: [&str; 2] = ["NB8001", "NB7006"];

fn of(severity: Severity) -> Vec<RuleInPolicy> {
    let mut said: Vec<RuleInPolicy> = registry::all()
        .iter()
        .filter_map(|rule| RuleInPolicy::of(rule.meta(), severity))
        .collect();
    said.sort_by_key(|rule| !FIRST.contains(&rule.meta.code));
    said
}

impl RuleInPolicy {
    /// Returns what the rule says in this severity, or `None` where a policy cannot say it or there is nothing.
    fn of(meta: &'static RuleMeta, severity: Severity) -> Option<Self> {
        let rule = of_code(meta.code)?;
        let (mut lists, filter) = match severity {
            Severity::Error => (rule.errors, "found.denies"),
            _ => (rule.warnings, "!found.denies"),
        };
        if !rule.findings.is_empty() {
            let found = found(meta);
            lists.insert(0, format!("variables.{found}.map(found, {filter}, found.text)"));
        }
        if lists.is_empty() {
            return None;
        }
        let kinds = if rule.kinds.is_empty() {
            meta.kinds.to_vec()
        } else {
            rule.kinds
        };
        Some(Self {
            meta,
            severity,
            kinds,
            asks_for_kind: !rule.of_locations && lists.len() != usize::from(!rule.findings.is_empty()),
            messages: sum(&lists),
        })
    }

    /// The name of the variable with what it finds.
    fn variable(&self) -> String {
        let end = if self.severity == Severity::Error { "" } else { "warns" };
        format!("{}{end}", self.meta.code)
    }

    /// The messages, where the rule judges the kind and the update changes what it reads. Warnings stop nobody, so that
    /// they may be repeated.
    fn findings(&self) -> String {
        let mut passes: Vec<String> = Vec::new();
        if self.asks_for_kind {
            passes.extend(shared::is_none_of(&self.kinds));
        }
        if self.severity == Severity::Error {
            passes.push(changes::leaves_alone(self.meta.reads));
        }
        unless((!passes.is_empty()).then(|| passes.join(" || ")), &self.messages)
    }

    fn validation(&self) -> Validation {
        let code = self.meta.code;
        let found = self.variable();
        Validation {
            code,
            expression: format!("variables.{found} == []"),
            message_expression: format!("variables.{found}.join(' [{code}]; ') + ' [{code}]'"),
            message: format!("{} [{code}]", self.meta.summary().trim_end_matches('.')),
        }
    }
}

/// The variable with what a rule finds, whether it denies or warns.
fn found(meta: &RuleMeta) -> String {
    format!("{}found", meta.code)
}

/// The list, or an empty one where the condition holds.
fn unless(condition: Option<String>, list: &str) -> String {
    match condition {
        Some(condition) => format!("{condition} ? [] :\n{list}"),
        None => list.to_owned(),
    }
}

fn sum(lists: &[String]) -> String {
    match lists {
        [list] => list.clone(),
        lists => lists
            .iter()
            .map(|list| format!("({list})"))
            .collect::<Vec<_>>()
            .join(" +\n"),
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
    fn a_rule_that_only_warns_has_no_policy_that_denies() {
        for RuleInPolicy { meta, severity, .. } in all() {
            assert!(severity <= meta.severity, "{}", meta.code);
        }
    }
}
