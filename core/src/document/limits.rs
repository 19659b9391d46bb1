//! How much of an input is read, so that no file can exhaust memory or the stack.

/// Bounds of [`super::parse`]; each that is reached becomes a [`super::Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a whole file. A larger one is not read at all.
    pub file_bytes: usize,
    /// Bytes of one object. A larger one is read and reported: no API server would take it.
    pub document_bytes: usize,
    /// Mappings and lists inside each other. Never more than [`Limits::MAXIMUM_DEPTH`] is used.
    pub depth: usize,
    /// Values of one document, those that aliases repeat included.
    pub nodes: usize,
    /// Values of one document that exist only because an alias or a merge key repeats them.
    pub alias_nodes: usize,
}

impl Limits {
    /// The deepest nesting that is ever read, whatever the limits say: walking a tree takes stack.
    pub const MAXIMUM_DEPTH: usize = 512;
}

impl Default for Limits {
    /// The API server takes objects of at most 3 MiB; a `kind: List` of many objects may be longer.
    fn default() -> Self {
        Self {
            file_bytes: 64 << 20,
            document_bytes: 4 << 20,
            depth: 100,
            nodes: 1_000_000,
            alias_nodes: 100_000,
        }
    }
}
