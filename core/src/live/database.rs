//! A `Neo4jDatabase`, as far as backups and restores ask about it.

use jiff::Timestamp;

use super::read::{Text, conditions, reference_of, text, time};
use crate::document::Node;
use crate::model::ObjectRef;

/// A database that an object declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Database<'s> {
    /// Its namespace.
    pub namespace: Text<'s>,
    /// The instance that it is in.
    pub instance: Text<'s>,
    /// Its name in Neo4j.
    pub name: Text<'s>,
    /// When the object was made.
    pub created: Option<Timestamp>,
    /// Whether the operator says that the database is there, and nobody wants it gone.
    pub is_there: bool,
    reference: ObjectRef,
}

impl<'s> Database<'s> {
    /// The database in an object.
    pub(super) fn of(object: &Node<'s>) -> Self {
        let ready = conditions(object)
            .iter()
            .any(|condition| condition.kind == "Ready" && condition.holds());
        let instance = [text(object, "spec.clusterRef"), text(object, "spec.instanceRef")];
        Self {
            namespace: text(object, "metadata.namespace"),
            instance: instance.into_iter().find(|name| !name.is_empty()).unwrap_or_default(),
            name: text(object, "spec.name"),
            created: time(object, "metadata.creationTimestamp"),
            is_there: (ready || text(object, "status.phase") == "Ready")
                && object.at("metadata.deletionTimestamp").is_none(),
            reference: reference_of(object, "Neo4jDatabase"),
        }
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        self.reference.clone()
    }
}
