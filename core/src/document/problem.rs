//! What is wrong with a document before any rule has read it.

use super::path::Path;
use super::span::Span;

/// One thing that keeps a document, or a part of it, from being read as its author means it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// Where it is.
    pub span: Span,
    /// The field that it concerns, when there is one.
    pub path: Option<Path>,
}

/// The kinds of [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The text is neither YAML nor JSON.
    Syntax,
    /// The text is a template, from which another program makes YAML.
    Template,
    /// A mapping has one key twice. The last value is kept.
    DuplicateKey,
    /// Lists and mappings stand deeper inside each other than the limit.
    TooDeep,
    /// The document has more values than the limit.
    TooManyNodes,
    /// The file or the object has more bytes than the limit.
    TooLarge,
    /// Aliases repeat more than the limit, or contain themselves.
    AliasBomb,
    /// The file is binary, or in an encoding that is not read.
    NotText,
    /// A key that no JSON object can have: a mapping, a list or null.
    NonStringKey,
    /// A value that JSON cannot express: infinity or not-a-number.
    NotJson,
    /// A document that kubectl passes over in silence.
    NotApplied,
}
