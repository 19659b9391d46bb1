//! The comments that suppress findings.

use super::place::{Lines, Places};
use super::span::{Span, Spans};

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
    let mut places = Places::new(lines, start);
    let mut found = Vec::new();
    for (place, _) in text.match_indices(MARK) {
        let offset = start + place;
        let line = lines.line_of(offset);
        let line_start = lines.starts.get(line).copied().unwrap_or(0).max(start);
        let before = lines
            .text
            .get(line_start..offset)
            .unwrap_or("")
            .trim_end_matches([' ', '\t']);
        let Some(before) = before.strip_suffix('#') else {
            continue;
        };
        let sign = line_start + before.len();
        if !(before.is_empty() || before.ends_with([' ', '\t'])) || is_in_scalar(spans, sign) {
            continue;
        }
        let rest = lines.text.get(offset..).unwrap_or("");
        let shown = rest[..rest.find('\n').unwrap_or(rest.len())].trim_end();
        let line_is_own = before.trim_start().is_empty() && line_start == lines.starts.get(line).copied().unwrap_or(0);
        found.push(Comment {
            text: shown.to_owned(),
            span: places.span(sign, offset + shown.len()),
            line_is_own,
        });
    }
    found
}

/// Whether a scalar has the byte at `offset`; a comment never is in one.
fn is_in_scalar(spans: &Spans, offset: usize) -> bool {
    let covers = spans.value.start.offset <= offset && offset < spans.value.end.offset;
    if spans.children.is_empty() {
        return covers
            && !matches!(
                spans.style,
                super::span::Style::Alias | super::span::Style::FlowMap | super::span::Style::FlowList
            );
    }
    covers && spans.children.iter().any(|(_, below)| is_in_scalar(below, offset))
}
