//! What of an object its authors have said, in one form for each meaning.

use serde_json::{Map, Value, json};

/// What the API server says of an object, and nobody else.
const OF_SERVER: [&str; 8] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
];

/// Returns an object without what the API server says of it: as it can be made again.
pub fn authored(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|key, _| !OF_SERVER.contains(&key.as_str()));
    }
    object
}

/// Returns an object in the one form that all objects of its meaning have: defaults are filled in, lists whose order means
/// nothing are sorted, and what is empty is left out.
pub fn content(object: &Value) -> Value {
    let mut object = authored(object);
    if let Some(rules) = object["rules"].as_array_mut() {
        for rule in rules.iter_mut() {
            if let Some(rule) = rule.as_object_mut() {
                rule.values_mut().for_each(sort);
            }
        }
    }
    sort(&mut object["rules"]);
    if let Some(reference) = object["roleRef"].as_object_mut() {
        fill_in(reference, "apiGroup", RBAC);
    }
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    for subject in object["subjects"].as_array_mut().into_iter().flatten() {
        let Some(subject) = subject.as_object_mut() else {
            continue;
        };
        if subject.get("kind").and_then(Value::as_str) == Some("ServiceAccount") {
            fill_in(subject, "namespace", &namespace);
        } else {
            fill_in(subject, "apiGroup", RBAC);
        }
    }
    sort(&mut object["subjects"]);
    without_empty(&object).unwrap_or(Value::Null)
}

/// Returns an object as it is after a server-side apply of the manifest: maps are merged, lists replaced.
pub fn applied(object: Option<&Value>, manifest: &Value) -> Value {
    let mut result = object.cloned().unwrap_or_else(|| json!({}));
    merge(&mut result, manifest);
    result
}

const RBAC: &str = "rbac.authorization.k8s.io";

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

fn fill_in(map: &mut Map<String, Value>, key: &str, default: &str) {
    let is_empty = map.get(key).and_then(Value::as_str).unwrap_or_default().is_empty();
    if is_empty && !default.is_empty() {
        map.insert(key.to_owned(), default.into());
    }
}

/// Sorts a list, and leaves out what is in it twice.
fn sort(value: &mut Value) {
    if let Some(items) = value.as_array_mut() {
        items.sort_by_cached_key(Value::to_string);
        items.dedup();
    }
}

fn without_empty(value: &Value) -> Option<Value> {
    match value {
        Value::Object(map) => {
            let full: Map<String, Value> = map
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), without_empty(value)?)))
                .collect();
            (!full.is_empty()).then_some(Value::Object(full))
        }
        // The group of the core resources is the empty text, and so an item is never left out.
        Value::Array(items) => (!items.is_empty()).then(|| value.clone()),
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        other => Some(other.clone()),
    }
}
