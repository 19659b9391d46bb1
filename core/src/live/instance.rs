//! A cluster or standalone, as far as backups and restores depend on it.

use super::event::Event;
use super::pod::Pod;
use super::read::{Condition, Text, conditions, reference_of, text};
use crate::document::Node;
use crate::facts::InstanceKind;
use crate::model::ObjectRef;

/// A cluster or standalone.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance<'s> {
    /// The object.
    pub object: Node<'s>,
    /// Which of the two it is.
    pub kind: InstanceKind,
    /// Its namespace.
    pub namespace: Text<'s>,
    /// Its name.
    pub name: Text<'s>,
    /// `status.phase`.
    pub phase: Text<'s>,
    /// `status.message`.
    pub message: Text<'s>,
    /// Its conditions.
    pub conditions: Vec<Condition<'s>>,
    /// The `StatefulSet` of its servers, when it was read.
    pub stateful_set: Option<Node<'s>>,
    /// The pods of its servers, when they were read.
    pub pods: Vec<Pod<'s>>,
    /// Its own events, oldest first.
    pub events: Vec<Event<'s>>,
}

impl<'s> Instance<'s> {
    /// An instance, with what belongs to it.
    pub(super) fn new(
        object: Node<'s>,
        kind: InstanceKind,
        stateful_set: Option<Node<'s>>,
        pods: Vec<Pod<'s>>,
        events: Vec<Event<'s>>,
    ) -> Self {
        Self {
            kind,
            namespace: text(&object, "metadata.namespace"),
            name: text(&object, "metadata.name"),
            phase: text(&object, "status.phase"),
            message: text(&object, "status.message"),
            conditions: conditions(&object),
            stateful_set,
            pods,
            events,
            object,
        }
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        reference_of(&self.object, crate::schema::Kind::from(self.kind).name())
    }

    /// The condition of this type.
    pub fn condition(&self, kind: &str) -> Option<&Condition<'s>> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }
}
