//! Claims of volumes.

use super::event::Event;
use super::read::{Text, items, optional, reference, text};
use crate::document::Node;
use crate::model::ObjectRef;

/// A `PersistentVolumeClaim`.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim<'s> {
    /// Its namespace.
    pub namespace: Text<'s>,
    /// Its name.
    pub name: Text<'s>,
    /// `Bound`, `Pending` or `Lost`.
    pub phase: Text<'s>,
    /// The storage class that it names; `None` for the usual one.
    pub class: Option<Text<'s>>,
    /// How large its volume is, as written, once it has one.
    pub capacity: Option<Text<'s>>,
    /// The `Neo4jBackup` that owns it, with which it is deleted.
    pub backup: Option<Text<'s>>,
    /// Its events, oldest first.
    pub events: Vec<Event<'s>>,
}

impl<'s> Claim<'s> {
    /// The claim in an object.
    pub(super) fn of(object: &Node<'s>, events: Vec<Event<'s>>) -> Self {
        let owners = items(object, "metadata.ownerReferences").iter();
        let mut backups = owners.filter(|owner| text(owner, "kind") == "Neo4jBackup");
        Self {
            namespace: text(object, "metadata.namespace"),
            name: text(object, "metadata.name"),
            phase: text(object, "status.phase"),
            class: optional(object, "spec.storageClassName"),
            capacity: optional(object, "status.capacity.storage"),
            backup: backups.next().map(|owner| text(owner, "name")),
            events,
        }
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        reference("v1", "PersistentVolumeClaim", &self.namespace, &self.name)
    }
}
