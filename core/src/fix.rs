//! Changes that fix a finding: edits of fields, the JSON patch that they amount to, and their effect on a tree.

use std::borrow::Cow;

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, Patch, PatchOperation, RemoveOperation, ReplaceOperation};

use crate::document::{Map, Node, Path, Segment};

/// Who may apply a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FixKind {
    /// There is none.
    None,
    /// Fills an absent field with the only value that works; the webhook may apply it on CREATE.
    Default,
    /// Keeps what was meant, with certainty; `lint --fix` applies it.
    Safe,
    /// Probably what was meant; applied only when asked for.
    Unsafe,
}

/// A change that fixes a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// Who may apply it.
    pub kind: FixKind,
    /// What it does, as a command: ``use `0 2 * * *` ``.
    pub title: String,
    /// The edits, in order.
    pub edits: Vec<Edit>,
}

/// One edit of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Puts `value` at `path`; parents that are not there are made.
    Set {
        /// The field.
        path: Path,
        /// Its new value.
        value: serde_json::Value,
    },
    /// Takes the field away.
    Remove {
        /// The field.
        path: Path,
    },
    /// Gives the key at the end of `path` another name and keeps its value.
    Rename {
        /// The field.
        path: Path,
        /// The new last key.
        to: String,
    },
}

impl Fix {
    /// A fix that puts one value at one place.
    pub fn set(kind: FixKind, title: impl Into<String>, path: Path, value: impl Into<serde_json::Value>) -> Self {
        Self {
            kind,
            title: title.into(),
            edits: vec![Edit::Set {
                path,
                value: value.into(),
            }],
        }
    }

    /// A fix that takes one field away.
    pub fn remove(kind: FixKind, title: impl Into<String>, path: Path) -> Self {
        Self {
            kind,
            title: title.into(),
            edits: vec![Edit::Remove { path }],
        }
    }

    /// A fix that renames one key.
    pub fn rename(kind: FixKind, title: impl Into<String>, path: Path, to: impl Into<String>) -> Self {
        Self {
            kind,
            title: title.into(),
            edits: vec![Edit::Rename { path, to: to.into() }],
        }
    }
}

/// The tree after the edits. Edits of places that are not there (a key of a scalar, say) change nothing.
pub fn apply<'a>(object: &Node<'a>, edits: &[Edit]) -> Node<'a> {
    let mut object = object.clone();
    for edit in edits {
        match edit {
            Edit::Set { path, value } => set(&mut object, &path.0, Node::from(value.clone())),
            Edit::Remove { path } => {
                take(&mut object, path);
            }
            Edit::Rename { path, to } => rename(&mut object, path, to),
        }
    }
    object
}

fn set<'a>(node: &mut Node<'a>, segments: &[Segment], value: Node<'a>) {
    let Some((first, rest)) = segments.split_first() else {
        *node = value;
        return;
    };
    match first {
        Segment::Key(key) => {
            if node.is_null() {
                *node = Node::Map(Map::default());
            }
            let Node::Map(map) = node else { return };
            if map.get(key).is_none() {
                map.0.push((Cow::Owned(key.clone()), Node::Null));
            }
            if let Some(child) = map.get_mut(key) {
                set(child, rest, value);
            }
        }
        Segment::Index(index) => {
            if let Node::List(items) = node
                && let Some(item) = items.get_mut(*index)
            {
                set(item, rest, value);
            }
        }
    }
}

fn parent_map<'n, 'a>(object: &'n mut Node<'a>, path: &Path) -> Option<&'n mut Map<'a>> {
    let mut node = object;
    for segment in &path.parent()?.0 {
        node = match (segment, node) {
            (Segment::Key(key), Node::Map(map)) => map.get_mut(key)?,
            (Segment::Index(index), Node::List(items)) => items.get_mut(*index)?,
            _ => return None,
        };
    }
    match node {
        Node::Map(map) => Some(map),
        _ => None,
    }
}

fn take<'a>(object: &mut Node<'a>, path: &Path) -> Option<Node<'a>> {
    let key = path.last_key()?;
    let map = parent_map(object, path)?;
    let position = map.0.iter().position(|(name, _)| name == key)?;
    Some(map.0.remove(position).1)
}

fn rename(object: &mut Node<'_>, path: &Path, to: &str) {
    let Some(key) = path.last_key() else { return };
    let Some(map) = parent_map(object, path) else { return };
    if map.get(to).is_some() {
        return;
    }
    if let Some(entry) = map.0.iter_mut().find(|(name, _)| name == key) {
        entry.0 = Cow::Owned(to.to_owned());
    }
}

/// The edits as a JSON patch against `object`. Values whose parents are missing become one `add` of the shallowest
/// missing parent, so that the patch applies whatever else it holds.
pub fn patch(object: &Node<'_>, edits: &[Edit]) -> Patch {
    let mut operations: Vec<PatchOperation> = Vec::new();
    let mut current = object.clone();
    for edit in edits {
        match edit {
            Edit::Set { path, value } => operations.extend(set_operation(&mut current, path, value)),
            Edit::Remove { path } => {
                operations.extend(take(&mut current, path).map(|_| remove_operation(path)));
            }
            Edit::Rename { path, to } => {
                let Some(target) = path.parent().map(|parent| parent.key(to)) else {
                    continue;
                };
                if path.find(&current).is_some() && target.find(&current).is_none() {
                    rename(&mut current, path, to);
                    operations.push(PatchOperation::Add(AddOperation {
                        path: pointer(&target),
                        value: json(target.find(&current)),
                    }));
                    operations.push(remove_operation(path));
                }
            }
        }
    }
    Patch(merge_adds(operations))
}

