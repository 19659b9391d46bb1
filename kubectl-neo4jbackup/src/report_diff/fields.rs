//! Fields of an object that mean something else than before.

use std::collections::BTreeSet;

use neo4jbackup_core::document::{Map, Node};
use neo4jbackup_core::model::same_meaning;
use neo4jbackup_core::quoted::Quoted;
use neo4jbackup_core::redact::without_numbers;
use neo4jbackup_core::snapshot::StoredObject;
use serde::Serialize;
use serde_json::Value;

/// A field that means something else.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct FieldChange {
    /// Its path: `spec.schedule`, `status.conditions[Ready].status`.
    pub(crate) path: String,
    /// What it was; null where it was absent. Of a key of a Secret, whose value is in no report, `present`.
    pub(crate) before: Option<Value>,
    /// What it is; null where it is absent.
    pub(crate) after: Option<Value>,
}

/// Fields that change without anybody having done anything.
const UNEVENTFUL: [&str; 6] = [
    "resourceVersion",
    "managedFields",
    "observedGeneration",
    "lastHeartbeatTime",
    "lastProbeTime",
    "renewTime",
];

/// What stands for the value of a key of a Secret.
const PRESENT: &str = "present";

/// What the members of lists are known by, the first that all of them have.
const KEYS: [&str; 6] = ["name", "type", "jobName", "runID", "key", "uid"];

/// Returns the fields of two states of an object that differ in meaning.
pub(super) fn between(before: &StoredObject, after: &StoredObject) -> Vec<FieldChange> {
    if before.text() == after.text() {
        return Vec::new();
    }
    let (mut before, mut after) = (before.node(), after.node());
    comparable(&mut before);
    comparable(&mut after);
    let mut changes = Vec::new();
    compare("", None, Some(&before), Some(&after), &mut changes);
    if text(&before, "kind") == Some("Secret") {
        keys("data", before.get("data"), after.get("data"), &mut changes);
    }
    changes
}

/// The keys that a Secret has got or lost. Their values are in no report, and so null, which elsewhere is as good as absent.
fn keys(path: &str, before: Option<&Node<'_>>, after: Option<&Node<'_>>, changes: &mut Vec<FieldChange>) {
    let names = |node: Option<&Node<'_>>| match node {
        Some(Node::Map(map)) => map.iter().map(|(name, _)| name.to_owned()).collect(),
        _ => BTreeSet::new(),
    };
    let (old, new) = (names(before), names(after));
    for name in old.symmetric_difference(&new) {
        let there = |names: &BTreeSet<String>| names.contains(name).then(|| Value::from(PRESENT));
        changes.push(FieldChange {
            path: below(path, name),
            before: there(&old),
            after: there(&new),
        });
    }
}

/// The path of a member.
fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else if is_plain(name) {
        format!("{path}.{name}")
    } else {
        format!("{path}[{}]", Value::from(name))
    }
}

/// Leaves out what is not to be compared.
fn comparable(node: &mut Node<'_>) {
    match node {
        Node::String(text) => {
            let without = without_numbers(text);
            if without != *text {
                *text = without.into_owned().into();
            }
        }
        Node::List(items) => items.iter_mut().for_each(comparable),
        Node::Map(map) => {
            map.0.retain(|(key, _)| !UNEVENTFUL.contains(&&**key));
            if let Some(Node::Map(metadata)) = map.get_mut("metadata") {
                metadata.0.retain(|(key, _)| key != "generation");
            }
            map.0.iter_mut().for_each(|(_, value)| comparable(value));
        }
        Node::Null | Node::Bool(_) | Node::Number(_) => {}
    }
}

fn compare(
    path: &str,
    key: Option<&str>,
    before: Option<&Node<'_>>,
    after: Option<&Node<'_>>,
    changes: &mut Vec<FieldChange>,
) {
    if same_meaning(key, before, after) {
        return;
    }
    match (before, after) {
        (Some(Node::Map(old)), Some(Node::Map(new))) => maps(path, key, old, new, changes),
        (Some(Node::List(old)), Some(Node::List(new))) => {
            if let Some(name) = known_by(old).filter(|name| known_by(new) == Some(*name)) {
                lists(path, key, name, (old, new), changes);
            } else if old.len() == new.len() {
                for (position, (old, new)) in old.iter().zip(new).enumerate() {
                    compare(&format!("{path}[{position}]"), key, Some(old), Some(new), changes);
                }
            } else {
                changes.push(change(path, before, after));
            }
        }
        _ => changes.push(change(path, before, after)),
    }
}

