//! One object as it was sent.

use crate::document::Node;

/// An object, as the JSON text that the API server sent, without what nobody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its namespace; empty for objects of the cluster.
    pub namespace: Box<str>,
    /// Its name.
    pub name: Box<str>,
    text: Box<str>,
}

impl StoredObject {
    /// Keeps an object.
    pub fn new(object: &Node<'_>) -> Self {
        let text = |path: &str| object.at(path).and_then(Node::as_str).unwrap_or_default().into();
        Self {
            namespace: text("metadata.namespace"),
            name: text("metadata.name"),
            // A tree of texts, numbers and lists always has a text.
            text: serde_json::to_string(object).unwrap_or_default().into(),
        }
    }

    /// The object as a tree that borrows from it.
    pub fn node(&self) -> Node<'_> {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The object as JSON text.
    pub fn text(&self) -> &str {
        &self.text
    }
}
