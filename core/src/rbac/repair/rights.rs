//! The rights that the Jobs of operators 0.x need, and what rules give.

use serde_json::{Value, json};

use crate::model::Account;

/// A verb on a resource of the core group, and how the operator writes it as a rule.
pub const NEEDED: [(&str, &[&str]); 3] = [
    ("pods", &["get", "list"]),
    ("pods/exec", &["create"]),
    ("pods/log", &["get"]),
];

/// Returns the rules as the operators 0.x write them.
pub(super) fn needed_rules() -> Vec<Value> {
    NEEDED.iter().map(|(resource, verbs)| rule(resource, verbs)).collect()
}

/// Returns the rules that have to be added so that nothing that is needed is missing.
pub(super) fn missing_rules(rules: &[Value]) -> Vec<Value> {
    let missing = NEEDED.iter().filter_map(|(resource, verbs)| {
        let verbs: Vec<&str> = verbs
            .iter()
            .copied()
            .filter(|verb| !rules.iter().any(|rule| gives(rule, resource, verb)))
            .collect();
        (!verbs.is_empty()).then(|| rule(resource, &verbs))
    });
    missing.collect()
}

/// Returns whether the rules give what is needed and nothing else, however they are split and ordered.
pub(super) fn are_exactly_needed(rules: &[Value]) -> bool {
    let is_known = |rule: &Value| {
        let plain = texts(rule, "resourceNames").is_empty() && texts(rule, "nonResourceURLs").is_empty();
        let of_core = texts(rule, "apiGroups").iter().all(|group| group.is_empty());
        let needed = |resource: &str, verb: &str| {
            NEEDED
                .iter()
                .any(|(known, verbs)| *known == resource && verbs.contains(&verb))
        };
        plain
            && of_core
            && texts(rule, "resources")
                .iter()
                .all(|resource| texts(rule, "verbs").iter().all(|verb| needed(resource, verb)))
    };
    missing_rules(rules).is_empty() && rules.iter().all(is_known)
}

fn rule(resource: &str, verbs: &[&str]) -> Value {
    json!({"apiGroups": [""], "resources": [resource], "verbs": verbs})
}

/// Whether a rule gives a verb on all objects of a resource of the core group, as the API server reads it.
fn gives(rule: &Value, resource: &str, verb: &str) -> bool {
    let subresource = resource.split_once('/').map(|(_, part)| format!("*/{part}"));
    texts(rule, "resourceNames").is_empty()
        && texts(rule, "apiGroups")
            .iter()
            .any(|group| group.is_empty() || *group == "*")
        && texts(rule, "verbs").iter().any(|given| *given == verb || *given == "*")
        && texts(rule, "resources")
            .iter()
            .any(|given| *given == resource || *given == "*" || subresource.as_deref() == Some(*given))
}

fn texts<'v>(rule: &'v Value, key: &str) -> Vec<&'v str> {
    let items = rule[key].as_array().into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

/// Returns whether a subject of a `RoleBinding` is the backup account of the namespace, itself or as one of a group.
pub(super) fn is_account(subject: &Value, namespace: &str) -> bool {
    let text = |key: &str| subject[key].as_str().unwrap_or_default();
    let account = Account::Backup.name();
    match text("kind") {
        // Without a namespace, the API server takes that of the binding.
        "ServiceAccount" => text("name") == account && (text("namespace").is_empty() || text("namespace") == namespace),
        "User" => text("name") == format!("system:serviceaccount:{namespace}:{account}"),
        "Group" => {
            let of_namespace = format!("system:serviceaccounts:{namespace}");
            ["system:authenticated", "system:serviceaccounts", &of_namespace].contains(&text("name"))
        }
        _ => false,
    }
}
