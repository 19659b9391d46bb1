//! "Unchanged" by meaning: an update that leaves a field alone is never denied for it.
//!
//! The operator writes whole objects back from typed structs: it drops zero values, turns instants to UTC and cuts
//! their fractions. None of that is an edit.

use crate::document::{Node, Path};
use crate::finding::{Finding, Severity};
use crate::rule::RuleMeta;
use crate::values::{point_in_time, quantity};

/// Marks the errors of rules whose fields the update left alone.
pub fn ratchet(
    findings: &mut [Finding],
    meta_of: impl Fn(&str) -> Option<&'static RuleMeta>,
    old: &Node<'_>,
    new: &Node<'_>,
) {
    for finding in findings
        .iter_mut()
        .filter(|finding| finding.severity == Severity::Error)
    {
        let Some(meta) = meta_of(finding.code) else { continue };
        finding.ratcheted = meta.reads.iter().all(|path| {
            let path = Path::dotted(path);
            same_meaning(path.last_key(), path.find(old), path.find(new))
        });
    }
}

/// Whether two values mean the same to the operator. `key` is the name of the field that holds them.
pub fn same_meaning(key: Option<&str>, old: Option<&Node<'_>>, new: Option<&Node<'_>>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(value), None) | (None, Some(value)) => is_zero(value),
        (Some(old), Some(new)) => old == new || same_value(key, old, new),
    }
}

fn same_value(key: Option<&str>, old: &Node<'_>, new: &Node<'_>) -> bool {
    if is_zero(old) && is_zero(new) {
        return true;
    }
    match (old, new) {
        (Node::Map(old_map), Node::Map(new_map)) => {
            let quantities = matches!(key, Some("limits" | "requests"));
            let same = |name: &str| {
                let key = if quantities { Some("size") } else { Some(name) };
                same_meaning(key, old_map.get(name), new_map.get(name))
            };
            old_map.iter().all(|(name, _)| same(name)) && new_map.iter().all(|(name, _)| same(name))
        }
        (Node::List(old_items), Node::List(new_items)) => {
            old_items.len() == new_items.len()
                && old_items
                    .iter()
                    .zip(new_items)
                    .all(|(old, new)| same_meaning(key, Some(old), Some(new)))
        }
        _ => match (key, old.scalar_text(), new.scalar_text()) {
            (Some("pointInTime" | "restoreUntil"), Some(old), Some(new)) => same_instant(old, new),
            (Some("size" | "divisor"), Some(old), Some(new)) => same_quantity(old, new),
            _ => false,
        },
    }
}

/// Fractions do not count: the operator's own write loses them.
fn same_instant(old: &str, new: &str) -> bool {
    match (point_in_time::parse(old), point_in_time::parse(new)) {
        (Ok(old), Ok(new)) => old.timestamp().as_second() == new.timestamp().as_second(),
        _ => false,
    }
}

fn same_quantity(old: &str, new: &str) -> bool {
    match (quantity::parse(old), quantity::parse(new)) {
        (Ok(old), Ok(new)) => old == new,
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
        assert!(same(
            json!({"limits": {"memory": "1Gi"}}),
            json!({"limits": {"memory": "1024Mi"}})
        ));
        assert!(same(json!({"size": 1}), json!({"size": "1"})));
    }

    #[test]
    fn an_edit_is_a_change() {
        assert!(!same(json!({"a": "x"}), json!({"a": "y"})));
        assert!(!same(json!({"a": "x"}), json!({})));
        assert!(!same(json!({"a": [1, 2]}), json!({"a": [1]})));
        assert!(!same(json!({"bucket": "1000"}), json!({"bucket": "1e3"})));
        assert!(!same(json!({"pointInTime": "bad"}), json!({"pointInTime": "worse"})));
        assert!(!same(json!({"enabled": true}), json!({"enabled": false})));
    }
}
