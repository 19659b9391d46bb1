//! A part of a text that is to be redacted.

use std::ops::Range;

use super::kind::Kind;

/// A part of a text that is to be redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The part.
    pub(super) range: Range<usize>,
    /// What it is.
    pub(super) kind: Kind,
    /// The value without the escapes around it.
    pub(super) value: String,
}

impl Found {
    /// A part of a text as it stands there.
    pub(super) fn of(text: &str, range: Range<usize>, kind: Kind) -> Self {
        let value = text[range.clone()].to_owned();
        Self { range, kind, value }
    }
}

/// Makes of parts that overlap one, of the kind of the one that begins first; those in order that are left.
pub(super) fn merged(text: &str, mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by(|one, other| {
        let key = |found: &Found| (found.range.start, usize::MAX - found.range.end);
        key(one).cmp(&key(other))
    });
    let mut merged: Vec<Found> = Vec::new();
    for part in found {
        match merged.last_mut().filter(|last| part.range.start < last.range.end) {
            Some(last) if part.range.end > last.range.end => {
                last.range.end = part.range.end;
                text[last.range.clone()].clone_into(&mut last.value);
            }
            Some(_) => {}
            None => merged.push(part),
        }
    }
    merged
}
