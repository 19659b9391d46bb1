//! Names an object of a cluster or of a file.

use crate::document::Node;

/// The object that something is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.namespace`; empty when the object does not say.
    pub namespace: String,
    /// `metadata.name`, or `metadata.generateName`.
    pub name: String,
}

impl ObjectRef {
    /// Returns the name of an object, or `None` if it is no mapping.
    pub fn of(object: &Node<'_>) -> Option<Self> {
        let text = |path: &str| object.at(path).and_then(Node::as_str).unwrap_or_default().to_owned();
        object.as_map()?;
        let name = text("metadata.name");
        Some(Self {
            api_version: text("apiVersion"),
            kind: text("kind"),
            namespace: text("metadata.namespace"),
            name: if name.is_empty() {
                text("metadata.generateName")
            } else {
                name
            },
        })
    }
}
