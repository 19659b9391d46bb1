//! One YAML document: the events of the parser, with exact ends, into the builder.
//!
//! The parser counts characters, lets the span of a block scalar begin at its content, and lets that of a list without
//! indentation begin behind its dash. Each place is therefore looked up again in the source.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::builder::{Builder, Stopped};
use super::node::Node;
use super::place::Offsets;
use super::problem::ProblemKind;
use super::scalar::{resolve, resolve_tagged};
use super::span::Style;
use crate::quoted::quoted;

/// Why a document was not read to its end.
pub(super) enum Failure {
    /// A bound or another problem that the builder already holds.
    Stopped,
    /// The parser's own error, and the byte offset in the file.
    Scan(ScanError, usize),
}

impl From<Stopped> for Failure {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// Reads the document that `source` holds: the stretch of the file at `base`, changed in nothing but blanks.
pub(super) fn read(builder: &mut Builder<'_, '_>, source: &str, base: usize) -> Result<(), Failure> {
    let mut reader = Reader {
        offsets: Offsets::new(source),
        base,
        end: base + source.len(),
        last: base,
    };
    let mut content = false;
    for event in Parser::new_from_str(source) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let at = base + reader.offsets.offset(error.marker().index());
                return Err(Failure::Scan(error, at));
            }
        };
        if matches!(event, Event::DocumentStart(_)) && std::mem::replace(&mut content, true) {
            return Ok(());
        }
        let start = base + reader.offsets.offset(span.start.index());
        let end = base + reader.offsets.offset(span.end.index());
        reader.event(builder, event, start, end)?;
    }
    Ok(())
}

/// The value that a scalar stands for.
pub(super) fn value<'a>(
    builder: &mut Builder<'_, 'a>,
    text: Cow<'a, str>,
    style: Style,
    tag: Option<&Tag>,
    start: usize,
    end: usize,
) -> Node<'a> {
    let plain = matches!(style, Style::Plain | Style::Absent);
    let resolved = match tag {
        Some(tag) if tag.is_yaml_core_schema() => resolve_tagged(&tag.suffix, text, plain),
        None if plain => resolve(text),
        _ => Some(Node::String(text)),
    };
    if let Some(node) = resolved {
        return node;
    }
    let shown = builder.places.text(start, end);
    let message = format!(
        "{} is a number that JSON does not have, so kubectl cannot send it",
        quoted(shown)
    );
    builder.problem(
        ProblemKind::NotJson,
        message,
        "put the value in quotes, or write a finite number",
        start,
        end,
    );
    Node::String(Cow::Borrowed(shown))
}

struct Reader<'s> {
    offsets: Offsets<'s>,
    /// Where the document begins and ends in the file.
    base: usize,
    end: usize,
    /// Where the last key, value or opening bracket ended.
    last: usize,
}

