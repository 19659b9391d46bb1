//! Where a value stands in its file. Kept beside the tree, so that rules and reviews pay nothing for it.

use super::path::{Path, Segment};

/// A position: line and column from 1, in characters; offset from 0, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// Byte offset in the file, from 0.
    pub offset: usize,
}

/// A stretch of the file, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// The first character.
    pub start: Position,
    /// The character after the last.
    pub end: Position,
}

/// The spans of one node and of everything below it; same shape as the tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spans {
    /// The key that leads here, when the parent is a mapping.
    pub key: Option<Span>,
    /// The value itself, without blanks or comments after it.
    pub value: Span,
    /// The children, in the order of the tree.
    pub children: Vec<(Segment, Spans)>,
}

impl Spans {
    /// The spans of the node at `path`.
    pub fn find(&self, path: &Path) -> Option<&Spans> {
        let mut spans = self;
        for segment in &path.0 {
            spans = spans
                .children
                .iter()
                .find(|(name, _)| name == segment)
                .map(|(_, below)| below)?;
        }
        Some(spans)
    }

    /// The spans of the node at `path`, or of the nearest node above it that exists.
    pub fn nearest(&self, path: &Path) -> &Spans {
        let mut spans = self;
        for segment in &path.0 {
            match spans.children.iter().find(|(name, _)| name == segment) {
                Some((_, below)) => spans = below,
                None => break,
            }
        }
        spans
    }
}
