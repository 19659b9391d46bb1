//! What was there before a repair, so that it can be had back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::content::{authored, content};
use super::part::Part;
use crate::in_domain;

/// What a repair was about to change, written down before it has changed anything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Undo {
    /// [`Undo::API_VERSION`].
    pub api_version: String,
    /// [`Undo::KIND`].
    pub kind: String,
    /// When it was written, in RFC 3339.
    pub written: String,
    /// The address of the API server.
    pub server: String,
    /// The changes, in the order in which they were to be made.
    pub steps: Vec<UndoStep>,
}

/// One change, with both states of the object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UndoStep {
    /// Where.
    pub namespace: String,
    /// Which object.
    pub part: Part,
    /// The object before, as stored; `None` where there was none.
    pub before: Option<Value>,
    /// The object after; `None` where it was to be removed.
    pub after: Option<Value>,
}

/// How an object stands to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoState {
    /// The change was made, and nothing since.
    Made,
    /// It is as it was before: the change was never made, or is undone.
    AsBefore,
    /// Something else has changed it since.
    ChangedSince,
}

/// What brings an object back to what it was.
#[derive(Debug, Clone, PartialEq)]
pub enum Restoration {
    /// It is made again.
    Create(Value),
    /// It is written over the one that is there.
    Replace(Value),
    /// The one that is there is deleted, and it is made again, because what a binding binds cannot be changed.
    Recreate(Value),
    /// It is deleted.
    Delete,
}

impl Undo {
    /// `apiVersion` of such a file.
    pub const API_VERSION: &'static str = concat!(in_domain!(), "/v1");
    /// `kind` of such a file.
    pub const KIND: &'static str = "RbacUndo";

    /// Returns whether a file is one of these.
    pub fn is_known(&self) -> bool {
        self.api_version == Self::API_VERSION && self.kind == Self::KIND
    }
}

impl UndoStep {
    /// Returns how the object that is there now stands to the change.
    pub fn state(&self, now: Option<&Value>) -> UndoState {
        let now = now.map(content);
        let is = |then: Option<&Value>| now == then.map(content);
        if is(self.before.as_ref()) {
            UndoState::AsBefore
        } else if is(self.after.as_ref()) {
            UndoState::Made
        } else {
            UndoState::ChangedSince
        }
    }

    /// Returns what brings the object back, or `None` if it is as it was.
    pub fn restoration(&self, now: Option<&Value>) -> Option<Restoration> {
        if self.state(now) == UndoState::AsBefore {
            return None;
        }
        let Some(before) = self.before.as_ref().map(authored) else {
            return Some(Restoration::Delete);
        };
        Some(match now {
            None => Restoration::Create(before),
            Some(now) if content(now)["roleRef"] != content(&before)["roleRef"] => Restoration::Recreate(before),
            Some(now) => {
                let mut object = before;
                // Exactly the one that was looked at is written over.
                for key in ["uid", "resourceVersion"] {
                    object["metadata"][key] = now["metadata"][key].clone();
                }
                Restoration::Replace(object)
            }
        })
    }

    /// Returns whether the step is about the object that it says: a file can be written by anybody.
    pub fn is_consistent(&self) -> bool {
        let is_part = |object: &Value| {
            object["apiVersion"] == self.part.api_version()
                && object["kind"] == self.part.kind()
                && object["metadata"]["name"] == self.part.name()
                && object["metadata"]["namespace"] == *self.namespace
        };
        self.before.iter().chain(&self.after).all(is_part)
    }
}
