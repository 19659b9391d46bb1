//! From byte offsets to lines and columns, without counting anything twice.

use super::span::{Position, Span};

/// The first byte of every line of a file.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    pub(super) text: &'a str,
    pub(super) starts: Vec<usize>,
    /// Whether byte and character columns are the same everywhere.
    ascii: bool,
}

impl<'a> Lines<'a> {
    /// `first` is the start of the first line: the byte after a byte order mark, which no editor counts.
    pub(super) fn new(text: &'a str, first: usize) -> Self {
        let mut starts = vec![first];
        starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .map(|(offset, _)| offset + 1),
        );
        Self {
            text,
            starts,
            ascii: text.is_ascii(),
        }
    }

    /// The index of the line that holds `offset`.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The text of a line without its end.
    pub(super) fn line(&self, index: usize) -> &'a str {
        let Some(start) = self.starts.get(index) else { return "" };
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        self.text.get(*start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

/// Turns offsets into positions; asking for places near each other is cheap, in either direction.
#[derive(Debug)]
pub(super) struct Places<'l, 'a> {
    lines: &'l Lines<'a>,
    line: usize,
    /// A known offset in the current line, and its column from 0.
    known: (usize, usize),
}

impl<'l, 'a> Places<'l, 'a> {
    pub(super) fn new(lines: &'l Lines<'a>, offset: usize) -> Self {
        let line = lines.line_of(offset);
        Self {
            lines,
            line,
            known: (lines.starts.get(line).copied().unwrap_or(0), 0),
        }
    }

    pub(super) fn position(&mut self, offset: usize) -> Position {
        let starts = &self.lines.starts;
        let mut line = self.line;
        while line > 0 && starts[line] > offset {
            line -= 1;
        }
        while starts.get(line + 1).is_some_and(|start| *start <= offset) {
            line += 1;
        }
        let start = starts[line];
        if line != self.line {
            self.line = line;
            self.known = (start, 0);
        }
        let column = if self.lines.ascii {
            offset.saturating_sub(start)
        } else {
            let (known, column) = self.known;
            let bytes = self.lines.text.as_bytes();
            if offset >= known {
                column + characters(&bytes[known..offset])
            } else {
                column - characters(&bytes[offset.max(start)..known])
            }
        };
        self.known = (offset.max(start), column);
        Position {
            line: line + 1,
            column: column + 1,
            offset,
        }
    }

    /// The text between two offsets; empty when they are no such thing.
    pub(super) fn text(&self, start: usize, end: usize) -> &'a str {
        self.lines.text.get(start..end).unwrap_or("")
    }

    pub(super) fn span(&mut self, start: usize, end: usize) -> Span {
        Span {
            start: self.position(start),
            end: self.position(end.max(start)),
        }
    }
}

/// The number of characters that begin in `bytes`.
pub(super) fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// Turns the parser's count of characters into byte offsets, from the last answer on.
#[derive(Debug)]
pub(super) struct Offsets<'a> {
    text: &'a str,
    ascii: bool,
    index: usize,
    offset: usize,
}

impl<'a> Offsets<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            ascii: text.is_ascii(),
            index: 0,
            offset: 0,
        }
    }

    /// The byte offset of the character `index`, or the end of the text.
    pub(super) fn offset(&mut self, index: usize) -> usize {
        if self.ascii {
            return index.min(self.text.len());
        }
        let bytes = self.text.as_bytes();
        let starts = |offset: usize| bytes.get(offset).is_none_or(|byte| *byte & 0xC0 != 0x80);
        while self.index < index && self.offset < bytes.len() {
            self.offset += 1;
            while !starts(self.offset) {
                self.offset += 1;
            }
            self.index += 1;
        }
        while self.index > index && self.offset > 0 {
            self.offset -= 1;
            while !starts(self.offset) {
                self.offset -= 1;
            }
            self.index -= 1;
        }
        self.offset
    }
}
