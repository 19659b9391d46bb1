//! What is kept of the controller that an object belongs to.

use crate::document::Node;

/// A controller that made an object and writes it anew.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Controller {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

impl Controller {
    /// Returns the controller of an object, or `None` if it has none.
    pub fn of(object: &Node<'_>) -> Option<Self> {
        let owners = object.at("metadata.ownerReferences").and_then(Node::as_list)?;
        let is_controller = |owner: &&Node<'_>| owner.get("controller").and_then(Node::as_bool) == Some(true);
        let owner = owners.iter().find(is_controller)?;
        let text = |key: &str| owner.get(key).and_then(Node::as_str).map(str::to_owned);
        Some(Self {
            kind: text("kind")?,
            name: text("name")?,
        })
    }
}
