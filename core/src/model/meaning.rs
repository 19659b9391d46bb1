//! "Unchanged" by meaning.
//!
//! The operator writes whole objects back from typed structs: it drops zero values, turns instants to UTC and cuts
//! their fractions. None of that is an edit.

use crate::document::{Map, Node};
use crate::values::{point_in_time, quantity};

/// Whether two values mean the same to the operator. `key` is the name of the field that holds them.
///
/// Each value is looked at once, however deep it lies and in whatever order its neighbours stand.
pub fn same_meaning(key: Option<&str>, old: Option<&Node<'_>>, new: Option<&Node<'_>>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(value), None) | (None, Some(value)) => is_zero(value),
        (Some(Node::Map(old)), Some(Node::Map(new))) => same_entries(key, old, new),
        (Some(Node::List(old)), Some(Node::List(new))) => {
            old.len() == new.len()
                && old
                    .iter()
                    .zip(new)
                    .all(|(old, new)| same_meaning(key, Some(old), Some(new)))
        }
        (Some(old), Some(new)) => old == new || (is_zero(old) && is_zero(new)) || same_scalar(key, old, new),
    }
}

fn same_entries(key: Option<&str>, old: &Map<'_>, new: &Map<'_>) -> bool {
    let quantities = matches!(key, Some("limits" | "requests"));
    let same = |name: &str, old: Option<&Node<'_>>, new: Option<&Node<'_>>| {
        same_meaning(Some(if quantities { "size" } else { name }), old, new)
    };
    let in_order = old.len() == new.len() && old.iter().zip(new.iter()).all(|((left, _), (right, _))| left == right);
    if in_order {
        let mut pairs = old.iter().zip(new.iter());
        return pairs.all(|((name, old), (_, new))| same(name, Some(old), Some(new)));
    }
    let (old_index, new_index) = (old.index(), new.index());
    old.iter()
        .all(|(name, value)| same(name, Some(value), new_index.get(name)))
        && new
            .iter()
            .all(|(name, value)| old_index.get(name).is_some() || same(name, None, Some(value)))
}

fn same_scalar(key: Option<&str>, old: &Node<'_>, new: &Node<'_>) -> bool {
    match (key, old.scalar_text(), new.scalar_text()) {
        (Some("pointInTime" | "restoreUntil"), Some(old), Some(new)) => {
            let parsed = (point_in_time::parse(old), point_in_time::parse(new));
            matches!(parsed, (Ok(old), Ok(new)) if old.means_the_same_as(&new))
        }
        (Some("size" | "divisor"), Some(old), Some(new)) => quantity::means_the_same(old, new),
        _ => false,
    }
}

/// Whether a value is what Go would leave out: null, false, 0, the empty string, list or mapping.
fn is_zero(value: &Node<'_>) -> bool {
    match value {
        Node::Null | Node::Bool(false) => true,
        Node::Bool(true) => false,
        Node::Number(text) => matches!(text.as_ref(), "0" | "-0" | "0.0"),
        Node::String(text) => text.is_empty(),
        Node::List(items) => items.is_empty(),
        Node::Map(map) => map.iter().all(|(_, value)| is_zero(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn same(old: serde_json::Value, new: serde_json::Value) -> bool {
        same_meaning(None, Some(&Node::from(old)), Some(&Node::from(new)))
    }

    #[test]
    fn what_the_operator_rewrites_is_unchanged() {
        assert!(same(json!({"a": {"suspend": false, "bucket": ""}}), json!({})));
        assert!(same(
            json!({"pointInTime": "2026-11-21T09:38:30.5+02:00"}),
            json!({"pointInTime": "2026-11-21T07:38:30Z"})
        ));
        // Before 1970 a fraction counts towards the later second; it is cut off all the same.
        assert!(same(
            json!({"restoreUntil": "1960-01-01T00:00:00.9Z"}),
            json!({"restoreUntil": "1960-01-01T00:00:00Z"})
        ));
        assert!(same(
            json!({"limits": {"memory": "1Gi"}}),
            json!({"limits": {"memory": "1024Mi"}})
        ));
        assert!(same(json!({"size": 1}), json!({"size": "1"})));
    }

    #[test]
    fn a_change_far_below_takes_no_longer_than_the_way_down() {
        // Each level was once compared twice, which makes a million times a million comparisons of forty levels.
        let nested = |leaf: serde_json::Value| (0..100).fold(leaf, |below, _| json!({"a": below, "b": 1}));
        let (old, new) = (nested(json!({"x": false, "y": 1})), nested(json!({"y": 1})));
        assert!(same(old, new));
    }

    #[test]
    fn the_order_of_keys_is_no_change() {
        let map = |range: &mut dyn Iterator<Item = usize>| {
            let entries = range.map(|number| (format!("k{number}").into(), Node::Number(number.to_string().into())));
            Node::Map(Map(entries.collect()))
        };
        let (old, new) = (map(&mut (0..100)), map(&mut (0..100).rev()));
        assert!(same_meaning(None, Some(&old), Some(&new)));
        let (less, other) = (map(&mut (0..99)), map(&mut (1..101).rev()));
        assert!(!same_meaning(None, Some(&old), Some(&less)) && !same_meaning(None, Some(&less), Some(&old)));
        assert!(!same_meaning(None, Some(&old), Some(&other)));
    }

    #[test]
    fn an_edit_is_a_change() {
        assert!(!same(json!({"a": "x"}), json!({"a": "y"})));
        assert!(!same(json!({"a": "x"}), json!({})));
        assert!(!same(json!({"a": [1, 2]}), json!({"a": [1]})));
        assert!(!same(json!({"bucket": "1000"}), json!({"bucket": "1e3"})));
        assert!(!same(json!({"size": "1G"}), json!({"size": "1Gi"})));
        assert!(!same(json!({"size": "much"}), json!({"size": "more"})));
        assert!(!same(
            json!({"pointInTime": "1969-12-31T23:59:59.5Z"}),
            json!({"pointInTime": "1970-01-01T00:00:00Z"})
        ));
        assert!(!same(json!({"pointInTime": "bad"}), json!({"pointInTime": "worse"})));
        assert!(!same(json!({"enabled": true}), json!({"enabled": false})));
    }
}
