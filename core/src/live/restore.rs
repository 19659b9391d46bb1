//! A `Neo4jRestore` with everything that belongs to it.

use jiff::Timestamp;

use super::event::Event;
use super::job::{BoxedJob, Job};
use super::pod::Pod;
use super::read::{Condition, Text, conditions, is_outdated, is_silent, items, reference_of, text, text_of, time};
use crate::document::Node;
use crate::logs::{self, Class};
use crate::model::{self, ObjectRef};

/// A `Neo4jRestore`.
#[derive(Debug, Clone, PartialEq)]
pub struct Restore<'s> {
    /// The object.
    pub object: Node<'s>,
    /// Its namespace.
    pub namespace: Text<'s>,
    /// Its name.
    pub name: Text<'s>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Since when somebody has wanted it gone.
    pub deleted: Option<Timestamp>,
    /// Its finalizers.
    pub finalizers: Vec<Text<'s>>,
    /// `status.phase`; empty when the operator has not written any.
    pub phase: Text<'s>,
    /// `status.message`.
    pub message: Text<'s>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub completed: Option<Timestamp>,
    /// Its conditions.
    pub conditions: Vec<Condition<'s>>,
    /// The Job that restores, for a restore that needs one.
    pub job: Option<Job<'s>>,
    /// The Jobs of its hooks.
    pub hooks: Vec<Job<'s>>,
    /// The pods that hand an artifact of a volume to the servers.
    pub proxy_pods: Vec<Pod<'s>>,
    /// Its own events, oldest first.
    pub events: Vec<Event<'s>>,
}

impl<'s> Restore<'s> {
    /// A restore, with what belongs to it.
    pub(super) fn new(
        object: Node<'s>,
        jobs: Vec<BoxedJob<'s>>,
        proxy_pods: Vec<Pod<'s>>,
        events: Vec<Event<'s>>,
    ) -> Self {
        let (mut hooks, mut own): (Vec<_>, Vec<_>) = jobs
            .into_iter()
            .map(|job| *job)
            .partition(|job| job.name.ends_with("-hook"));
        hooks.sort_by_key(|job| job.created);
        own.sort_by_key(|job| job.created);
        Self {
            namespace: text(&object, "metadata.namespace"),
            name: text(&object, "metadata.name"),
            created: time(&object, "metadata.creationTimestamp"),
            deleted: time(&object, "metadata.deletionTimestamp"),
            finalizers: items(&object, "metadata.finalizers")
                .iter()
                .filter_map(text_of)
                .collect(),
            phase: text(&object, "status.phase"),
            message: text(&object, "status.message"),
            started: time(&object, "status.startTime"),
            completed: time(&object, "status.completionTime"),
            conditions: conditions(&object),
            job: own.pop(),
            hooks,
            proxy_pods,
            events,
            object,
        }
    }

    /// What its spec says.
    pub fn spec(&self) -> model::Restore<'_> {
        model::Restore::of(&self.object)
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        reference_of(&self.object, "Neo4jRestore")
    }

    /// Whether the operator has not written a single word about it.
    pub fn is_silent(&self) -> bool {
        is_silent(&self.object)
    }

    /// Whether its status is of an older spec.
    pub fn is_outdated(&self) -> bool {
        is_outdated(&self.object)
    }

    /// Whether it has come to an end, well or not.
    pub fn has_ended(&self) -> bool {
        matches!(&*self.phase, "Completed" | "Failed")
    }

    /// When it came to an end. The operator notes no completion of one that fails; its condition changed then.
    pub fn ended(&self) -> Option<Timestamp> {
        let ready = self.conditions.iter().find(|condition| condition.kind == "Ready");
        let changed = || ready.and_then(|condition| condition.since);
        self.has_ended().then(|| self.completed.or_else(changed))?
    }

    /// Whether it came to an end more than so many seconds ago: what its message says of others was so then. `false` when
    /// nobody knows its end.
    pub fn is_long_over(&self, now: Timestamp, seconds: i64) -> bool {
        self.ended()
            .is_some_and(|ended| now.as_second() - ended.as_second() > seconds)
    }

    /// What the operator's message means, when it failed and the table of messages knows it.
    pub fn meaning(&self) -> Option<&'static Class> {
        (self.phase == "Failed").then(|| logs::of_restore_message(&self.message))?
    }

    /// The name of the instance that it restores into; empty when it names none.
    pub fn instance(&self) -> String {
        self.spec().instance().text().unwrap_or_default().to_owned()
    }

    /// Its newest event with this reason.
    pub fn event(&self, reason: &str) -> Option<&Event<'s>> {
        self.events.iter().rev().find(|event| event.reason == reason)
    }
}
