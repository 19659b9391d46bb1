//! Jobs.

use jiff::Timestamp;

use super::event::Event;
use super::pod::Pod;
use super::read::{Condition, Text, conditions, entry, items, number, optional_number, reference, text, time};
use crate::document::Node;
use crate::model::ObjectRef;

/// A Job, with its pods.
#[derive(Debug, Clone, PartialEq)]
pub struct Job<'s> {
    /// Its namespace.
    pub namespace: Text<'s>,
    /// Its name.
    pub name: Text<'s>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended well.
    pub completed: Option<Timestamp>,
    /// The time that it is the run of, for a Job of a `CronJob`.
    pub scheduled: Option<Timestamp>,
    /// How many of its pods are there and have not ended.
    pub active: u64,
    /// How many of these are ready; `None` where the cluster does not count them.
    pub ready: Option<u64>,
    /// How many of its pods failed.
    pub failed: u64,
    /// How many failures it takes before it gives up.
    pub backoff_limit: Option<u64>,
    /// For how many seconds it may run.
    pub deadline_seconds: Option<u64>,
    /// Whether somebody holds it.
    pub is_suspended: bool,
    /// Its conditions.
    pub conditions: Vec<Condition<'s>>,
    /// The account of its pods.
    pub account: Text<'s>,
    /// `app.kubernetes.io/name`.
    pub app: Text<'s>,
    /// `app.kubernetes.io/instance`: the backup or restore that it is of.
    pub instance: Text<'s>,
    /// `app.kubernetes.io/part-of`: the backup whose chain it writes to.
    pub part_of: Text<'s>,
    /// The kind and the name of its owner.
    pub owner: Option<(Text<'s>, Text<'s>)>,
    /// Its pods, oldest first.
    pub pods: Vec<Pod<'s>>,
    /// Its events, oldest first.
    pub events: Vec<Event<'s>>,
}

/// A Job that goes from list to list. There are more Jobs than of anything else, a Job is large, and most runs have none: no
/// list has room for Jobs that it does not hold.
pub(super) type BoxedJob<'s> = Box<Job<'s>>;

/// The annotation in which a `CronJob` notes the time that a Job is the run of.
const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

impl<'s> Job<'s> {
    /// The Job in an object.
    pub(super) fn of(object: &Node<'s>) -> Self {
        let label = |key: &str| entry(object, "metadata.labels", key).unwrap_or_default();
        let owners = items(object, "metadata.ownerReferences");
        let owner = owners
            .iter()
            .find(|owner| owner.get("controller").and_then(Node::as_bool).unwrap_or(true));
        let scheduled = entry(object, "metadata.annotations", SCHEDULED);
        let name = text(object, "metadata.name");
        Self {
            namespace: text(object, "metadata.namespace"),
            created: time(object, "metadata.creationTimestamp"),
            started: time(object, "status.startTime"),
            completed: time(object, "status.completionTime"),
            scheduled: scheduled
                .and_then(|time| time.parse().ok())
                .or_else(|| scheduled_by_name(&name)),
            active: number(object, "status.active"),
            ready: optional_number(object, "status.ready"),
            failed: number(object, "status.failed"),
            backoff_limit: optional_number(object, "spec.backoffLimit"),
            deadline_seconds: optional_number(object, "spec.activeDeadlineSeconds"),
            is_suspended: object.at("spec.suspend").and_then(Node::as_bool).unwrap_or_default(),
            conditions: conditions(object),
            account: text(object, "spec.template.spec.serviceAccountName"),
            app: label("app.kubernetes.io/name"),
            instance: label("app.kubernetes.io/instance"),
            part_of: label("app.kubernetes.io/part-of"),
            owner: owner.map(|owner| (text(owner, "kind"), text(owner, "name"))),
            pods: Vec::new(),
            events: Vec::new(),
            name,
        }
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        reference("batch/v1", "Job", &self.namespace, &self.name)
    }

    /// The condition of this type, when it holds.
    pub fn holds(&self, kind: &str) -> Option<&Condition<'s>> {
        self.conditions
            .iter()
            .find(|condition| condition.kind == kind && condition.holds())
    }

    /// The pod that was made last.
    pub fn newest_pod(&self) -> Option<&Pod<'s>> {
        self.pods.last()
    }
}

/// The time that is in the name of a Job of a `CronJob`, in minutes since 1970.
pub(super) fn scheduled_by_name(name: &str) -> Option<Timestamp> {
    let (_, minutes) = name.rsplit_once('-')?;
    let minutes: i64 = minutes.parse().ok().filter(|_| minutes.len() == 8)?;
    Timestamp::from_second(minutes * 60).ok()
}

/// The containers of a template of pods: the name, and the command with its arguments.
pub(super) fn commands<'s>(object: &Node<'s>, spec: &str) -> Vec<(Text<'s>, String)> {
    let Some(spec) = object.at(spec) else { return Vec::new() };
    let containers = ["initContainers", "containers"].into_iter();
    containers
        .flat_map(|list| items(spec, list))
        .map(|container| {
            let words = ["command", "args"].into_iter().flat_map(|key| items(container, key));
            let words: Vec<&str> = words.filter_map(Node::as_str).collect();
            (text(container, "name"), words.join(" "))
        })
        .collect()
}
