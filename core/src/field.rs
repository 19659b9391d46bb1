//! Tolerant access to one field: a value of the wrong type, or none at all, reads as absent.
//!
//! A field is addressed by two static texts, so that looking one up costs no allocation; the path is only built when a
//! finding needs it.

use crate::document::{Node, Path};

/// A mapping at a known place of an object, or nothing.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    root: &'static str,
    node: Option<&'a Node<'a>>,
}

/// A value at a known place of an object, or nothing.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    root: &'static str,
    leaf: &'static str,
    node: Option<&'a Node<'a>>,
}

impl<'a> Block<'a> {
    /// The mapping at the dotted path `root` of `object`.
    pub fn at(object: &'a Node<'a>, root: &'static str) -> Self {
        Self {
            root,
            node: object.at(root).filter(|node| !node.is_null()),
        }
    }

    /// The block at the dotted path `leaf` below this one, which stands at `root` of the whole object.
    #[must_use]
    pub fn block(&self, leaf: &'static str, root: &'static str) -> Block<'a> {
        Block {
            root,
            node: self.node.and_then(|node| node.at(leaf)).filter(|node| !node.is_null()),
        }
    }

    /// The field at the dotted path `leaf` below this block.
    pub fn field(&self, leaf: &'static str) -> Field<'a> {
        Field {
            root: self.root,
            leaf,
            node: self.node.and_then(|node| node.at(leaf)).filter(|node| !node.is_null()),
        }
    }

    /// Whether the block is there, as a mapping.
    pub fn is_set(&self) -> bool {
        self.node.is_some_and(|node| node.as_map().is_some())
    }

    /// The mapping itself.
    pub fn node(&self) -> Option<&'a Node<'a>> {
        self.node
    }

    /// Where the block stands, or would stand.
    pub fn path(&self) -> Path {
        Path::dotted(self.root)
    }
}

impl<'a> Field<'a> {
    /// The field at the dotted path `leaf` of `object`.
    pub fn at(object: &'a Node<'a>, leaf: &'static str) -> Self {
        Self::found(leaf, object.at(leaf))
    }

    /// The field at the dotted path `leaf` of the whole object, where somebody has already looked for it.
    pub fn found(leaf: &'static str, node: Option<&'a Node<'a>>) -> Self {
        Self {
            root: "",
            leaf,
            node: node.filter(|node| !node.is_null()),
        }
    }

    /// The value, when there is one that is not null.
    pub fn node(&self) -> Option<&'a Node<'a>> {
        self.node
    }

    /// Whether there is a value that is not null.
    pub fn is_set(&self) -> bool {
        self.node.is_some()
    }

    /// The text, when the value is a string, the empty one included.
    pub fn str(&self) -> Option<&'a str> {
        self.node.and_then(Node::as_str)
    }

    /// The text, when the value is a string that is not empty: the operator's own idea of "set".
    pub fn text(&self) -> Option<&'a str> {
        self.str().filter(|text| !text.is_empty())
    }

    /// Whether the value is `true`.
    pub fn is_true(&self) -> bool {
        self.node.and_then(Node::as_bool) == Some(true)
    }

    /// Whether the value is `false`, said and not left out.
    pub fn is_false(&self) -> bool {
        self.node.and_then(Node::as_bool) == Some(false)
    }

    /// The items, when the value is a list.
    pub fn items(&self) -> &'a [Node<'a>] {
        self.node.and_then(Node::as_list).unwrap_or(&[])
    }

    /// The entries, when the value is a mapping.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Node<'a>)> + use<'a> {
        self.node
            .and_then(Node::as_map)
            .into_iter()
            .flat_map(|map| map.0.iter().map(|(key, value)| (key.as_ref(), value)))
    }

    /// Where the field stands, or would stand.
    pub fn path(&self) -> Path {
        Path::dotted(self.root).join(self.leaf)
    }
}
