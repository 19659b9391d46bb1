//! The annotations of an object of any kind.

use crate::document::Node;

/// Returns the annotation of this key, or `None` if there is none or if its value is no text.
pub fn annotation<'n>(object: &'n Node<'_>, key: &str) -> Option<&'n str> {
    object.at("metadata.annotations")?.get(key)?.as_str()
}
