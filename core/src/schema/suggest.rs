//! "Did you mean": the field that a name of no meaning was probably meant to be.

use super::table::{FieldSchema, Kind, ObjectSchema, Shape};
use crate::did_you_mean;
use crate::document::{Path, Segment};
use crate::operator::Era;

/// Names shorter than this occur in too many places to guess which was meant.
const SHORTEST_MISPLACED: usize = 5;
/// No field name is longer, so a longer one is no misspelling and needs no comparing.
const LONGEST_NAME: usize = 40;

/// The field that `name` at `path` probably stands for: a sibling that is spelt almost like it, or a field of that very
/// name elsewhere.
pub(super) fn meant(
    kind: Kind,
    era: Era,
    siblings: Option<&'static ObjectSchema>,
    path: &Path,
    name: &str,
) -> Option<(Path, &'static FieldSchema)> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    if let (Some(entry), Some(parent)) = (siblings.and_then(|schema| nearest(schema, era, name)), path.parent()) {
        return Some((parent.key(entry.name), entry));
    }
    if name.len() < SHORTEST_MISPLACED {
        return None;
    }
    let mut search = Search {
        era,
        name,
        trail: vec!["spec"],
        best: None,
    };
    search.below(&kind.schema().spec);
    // Within a list the path holds an index; a place outside it is then as likely wrong as right.
    let is_in_list = || path.0.iter().any(|segment| matches!(segment, Segment::Index(_)));
    let (trail, entry) = search.best.filter(|_| !is_in_list())?;
    let segments = trail.into_iter().map(|key| Segment::Key(key.to_owned()));
    Some((Path(segments.collect()), entry))
}

fn nearest(schema: &'static ObjectSchema, era: Era, name: &str) -> Option<&'static FieldSchema> {
    let here = schema.fields.iter().filter(|entry| entry.shape(era).is_some());
    did_you_mean::closest(name, here.map(|entry| entry.name)).and_then(|found| schema.entry(found))
}

/// The way to a field of some name, case apart, that is the shortest so far.
struct Search<'s> {
    era: Era,
    name: &'s str,
    trail: Vec<&'static str>,
    best: Option<(Vec<&'static str>, &'static FieldSchema)>,
}

impl Search<'_> {
    fn below(&mut self, schema: &'static ObjectSchema) {
        for entry in schema.fields {
            let Some(shape) = entry.shape(self.era) else { continue };
            self.trail.push(entry.name);
            let is_shorter = self
                .best
                .as_ref()
                .is_none_or(|(found, _)| self.trail.len() < found.len());
            if is_shorter && entry.name.eq_ignore_ascii_case(self.name) {
                self.best = Some((self.trail.clone(), entry));
            } else if let Shape::Object(below) = shape {
                self.below(below);
            }
            self.trail.pop();
        }
    }
}