/// Puts the value there and says how; `None` when it is there already, or when the way ends at something else.
fn set_operation(object: &mut Node<'_>, path: &Path, value: &serde_json::Value) -> Option<PatchOperation> {
    let value = Node::from(value.clone());
    if !is_reachable(object, path) || path.find(object) == Some(&value) {
        return None;
    }
    let is_there = |path: &Path, object: &Node<'_>| path.find(object).is_some_and(|node| !node.is_null());
    let replaces = is_there(path, object);
    let mut place = path.clone();
    while !replaces && let Some(parent) = place.parent().filter(|parent| !is_there(parent, object)) {
        place = parent;
    }
    set(object, &path.0, value);
    let (path, value) = (pointer(&place), json(place.find(object)));
    Some(if replaces {
        PatchOperation::Replace(ReplaceOperation { path, value })
    } else {
        PatchOperation::Add(AddOperation { path, value })
    })
}

/// Whether [`set`] gets to the end of the path: through mappings, items that are there, and what it makes on the way.
fn is_reachable(object: &Node<'_>, path: &Path) -> bool {
    let mut node = Some(object);
    for segment in &path.0 {
        node = match (segment, node) {
            (Segment::Key(_), None | Some(Node::Null)) => None,
            (Segment::Key(key), Some(Node::Map(map))) => map.get(key),
            (Segment::Index(index), Some(Node::List(items))) if *index < items.len() => items.get(*index),
            _ => return false,
        };
    }
    true
}

/// Folds an `add` below a value that an earlier `add` of the same patch has put there into that value.
fn merge_adds(operations: Vec<PatchOperation>) -> Vec<PatchOperation> {
    let mut merged: Vec<PatchOperation> = Vec::new();
    'operations: for operation in operations {
        if let PatchOperation::Add(add) = &operation {
            for earlier in &mut merged {
                if let PatchOperation::Add(earlier) = earlier
                    && let Some(below) = add.path.strip_prefix(&earlier.path)
                    && below.assign(&mut earlier.value, add.value.clone()).is_ok()
                {
                    continue 'operations;
                }
            }
        }
        merged.push(operation);
    }
    merged
}

fn remove_operation(path: &Path) -> PatchOperation {
    PatchOperation::Remove(RemoveOperation { path: pointer(path) })
}

fn pointer(path: &Path) -> PointerBuf {
    PointerBuf::from_tokens(path.0.iter().map(|segment| match segment {
        Segment::Key(key) => key.clone(),
        Segment::Index(index) => index.to_string(),
    }))
}

fn json(node: Option<&Node<'_>>) -> serde_json::Value {
    node.and_then(|node| serde_json::to_value(node).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(object: serde_json::Value, edits: &[Edit], operations: &serde_json::Value) {
        let node = Node::from(object.clone());
        let patch = patch(&node, edits);
        assert_eq!(&serde_json::to_value(&patch).unwrap(), operations);
        let mut patched = object;
        json_patch::patch(&mut patched, &patch).unwrap();
        assert_eq!(patched, serde_json::to_value(apply(&node, edits)).unwrap());
    }

    #[test]
    fn adds_the_shallowest_missing_parent_once() {
        let provider = Edit::Set {
            path: Path::dotted("spec.storage.cloud.provider"),
            value: json!("aws"),
        };
        let identity = Edit::Set {
            path: Path::dotted("spec.storage.cloud.identity.provider"),
            value: json!("aws"),
        };
        check(
            json!({"spec": {"storage": {"type": "s3"}}}),
            &[provider, identity],
            &json!([{"op": "add", "path": "/spec/storage/cloud",
                    "value": {"provider": "aws", "identity": {"provider": "aws"}}}]),
        );
    }

    #[test]
    fn replaces_removes_and_renames() {
        check(
            json!({"spec": {"a/b": 1, "old": {"x": true}}}),
            &[
                Edit::Set {
                    path: Path::dotted("spec").key("a/b"),
                    value: json!(2),
                },
                Edit::Rename {
                    path: Path::dotted("spec.old"),
                    to: "new".into(),
                },
                Edit::Remove {
                    path: Path::dotted("spec.new.x"),
                },
            ],
            &json!([{"op": "replace", "path": "/spec/a~1b", "value": 2},
                   {"op": "add", "path": "/spec/new", "value": {"x": true}},
                   {"op": "remove", "path": "/spec/old"},
                   {"op": "remove", "path": "/spec/new/x"}]),
        );
    }

    #[test]
    fn leaves_alone_what_it_cannot_reach() {
        let edit = Edit::Set {
            path: Path::dotted("spec.storage.cloud.provider"),
            value: json!("aws"),
        };
        check(json!({"spec": {"storage": "s3"}}), &[edit], &json!([]));
    }
}
