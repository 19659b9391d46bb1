//! "Did you mean": the field that a name of no meaning was probably meant to be.

use super::era::Era;
use super::table::{FieldSchema, Kind, ObjectSchema, Shape};
use crate::document::{Path, Segment};

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
    if name.len() <= 2 {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let length = lower.chars().count();
    let limit = (length / 4).max(1);
    schema
        .fields
        .iter()
        // Each character that one has more than the other is a step of its own.
        .filter(|entry| entry.name.len().abs_diff(length) <= limit && entry.shape(era).is_some())
        .map(|entry| (distance(&lower, &entry.name.to_ascii_lowercase()), entry))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, entry)| entry)
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

/// The number of characters to insert, delete, replace, or swap with the next one.
pub fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, from) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, to) in right.iter().enumerate() {
            let replaced = last[column] + usize::from(from != to);
            let mut cost = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && *from == right[column - 1] && left[row - 1] == *to {
                cost = cost.min(before_last[column - 1] + 1);
            }
            current.push(cost);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_a_swap_as_one() {
        assert_eq!(distance("shcedule", "schedule"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("bucket", "bukcets"), 2);
    }
}
