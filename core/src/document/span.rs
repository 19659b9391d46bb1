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

/// How a value is written in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Style {
    /// Text without quotes; also numbers and words of JSON.
    #[default]
    Plain,
    /// Text in `'`.
    SingleQuoted,
    /// Text in `"`.
    DoubleQuoted,
    /// A block of lines behind `|`.
    Literal,
    /// A block of lines behind `>`.
    Folded,
    /// A mapping in braces.
    FlowMap,
    /// A list in brackets.
    FlowList,
    /// A mapping of one key a line.
    BlockMap,
    /// A list of one `-` a line.
    BlockList,
    /// Nothing at all: `key:` without a value. The span is empty and stands behind the colon or the dash.
    Absent,
    /// Not written here, but repeated by an alias or a merge key, whose span this has.
    Alias,
}

/// The spans of one node and of everything below it; same shape as the tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spans {
    /// The key that leads here, when the parent is a mapping.
    pub key: Option<Span>,
    /// The value itself, without blanks or comments after it.
    pub value: Span,
    /// How the value is written, for whoever edits the text.
    pub style: Style,
    /// The children, in the order of the tree.
    pub children: Vec<(Segment, Spans)>,
    /// Where among the children each key of a large mapping is, in the order of the keys; empty for a small one.
    pub(super) order: Vec<u32>,
}

/// From this many keys on, a mapping is searched by halves.
const LINEAR_KEYS: usize = 32;

impl Spans {
    /// Makes looking up a key of a large mapping cheap; called once the children are complete.
    pub(super) fn sort(&mut self) {
        let is_map = matches!(self.children.first(), Some((Segment::Key(_), _)));
        let Ok(count) = u32::try_from(self.children.len()) else {
            return;
        };
        if is_map && self.children.len() >= LINEAR_KEYS {
            let children = &self.children;
            let name = |place: &u32| children.get(*place as usize).map(|(name, _)| name);
            let mut order: Vec<u32> = (0..count).collect();
            order.sort_unstable_by(|left, right| name(left).cmp(&name(right)));
            self.order = order;
        }
    }

    /// The spans of one child.
    pub fn child(&self, segment: &Segment) -> Option<&Spans> {
        if self.order.len() == self.children.len() {
            let name = |place: &u32| self.children.get(*place as usize).map(|(name, _)| name);
            let found = self.order.binary_search_by(|place| name(place).cmp(&Some(segment)));
            let place = self.order.get(found.ok()?)?;
            return self.children.get(*place as usize).map(|(_, below)| below);
        }
        // A list has each item at its own position.
        if let Segment::Index(index) = segment
            && let Some((name, below)) = self.children.get(*index)
            && name == segment
        {
            return Some(below);
        }
        self.children
            .iter()
            .find(|(name, _)| name == segment)
            .map(|(_, below)| below)
    }

    /// The spans of the node at `path`.
    pub fn find(&self, path: &Path) -> Option<&Spans> {
        let mut spans = self;
        for segment in &path.0 {
            spans = spans.child(segment)?;
        }
        Some(spans)
    }

    /// The spans of the node at `path`, or of the nearest node above it that exists.
    pub fn nearest(&self, path: &Path) -> &Spans {
        let mut spans = self;
        for segment in &path.0 {
            match spans.child(segment) {
                Some(below) => spans = below,
                None => break,
            }
        }
        spans
    }
}
