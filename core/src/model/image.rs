//! The image of an instance.

use crate::document::Node;
use crate::field::{Block, Field};

/// `spec.image`.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    /// The block itself.
    pub block: Block<'a>,
}

impl<'a> Image<'a> {
    /// The image of a cluster or standalone.
    pub fn of(object: &'a Node<'a>) -> Self {
        Self {
            block: Block::at(object, "spec.image"),
        }
    }

    /// `repo`.
    pub fn repo(&self) -> Field<'a> {
        self.block.field("repo")
    }

    /// `tag`.
    pub fn tag(&self) -> Field<'a> {
        self.block.field("tag")
    }
}
