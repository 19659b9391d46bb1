//! "Did you mean": the field that a name of no meaning was probably meant to be.

use super::structural::{Object, Property, StructuralSchema, Type};
use crate::did_you_mean;
use crate::document::{Path, Segment};

/// Names shorter than this occur in too many places to guess which was meant.
const SHORTEST_MISPLACED: usize = 5;
/// No field name is longer, so a longer one is no misspelling and needs no comparing.
const LONGEST_NAME: usize = 40;

/// A field that was probably meant.
pub(super) struct Suggestion {
    pub(super) path: Path,
    /// Whether it changes what happens, as far as the tables know.
    pub(super) changes_meaning: bool,
}

/// The field that `name` at `path` probably stands for: a sibling that is spelt almost like it, or a field of that very
/// name elsewhere.
pub(super) fn meant(
    schema: &StructuralSchema,
    siblings: Option<&Object>,
    path: &Path,
    name: &str,
) -> Option<Suggestion> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    if let (Some(object), Some(parent)) = (siblings, path.parent())
        && let Some(property) = nearest(object, name)
    {
        return Some(Suggestion {
            path: parent.key(&property.name),
            changes_meaning: changes_meaning(object, property),
        });
    }
    if name.len() < SHORTEST_MISPLACED {
        return None;
    }
    let mut search = Search {
        name,
        trail: vec!["spec"],
        best: None,
    };
    search.below(&schema.spec);
    // Within a list the path holds an index; a place outside it is then as likely wrong as right.
    let is_in_list = || path.0.iter().any(|segment| matches!(segment, Segment::Index(_)));
    let (trail, changes_meaning) = search.best.filter(|_| !is_in_list())?;
    let segments = trail.into_iter().map(|key| Segment::Key(key.to_owned()));
    Some(Suggestion {
        path: Path(segments.collect()),
        changes_meaning,
    })
}

fn nearest<'s>(object: &'s Object, name: &str) -> Option<&'s Property> {
    let here = object.properties.iter().map(|property| property.name.as_ref());
    did_you_mean::closest(name, here).and_then(|found| object.property(found))
}

/// A field that no table knows is there for something.
fn changes_meaning(object: &Object, property: &Property) -> bool {
    let entry = object.table.and_then(|table| table.entry(&property.name));
    entry.is_none_or(|entry| entry.absence.changes_meaning)
}

/// The way to a field of some name, case apart, that is the shortest so far, and whether the field changes what happens.
struct Search<'s> {
    name: &'s str,
    trail: Vec<&'s str>,
    best: Option<(Vec<&'s str>, bool)>,
}

impl<'s> Search<'s> {
    fn below(&mut self, object: &'s Object) {
        for property in &object.properties {
            self.trail.push(&property.name);
            let is_shorter = self
                .best
                .as_ref()
                .is_none_or(|(found, _)| self.trail.len() < found.len());
            if is_shorter && property.name.eq_ignore_ascii_case(self.name) {
                self.best = Some((self.trail.clone(), changes_meaning(object, property)));
            } else if let Type::Object(below) = &property.value {
                self.below(below);
            }
            self.trail.pop();
        }
    }
}
