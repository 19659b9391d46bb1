//! How fields are read that borrow from the text of an object and outlive its tree.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::document::{Map, Node};
use crate::model::ObjectRef;

/// A text of an object.
pub type Text<'s> = Cow<'s, str>;

/// The text at a dotted path; empty when there is none.
pub(super) fn text<'s>(object: &Node<'s>, path: &str) -> Text<'s> {
    object.at(path).and_then(text_of).unwrap_or_default()
}

/// The text at a dotted path.
pub(super) fn optional<'s>(object: &Node<'s>, path: &str) -> Option<Text<'s>> {
    object.at(path).and_then(text_of)
}

/// The text of a scalar.
pub(super) fn text_of<'s>(node: &Node<'s>) -> Option<Text<'s>> {
    match node {
        Node::String(text) | Node::Number(text) => Some(text.clone()),
        _ => None,
    }
}

/// The value under a key that may have dots in it, such as that of a label.
pub(super) fn entry<'s>(object: &Node<'s>, path: &str, key: &str) -> Option<Text<'s>> {
    object.at(path)?.get(key).and_then(text_of)
}

/// The time at a dotted path.
pub(super) fn time(object: &Node<'_>, path: &str) -> Option<Timestamp> {
    object.at(path)?.as_str()?.parse().ok()
}

/// The number at a dotted path; 0 when there is none.
pub(super) fn number(object: &Node<'_>, path: &str) -> u64 {
    optional_number(object, path).unwrap_or_default()
}

/// The number at a dotted path.
pub(super) fn optional_number(object: &Node<'_>, path: &str) -> Option<u64> {
    object.at(path)?.scalar_text()?.parse().ok()
}

/// The items at a dotted path.
pub(super) fn items<'n, 's>(object: &'n Node<'s>, path: &str) -> &'n [Node<'s>] {
    object.at(path).and_then(Node::as_list).unwrap_or_default()
}

/// The name of an object of one of Kubernetes' own kinds.
pub(super) fn reference(api_version: &str, kind: &str, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

/// The name of an object of one of the operator's kinds.
pub(super) fn reference_of(object: &Node<'_>, kind: &str) -> ObjectRef {
    // What is no mapping has no name either.
    ObjectRef::of(object).unwrap_or_else(|| reference("", kind, "", ""))
}

/// Whether the operator has not written a single word about an object.
pub(super) fn is_silent(object: &Node<'_>) -> bool {
    let status = object.get("status").and_then(Node::as_map);
    status.is_none_or(Map::is_empty)
}

/// Whether the status of an object is of an older spec.
pub(super) fn is_outdated(object: &Node<'_>) -> bool {
    let observed = optional_number(object, "status.observedGeneration");
    let generation = optional_number(object, "metadata.generation");
    matches!((observed, generation), (Some(observed), Some(generation)) if observed < generation)
}

/// A condition in the status of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition<'s> {
    /// Its type: `Complete`.
    pub kind: Text<'s>,
    /// `True`, `False` or `Unknown`.
    pub status: Text<'s>,
    /// A word.
    pub reason: Text<'s>,
    /// A sentence.
    pub message: Text<'s>,
    /// When it last changed.
    pub since: Option<Timestamp>,
}

impl Condition<'_> {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        self.status == "True"
    }
}

/// The conditions of an object.
pub(super) fn conditions<'s>(object: &Node<'s>) -> Vec<Condition<'s>> {
    let of = |node: &Node<'s>| Condition {
        kind: text(node, "type"),
        status: text(node, "status"),
        reason: text(node, "reason"),
        message: text(node, "message"),
        since: time(node, "lastTransitionTime"),
    };
    items(object, "status.conditions").iter().map(of).collect()
}
