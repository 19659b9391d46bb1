//! The comments that suppress findings.

use super::place::{Lines, Places};
use super::span::{Span, Spans, Style};

/// What such a comment begins with.
const MARK: &str = "neo4jbackup:ignore";

/// A comment that begins with `neo4jbackup:ignore`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its text from `neo4jbackup:ignore` to the end of the line, without blanks at the end.
    pub text: String,
    /// From `#` to the last character.
    pub span: Span,
    /// Whether nothing else stands on its line, so that it speaks of the next one.
    pub line_is_own: bool,
}

/// The comments between two offsets that are not part of a value.
pub(super) fn comments(lines: &Lines<'_>, start: usize, end: usize, spans: &Spans) -> Vec<Comment> {
    let text = lines.text.get(start..end).unwrap_or("");
    let mut marks = text.match_indices(MARK).peekable();
    if marks.peek().is_none() {
        return Vec::new();
    }
    let scalars = Scalars::of(spans);
    let signs: Vec<Sign> = marks
        .filter_map(|(place, _)| Sign::at(lines, start, start + place))
        .filter(|sign| !scalars.have(sign.start))
        .collect();
    let mut places = Places::new(lines, start);
    let comment = |(position, sign): (usize, &Sign)| {
        // On a line of several, each ends where the next begins.
        let line_end = lines.starts.get(sign.line + 1).copied().unwrap_or(lines.text.len());
        let next = signs.get(position + 1).map_or(line_end, |next| next.start);
        let shown = lines.text.get(sign.mark..line_end.min(next)).unwrap_or("").trim_end();
        Comment {
            text: shown.to_owned(),
            span: places.span(sign.start, sign.mark + shown.len()),
            line_is_own: sign.line_is_own,
        }
    };
    signs.iter().enumerate().map(comment).collect()
}

/// A mark that stands behind a `#` where a comment can begin.
#[derive(Debug)]
struct Sign {
    /// The `#`.
    start: usize,
    mark: usize,
    line: usize,
    line_is_own: bool,
}

impl Sign {
    /// The sign of the mark at `mark`, when it has one; `first` is where the document begins.
    fn at(lines: &Lines<'_>, first: usize, mark: usize) -> Option<Self> {
        let line = lines.line_of(mark);
        let line_start = lines.starts.get(line).copied().unwrap_or(0);
        let from = line_start.max(first);
        let before = lines
            .text
            .get(from..mark)?
            .trim_end_matches([' ', '\t'])
            .strip_suffix('#')?;
        (before.is_empty() || before.ends_with([' ', '\t'])).then(|| Self {
            start: from + before.len(),
            mark,
            line,
            line_is_own: before.trim_start().is_empty() && from == line_start,
        })
    }
}

/// The stretches of the text that scalars have, in order; no two have a byte in common.
#[derive(Debug)]
struct Scalars(Vec<(usize, usize)>);

impl Scalars {
    fn of(spans: &Spans) -> Self {
        let mut found = Vec::new();
        Self::add(spans, (0, usize::MAX), &mut found);
        found.sort_unstable();
        Self(found)
    }

    /// Adds the scalars below `spans`, as far as the values around them reach.
    fn add(spans: &Spans, (from, to): (usize, usize), found: &mut Vec<(usize, usize)>) {
        let (start, end) = (spans.value.start.offset.max(from), spans.value.end.offset.min(to));
        if start >= end {
            return;
        }
        let is_scalar = !matches!(spans.style, Style::Alias | Style::FlowMap | Style::FlowList);
        if spans.children.is_empty() && is_scalar {
            found.push((start, end));
        }
        for (_, below) in &spans.children {
            Self::add(below, (start, end), found);
        }
    }

    /// Whether a scalar has the byte at `offset`; a comment never is in one.
    fn have(&self, offset: usize) -> bool {
        let next = self.0.partition_point(|(start, _)| *start <= offset);
        next.checked_sub(1)
            .and_then(|last| self.0.get(last))
            .is_some_and(|(_, end)| offset < *end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::{Limits, parse};

    /// What [`Scalars`] answers, by looking at every value.
    fn is_in_scalar(spans: &Spans, offset: usize) -> bool {
        let covers = spans.value.start.offset <= offset && offset < spans.value.end.offset;
        if spans.children.is_empty() {
            return covers && !matches!(spans.style, Style::Alias | Style::FlowMap | Style::FlowList);
        }
        covers && spans.children.iter().any(|(_, below)| is_in_scalar(below, offset))
    }

    proptest! {
        #[test]
        fn the_scalars_are_those_of_the_tree(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "a: 1", "b: |", "c: &x {d: [e, \"f # g\"]}", "h: *x", "<<: *x", "i:", "- j", "k: 'l", "m'", "n: # o", "\n",
                    "\n  ", "\n    ", "---",
                ]),
                0..24,
            )
        ) {
            let text = pieces.concat();
            for document in parse(&text, &Limits::default()).documents {
                let scalars = Scalars::of(&document.spans);
                for offset in 0..=text.len() {
                    prop_assert_eq!(scalars.have(offset), is_in_scalar(&document.spans, offset), "{} in {:?}", offset, text);
                }
            }
        }
    }

    #[test]
    fn a_line_may_have_several() {
        let text = "a: 1 # neo4jbackup:ignore NB5001 one # neo4jbackup:ignore NB7001 two\n";
        let parsed = parse(text, &Limits::default());
        let texts: Vec<&str> = parsed.documents[0]
            .comments
            .iter()
            .map(|comment| comment.text.as_str())
            .collect();
        assert_eq!(
            texts,
            ["neo4jbackup:ignore NB5001 one", "neo4jbackup:ignore NB7001 two"]
        );
    }
}