fn maps(path: &str, key: Option<&str>, old: &Map<'_>, new: &Map<'_>, changes: &mut Vec<FieldChange>) {
    // As `same_meaning` has it: values of these are quantities, whatever they are called.
    let are_quantities = matches!(key, Some("limits" | "requests"));
    let added = new.iter().filter(|(name, _)| old.get(name).is_none());
    for (name, _) in old.iter().chain(added) {
        let below = below(path, name);
        let key = if are_quantities { "size" } else { name };
        compare(&below, Some(key), old.get(name), new.get(name), changes);
    }
}

fn lists(
    path: &str,
    key: Option<&str>,
    name: &str,
    (old, new): (&[Node<'_>], &[Node<'_>]),
    changes: &mut Vec<FieldChange>,
) {
    let find = |items: &'_ [Node<'_>], wanted: &str| items.iter().position(|item| text(item, name) == Some(wanted));
    let old_names = old.iter().filter_map(|item| text(item, name));
    let new_names = new.iter().filter_map(|item| text(item, name));
    for member in old_names.chain(new_names.filter(|member| find(old, member).is_none())) {
        let (old, new) = (
            find(old, member).map(|position| &old[position]),
            find(new, member).map(|position| &new[position]),
        );
        compare(
            &format!("{path}[{}]", Quoted(member).to_string().trim_matches('`')),
            key,
            old,
            new,
            changes,
        );
    }
}

fn text<'n>(item: &'n Node<'_>, key: &str) -> Option<&'n str> {
    item.get(key).and_then(Node::as_str)
}

/// What the members of a list are known by; `None` where nothing tells them apart.
fn known_by(items: &[Node<'_>]) -> Option<&'static str> {
    KEYS.into_iter().find(|key| {
        let mut names: Vec<_> = items.iter().filter_map(|item| text(item, key)).collect();
        let all = names.len() == items.len();
        names.sort_unstable();
        names.dedup();
        all && names.len() == items.len()
    })
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn change(path: &str, before: Option<&Node<'_>>, after: Option<&Node<'_>>) -> FieldChange {
    let value = |node: Option<&Node<'_>>| node.and_then(|node| serde_json::to_value(node).ok());
    FieldChange {
        path: path.to_owned(),
        before: value(before),
        after: value(after),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(before: Value, after: Value) -> Vec<String> {
        let [before, after] = [before, after].map(|value| StoredObject::new(&Node::from(value)));
        between(&before, &after).into_iter().map(|change| change.path).collect()
    }

    #[test]
    fn what_means_the_same_is_no_change() {
        let before = json!({
            "metadata": {"generation": 1, "resourceVersion": "1"}, "spec": {"size": "1Gi", "suspend": false},
            "status": {"observedGeneration": 1, "conditions": [{"type": "A", "status": "True"}, {"type": "B", "status": "True"}]},
            "password": "x <redacted:password:1>",
        });
        let after = json!({
            "metadata": {"generation": 2, "resourceVersion": "9"}, "spec": {"size": "1024Mi"},
            "status": {"observedGeneration": 2, "conditions": [{"type": "B", "status": "True"}, {"type": "A", "status": "True"}]},
            "password": "x <redacted:password:7>",
        });
        assert_eq!(changed(before, after), Vec::<String>::new());
    }

    #[test]
    fn a_key_of_a_secret_that_came_or_went_is_a_change() {
        let secret = |data: Value| json!({"kind": "Secret", "metadata": {"name": "cloud"}, "data": data});
        let before = secret(json!({"key.json": null, "kept": null}));
        let after = secret(json!({"kept": null, "token": null}));
        assert_eq!(changed(before.clone(), before.clone()), Vec::<String>::new());
        assert_eq!(changed(before.clone(), after), ["data[\"key.json\"]", "data.token"]);
        assert_eq!(changed(before, secret(Value::Null)).len(), 2);
        // Elsewhere null is as good as absent.
        let other = |data: Value| json!({"kind": "ConfigMap", "data": data});
        assert_eq!(
            changed(other(json!({"a": null})), other(json!({}))),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_change_is_told_by_its_path() {
        let before = json!({
            "metadata": {"annotations": {"example.com/a": "1"}}, "spec": {"schedule": "0 2 * * *", "args": ["a"]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}], "history": ["a"]},
        });
        let after = json!({
            "metadata": {"annotations": {"example.com/a": "2"}}, "spec": {"schedule": "0 3 * * *", "args": ["b"]},
            "status": {"conditions": [{"type": "Ready", "status": "False"}, {"type": "New", "status": "True"}], "history": ["b", "a"]},
        });
        assert_eq!(
            changed(before, after),
            [
                "metadata.annotations[\"example.com/a\"]",
                "spec.args[0]",
                "spec.schedule",
                "status.conditions[Ready].status",
                "status.conditions[New]",
                "status.history",
            ]
        );
    }
}
