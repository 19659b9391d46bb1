//! Events that were not there before, or were noted again.

use jiff::Timestamp;
use neo4jbackup_core::document::Node;
use neo4jbackup_core::model::ObjectRef;
use neo4jbackup_core::snapshot::{Resource, StoredObject};
use serde::Serialize;

use super::Compared;

/// An event that is new, or was noted again.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewEvent {
    /// What it is about.
    pub(crate) object: ObjectRef,
    /// `Warning` or `Normal`.
    pub(crate) severity: String,
    /// A word: `FailedScheduling`.
    pub(crate) reason: String,
    /// A sentence.
    pub(crate) message: String,
    /// How often it has been noted.
    pub(crate) count: u64,
    /// How often it had been noted; 0 for one that is new.
    pub(crate) count_before: u64,
    /// When it was noted last, as the event has it; null where it does not say.
    pub(crate) last: Option<String>,
}

/// Returns the events of the later one that are new or were noted again, the oldest first.
pub(super) fn new(compared: &Compared<'_>) -> Vec<NewEvent> {
    let events = compared.after.objects(Resource::Events).iter();
    let mut events: Vec<_> = events.filter_map(|event| of(compared, event)).collect();
    events.sort_by_key(|event| {
        let last: Option<Timestamp> = event.last.as_deref().and_then(|last| last.parse().ok());
        last
    });
    events
}

fn of(compared: &Compared<'_>, event: &StoredObject) -> Option<NewEvent> {
    let old = compared.before.object(Resource::Events, &event.namespace, &event.name);
    let count_before = match old {
        Some(old) if old == event => return None,
        Some(old) => count(&old.node()),
        None if compared.is_known(Resource::Events, &event.namespace) => 0,
        None => return None,
    };
    let node = event.node();
    let count = count(&node);
    let text = |path: &str| node.at(path).and_then(Node::as_str).unwrap_or_default().to_owned();
    (count > count_before).then(|| NewEvent {
        object: ObjectRef {
            api_version: text("involvedObject.apiVersion"),
            kind: text("involvedObject.kind"),
            namespace: text("involvedObject.namespace"),
            name: text("involvedObject.name"),
        },
        severity: text("type"),
        reason: text("reason"),
        message: text("message"),
        count,
        count_before,
        last: [
            "series.lastObservedTime",
            "lastTimestamp",
            "eventTime",
            "metadata.creationTimestamp",
        ]
        .into_iter()
        .map(text)
        .find(|time| !time.is_empty()),
    })
}

/// A series counts in one place, a repeated event in another.
fn count(event: &Node<'_>) -> u64 {
    let number = |path: &str| match event.at(path) {
        Some(Node::Number(text)) => text.parse().unwrap_or_default(),
        _ => 0,
    };
    number("count").max(number("series.count")).max(1)
}
