//! Roles that have the rules of others, found by their labels.

use std::collections::BTreeMap;

use super::roles::{Aggregation, ClusterRole, Roles};
use crate::rbac::rule::PolicyRule;
use crate::selector::selects;

impl Roles {
    /// Fills in the rules of aggregated roles, as the controller of a cluster does: for manifests that no cluster has seen.
    pub fn aggregate(&mut self) {
        aggregate(&mut self.of_cluster);
    }
}

/// Gives every aggregated role the rules of those that it selects, in the order of its selectors and of their names, each
/// rule once. Roles that aggregate aggregated ones are filled again until nothing changes.
fn aggregate(roles: &mut BTreeMap<String, ClusterRole>) {
    // A chain is no longer than there are roles; what goes in a circle has come to rest by then.
    for _ in 0..=roles.len() {
        let mut has_changed = false;
        let names: Vec<String> = roles.keys().cloned().collect();
        for name in names {
            let Some(aggregation) = roles.get(&name).and_then(|role| role.aggregation.as_ref()) else {
                continue;
            };
            let rules = selected(&name, aggregation, roles);
            if let Some(role) = roles.get_mut(&name).filter(|role| role.rules != rules) {
                role.rules = rules;
                has_changed = true;
            }
        }
        if !has_changed {
            return;
        }
    }
}

fn selected(own: &str, aggregation: &Aggregation, roles: &BTreeMap<String, ClusterRole>) -> Vec<PolicyRule> {
    let mut rules: Vec<PolicyRule> = Vec::new();
    for selector in &aggregation.0 {
        for (_, role) in roles.iter().filter(|(name, _)| *name != own) {
            let label = |key: &str| Some(role.labels.get(key).cloned());
            if selects(Some(selector), &label) != Some(true) {
                continue;
            }
            for rule in &role.rules {
                if !rules.contains(rule) {
                    rules.push(rule.clone());
                }
            }
        }
    }
    rules
}