impl Reader<'_> {
    fn event(
        &mut self,
        builder: &mut Builder<'_, '_>,
        event: Event<'_>,
        start: usize,
        end: usize,
    ) -> Result<(), Stopped> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_deref();
                self.scalar(builder, text, style, anchor, tag, (start, end))
            }
            Event::Alias(anchor) => {
                self.last = end;
                builder.alias(anchor, start, end)
            }
            Event::SequenceStart(anchor, tag) => {
                let start = self.behind_properties(builder, start, anchor > 0 || tag.is_some());
                if self.byte(builder, start) == Some(b'[') {
                    self.last = start + 1;
                    return builder.open(Style::FlowList, start, anchor);
                }
                let start = self.dash(builder, start);
                self.last = start;
                builder.open(Style::BlockList, start, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                let start = self.behind_properties(builder, start, anchor > 0 || tag.is_some());
                let braces = self.byte(builder, start) == Some(b'{') && end > start;
                self.last = if braces { start + 1 } else { start };
                builder.open(if braces { Style::FlowMap } else { Style::BlockMap }, start, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let closed = match (builder.open_style(), self.byte(builder, start)) {
                    (Some(Style::FlowList), Some(b']')) | (Some(Style::FlowMap), Some(b'}')) => Some(start + 1),
                    _ => None,
                };
                self.last = closed.unwrap_or(self.last);
                builder.close(closed)
            }
            _ => Ok(()),
        }
    }

    fn scalar<'a>(
        &mut self,
        builder: &mut Builder<'_, 'a>,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        (start, end): (usize, usize),
    ) -> Result<(), Stopped> {
        let has_properties = anchor > 0 || tag.is_some();
        let (start, end, style) = match style {
            ScalarStyle::Plain if text.is_empty() => {
                let place = self.absent(builder, start);
                (place, place, Style::Absent)
            }
            ScalarStyle::Plain => {
                let start = self.behind_properties(builder, start, has_properties);
                (
                    start,
                    plain_end(builder.places.text(start, self.end), start, &text),
                    Style::Plain,
                )
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                let start = self.behind_properties(builder, start, has_properties);
                let style = if style == ScalarStyle::SingleQuoted {
                    Style::SingleQuoted
                } else {
                    Style::DoubleQuoted
                };
                (
                    start,
                    start + quoted_length(builder.places.text(start, self.end)),
                    style,
                )
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let header = self.block_header(builder);
                let style = if style == ScalarStyle::Literal {
                    Style::Literal
                } else {
                    Style::Folded
                };
                (
                    header,
                    block_end(builder.places.text(header, end), header, &text),
                    style,
                )
            }
        };
        self.last = self.last.max(end);
        let quote = usize::from(matches!(style, Style::SingleQuoted | Style::DoubleQuoted));
        let shown = builder.places.text(start + quote, end.saturating_sub(quote));
        let merge = builder.expects_key() && style == Style::Plain && text == "<<";
        let text: Cow<'a, str> = if shown == text {
            Cow::Borrowed(shown)
        } else {
            Cow::Owned(text.into_owned())
        };
        let node = value(builder, text, style, tag, start, end);
        if builder.expects_key() {
            return builder.key(node, merge, start, end, anchor);
        }
        builder.scalar(node, style, start, end, anchor)
    }

    fn byte(&self, builder: &Builder<'_, '_>, at: usize) -> Option<u8> {
        builder.places.text(at, self.end).as_bytes().first().copied()
    }

    /// Where a value begins whose tag and anchor begin at `start`.
    fn behind_properties(&self, builder: &Builder<'_, '_>, start: usize, has_properties: bool) -> usize {
        if !has_properties {
            return start;
        }
        let text = builder.places.text(start, self.end);
        let mut at = 0;
        // One tag and one anchor, in either order.
        for _ in 0..2 {
            if text[at..].starts_with(['!', '&']) {
                at += text[at..]
                    .find([' ', '\t', '\n', '\r', ',', ']', '}'])
                    .unwrap_or(text.len() - at);
                at += blanks_and_comments(&text[at..]);
            }
        }
        start + at
    }

    /// The dash of the first item of a block list, for which the parser gives the dash or the place behind it.
    fn dash(&self, builder: &Builder<'_, '_>, start: usize) -> usize {
        // Only the value of a mapping may be a list without indentation of its own.
        if builder.open_style() != Some(Style::BlockMap) {
            return start;
        }
        if self.byte(builder, start) == Some(b'-') {
            let text = builder.places.text(start + 1, self.end);
            if text.is_empty() || text.starts_with([' ', '\t', '\n', '\r']) {
                // `- - a`: without indentation, the place behind the outer dash may be that of an inner one.
                let line = builder.places.text(self.last.min(start), start);
                return line.rfind('\n').map_or(start, |place| {
                    first_dash(line, place + 1).map_or(start, |dash| self.last.min(start) + dash)
                });
            }
        }
        let from = self.last.min(start);
        let between = builder.places.text(from, start);
        let mut at = 0;
        while at < between.len() {
            at += blanks_and_comments(&between[at..]);
            match between.as_bytes().get(at) {
                Some(b'-') => return from + at,
                Some(byte) if byte.is_ascii() => at += 1,
                _ => break,
            }
        }
        start
    }

    /// Where a value would stand that is not there.
    fn absent(&self, builder: &Builder<'_, '_>, start: usize) -> usize {
        let sign = match builder.open_style() {
            None => return start.max(self.base),
            Some(_) if builder.expects_key() => return start,
            Some(Style::BlockList) => b'-',
            Some(Style::FlowList) => return start,
            Some(_) => b':',
        };
        let text = builder.places.text(self.last, self.end);
        let at = blanks_and_comments(text);
        if text.as_bytes().get(at) == Some(&sign) {
            self.last + at + 1
        } else {
            self.last
        }
    }

    /// The `|` or `>` of the block scalar that comes next.
    fn block_header(&self, builder: &Builder<'_, '_>) -> usize {
        let text = builder.places.text(self.last, self.end);
        let mut at = 0;
        while at < text.len() {
            at += blanks_and_comments(&text[at..]);
            match text.as_bytes().get(at) {
                Some(b'|' | b'>') => return self.last + at,
                Some(b'!' | b'&') => at += text[at..].find([' ', '\t', '\n', '\r']).unwrap_or(text.len() - at),
                Some(byte) if byte.is_ascii() => at += 1,
                _ => break,
            }
        }
        self.last
    }
}

fn first_dash(line: &str, from: usize) -> Option<usize> {
    let rest = &line[from..];
    let at = rest.len() - rest.trim_start_matches(' ').len();
    (rest.as_bytes().get(at) == Some(&b'-')).then_some(from + at)
}

/// The length of the blanks, line ends and comments that `text` begins with.
fn blanks_and_comments(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'#' => at += text[at..].find('\n').unwrap_or(text.len() - at),
            _ => break,
        }
    }
    at
}

/// The end of a plain scalar: where the last of its characters that are no blanks has been seen.
fn plain_end(source: &str, start: usize, text: &str) -> usize {
    if source.starts_with(text) {
        return start + text.len();
    }
    let mut left = text
        .chars()
        .filter(|character| !character.is_ascii_whitespace())
        .count();
    for (at, character) in source.char_indices() {
        if !character.is_ascii_whitespace() {
            left = left.saturating_sub(1);
            if left == 0 {
                return start + at + character.len_utf8();
            }
        }
    }
    start + source.len()
}

/// The length of the quoted scalar that `source` begins with, quotes included.
fn quoted_length(source: &str) -> usize {
    let bytes = source.as_bytes();
    let Some(quote) = bytes.first() else { return 0 };
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if *quote == b'"' => at += 1,
            byte if byte == quote => {
                if *quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') {
                    at += 1;
                } else {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    source.len()
}

/// The end of the block scalar that begins at `header`, of which the parser has taken `source`: that of its last line
/// that is not blank.
fn block_end(source: &str, header: usize, text: &str) -> usize {
    if text.trim().is_empty() {
        let indicators = source
            .bytes()
            .skip(1)
            .take_while(|byte| matches!(byte, b'+' | b'-' | b'0'..=b'9'))
            .count();
        return header + 1 + indicators;
    }
    let visible = source.trim_end_matches([' ', '\t', '\n', '\r']).len();
    let line = source[visible..].find(['\n', '\r']).unwrap_or(source.len() - visible);
    header + visible + line
}
