//! What `kubectl apply` was given, against what is stored.

use super::annotation::annotation;
use super::meaning::same_meaning;
use crate::document::trail::Trail;
use crate::document::{Node, Path};

/// The annotation in which `kubectl apply` keeps what it was given.
const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// More than the API server stores in all annotations of an object.
const LONGEST: usize = 1 << 18;
/// Nobody reads more warnings than this.
const MOST: usize = 20;

/// Returns the text that was applied last, or `None` if nothing tells.
pub(crate) fn last_applied<'n>(object: &'n Node<'_>) -> Option<&'n str> {
    annotation(object, ANNOTATION).filter(|text| text.len() <= LONGEST)
}

/// Returns the first fields below `spec` that were applied and say something, and that are not in `object`.
pub(crate) fn dropped(applied: &Node<'_>, object: &Node<'_>) -> Vec<Path> {
    let mut dropped = Vec::new();
    let (spec, stored) = (applied.get("spec"), object.get("spec"));
    collect(spec, stored, &Trail::root("spec"), &mut dropped);
    dropped
}

/// The first places where the applied object says something and the stored one has nothing.
fn collect(applied: Option<&Node<'_>>, stored: Option<&Node<'_>>, trail: &Trail<'_>, dropped: &mut Vec<Path>) {
    match (applied, stored) {
        (Some(Node::Map(applied)), Some(Node::Map(stored))) => {
            let stored = stored.index();
            for (key, value) in applied.iter() {
                let there = stored.get(key);
                if there.is_none() && !same_meaning(Some(key), Some(value), None) {
                    dropped.push(trail.key(key).path());
                } else if there.is_some() && matches!(value, Node::Map(_) | Node::List(_)) {
                    collect(Some(value), there, &trail.key(key), dropped);
                }
                if dropped.len() == MOST {
                    return;
                }
            }
        }
        (Some(Node::List(applied)), Some(Node::List(stored))) if applied.len() == stored.len() => {
            for (index, (value, there)) in applied.iter().zip(stored).enumerate() {
                collect(Some(value), Some(there), &trail.index(index), dropped);
                if dropped.len() == MOST {
                    return;
                }
            }
        }
        _ => {}
    }
}
