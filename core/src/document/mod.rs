//! Bytes to documents: YAML and JSON, with the place of every value.

pub mod node;
pub mod path;
pub mod span;

pub use node::{Map, Node};
pub use path::{Path, Segment};
pub use span::{Position, Span, Spans};
pub struct Document<'a> { pub root: Node<'a> }
