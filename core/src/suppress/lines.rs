//! Which fields begin on which lines, for all lines that somebody asks for at once.

use crate::document::{Path, Spans};

/// The fields that begin on each of the lines `wanted`, which are in ascending order: of a field that does, nothing below
/// it. One walk over the values, however many lines are asked for.
pub(super) fn fields_on(spans: &Spans, wanted: &[usize]) -> Vec<Vec<Path>> {
    let mut walk = Walk {
        wanted,
        found: wanted.iter().map(|_| Vec::new()).collect(),
        path: Path::root(),
    };
    walk.below(spans, 0, usize::MAX);
    walk.found
}

struct Walk<'w> {
    wanted: &'w [usize],
    found: Vec<Vec<Path>>,
    path: Path,
}

impl Walk<'_> {
    /// Looks below a value; `from` and `to` are the first and the last line of which the fields above say nothing.
    fn below(&mut self, spans: &Spans, from: usize, to: usize) {
        for (segment, below) in &spans.children {
            let start = below.key.unwrap_or(below.value).start.line;
            let place = self
                .wanted
                .binary_search(&start)
                .ok()
                .filter(|_| from <= start && start <= to);
            let (from, to) = (from.max(start.saturating_add(1)), to.min(below.value.end.line));
            let goes_on = !below.children.is_empty() && self.any_in(from, to);
            if place.is_none() && !goes_on {
                continue;
            }
            self.path.0.push(segment.clone());
            if let Some(found) = place.and_then(|place| self.found.get_mut(place)) {
                found.push(self.path.clone());
            }
            if goes_on {
                self.below(below, from, to);
            }
            self.path.0.pop();
        }
    }

    fn any_in(&self, from: usize, to: usize) -> bool {
        let next = self.wanted.partition_point(|line| *line < from);
        self.wanted.get(next).is_some_and(|line| *line <= to)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::{Limits, parse};

    /// What [`fields_on`] answers, by a walk for one line.
    fn fields_on_line(spans: &Spans, line: usize, path: &mut Path, places: &mut Vec<Path>) {
        for (segment, below) in &spans.children {
            path.0.push(segment.clone());
            let start = below.key.unwrap_or(below.value).start.line;
            if start == line {
                places.push(path.clone());
            } else if start < line && line <= below.value.end.line {
                fields_on_line(below, line, path, places);
            }
            path.0.pop();
        }
    }

    proptest! {
        #[test]
        fn one_walk_finds_what_a_walk_for_each_line_finds(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "a: 1", "b:", "c: &x {d: [e, f],\n g: {h: i}}", "j: *x", "<<: *x", "- k", "- l: m", "\n", "\n  ", "\n    ",
                ]),
                0..24,
            ),
            wanted in prop::collection::btree_set(0_usize..14, 0..14),
        ) {
            let wanted: Vec<usize> = wanted.into_iter().collect();
            for document in parse(&pieces.concat(), &Limits::default()).documents {
                let found = fields_on(&document.spans, &wanted);
                for (line, found) in wanted.iter().zip(found) {
                    let mut expected = Vec::new();
                    fields_on_line(&document.spans, *line, &mut Path::root(), &mut expected);
                    prop_assert_eq!(found, expected);
                }
            }
        }
    }
}
