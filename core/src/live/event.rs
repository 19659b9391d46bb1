//! Events.

use jiff::Timestamp;

use super::read::{Text, number, text, time};
use crate::document::Node;

/// What somebody noted about an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'s> {
    /// A word: `FailedScheduling`.
    pub reason: Text<'s>,
    /// A sentence.
    pub message: Text<'s>,
    /// Whether it is a `Warning`.
    pub is_warning: bool,
    /// How often it was noted.
    pub count: u64,
    /// When it was noted first.
    pub first: Option<Timestamp>,
    /// When it was noted last.
    pub last: Option<Timestamp>,
    /// Who noted it: `job-controller`.
    pub component: Text<'s>,
}

/// The kind, the namespace and the name of what an event is about.
pub(super) type About<'s> = (Text<'s>, Text<'s>, Text<'s>);

impl<'s> Event<'s> {
    /// Returns what an object of the kind `Event` says, and about which object.
    pub(super) fn of(object: &Node<'s>) -> (About<'s>, Self) {
        let about = (
            text(object, "involvedObject.kind"),
            text(object, "involvedObject.namespace"),
            text(object, "involvedObject.name"),
        );
        let created = time(object, "metadata.creationTimestamp");
        let noted = time(object, "eventTime").or(created);
        let event = Self {
            reason: text(object, "reason"),
            message: text(object, "message"),
            is_warning: text(object, "type") == "Warning",
            // A series counts in one place, a repeated event in another.
            count: number(object, "count").max(number(object, "series.count")).max(1),
            first: time(object, "firstTimestamp").or(noted),
            last: time(object, "series.lastObservedTime")
                .or_else(|| time(object, "lastTimestamp"))
                .or(noted),
            component: text(object, "reportingComponent"),
        };
        (about, event)
    }
}
