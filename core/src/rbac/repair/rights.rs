//! The rights that the Jobs of operators 0.x need, and what rules give.

use serde_json::{Value, json};

use crate::document::Node;
use crate::rbac::needs::{Party, requirements};
use crate::rbac::rule::{Action, PolicyRule, ResourceAction};

/// Returns the rights, one by one, in the order of the table.
pub fn rights_of_jobs() -> Vec<ResourceAction> {
    rules_of_jobs().flat_map(PolicyRule::actions).collect()
}

fn rules_of_jobs() -> impl Iterator<Item = &'static PolicyRule> {
    requirements(Party::BackupAccount).map(|requirement| &requirement.rule)
}

/// Returns the rules as the operators 0.x write them.
pub(super) fn needed_rules() -> Vec<Value> {
    rules_of_jobs().map(|rule| json!(rule)).collect()
}

/// Returns the rules that have to be added so that nothing that is needed is missing.
pub(super) fn missing_rules(rules: &[Value]) -> Vec<Value> {
    let rules = read(rules);
    let is_missing = |action: &ResourceAction| {
        let action = Action::Resource(action.clone());
        !rules.iter().any(|rule| rule.allows(&action))
    };
    let missing = rules_of_jobs().filter_map(|rule| {
        let mut verbs: Vec<String> = rule.actions().filter(is_missing).map(|action| action.verb).collect();
        verbs.dedup();
        let rest = PolicyRule { verbs, ..rule.clone() };
        (!rest.verbs.is_empty()).then(|| json!(rest))
    });
    missing.collect()
}

/// Returns what the rules give beside what is needed, each once.
pub(super) fn beyond_needed(rules: &[Value]) -> Vec<String> {
    let needed = rights_of_jobs();
    let mut beyond: Vec<String> = Vec::new();
    for action in read(rules).iter().flat_map(PolicyRule::actions) {
        let said = action.to_string();
        if !needed.contains(&action) && !beyond.contains(&said) {
            beyond.push(said);
        }
    }
    beyond
}

/// Returns whether the rules give what is needed and nothing else, however they are split and ordered.
pub(super) fn are_exactly_needed(rules: &[Value]) -> bool {
    let needed = rights_of_jobs();
    let is_known = |rule: &PolicyRule| rule.urls.is_empty() && rule.actions().all(|action| needed.contains(&action));
    missing_rules(rules).is_empty() && read(rules).iter().all(is_known)
}

fn read(rules: &[Value]) -> Vec<PolicyRule> {
    rules
        .iter()
        .map(|rule| PolicyRule::of(&Node::from(rule.clone())))
        .collect()
}
