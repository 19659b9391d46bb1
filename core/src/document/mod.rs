//! Bytes to documents: YAML and JSON, with the place of every value.

mod block;
mod builder;
mod comment;
mod diagnose;
mod json;
mod limits;
mod list;
pub mod node;
mod parse;
pub mod path;
mod place;
mod problem;
mod scalar;
pub mod span;
mod split;
pub(crate) mod trail;
mod yaml;

#[cfg(test)]
mod tests;

pub use comment::Comment;
pub use limits::Limits;
pub use node::{LARGE_LIST, Map, MapIndex, Node};
pub use parse::{Source, decode, outline, parse};
pub use path::{Path, Segment};
pub use problem::{Problem, ProblemKind};
pub use span::{Position, Span, Spans, Style};

/// One object of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'a> {
    /// The tree, with aliases and merge keys resolved. `Null` when the document could not be read; `problems` says why.
    pub root: Node<'a>,
    /// The place of everything in the tree, in the same shape. What an alias repeats has the place of the alias.
    pub spans: Spans,
    /// The position among the documents of the file that have content, from 0.
    pub index: usize,
    /// The position among the items of a `kind: List`, from 0, when the object is one.
    pub item: Option<usize>,
    /// How the document is written.
    pub format: Format,
    /// The comments that suppress findings, in order.
    pub comments: Vec<Comment>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// The text of the whole file, which the offsets of the spans count.
    pub text: &'a str,
}

impl<'a> Document<'a> {
    /// A value without quotes as it stands in the file: `2025.10`, where the tree has the number 2025.1.
    pub fn plain_text_at(&self, path: &Path) -> Option<&'a str> {
        let spans = self.spans.find(path).filter(|spans| spans.style == Style::Plain)?;
        self.text.get(spans.value.start.offset..spans.value.end.offset)
    }
}

/// The notation of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// YAML as kubectl reads it.
    Yaml,
    /// JSON.
    Json,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed<'a> {
    /// The documents that have content, in order; those that could not be read are there, too, with their problems.
    pub documents: Vec<Document<'a>>,
    /// What concerns the file as a whole, or no single object of it.
    pub problems: Vec<Problem>,
    /// How many documents had content, one that is a list counted once.
    pub indexes: usize,
}
