//! What a diagnosis rests on.

use jiff::Timestamp;

use crate::live::{Condition, Container, Ended, Event, Pod, Waiting};
use crate::model::ObjectRef;
use crate::quoted::{Name, code_span, printable, quoted};

/// What kind of sign something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EvidenceKind {
    /// A field of an object.
    Field,
    /// An event.
    Event,
    /// A condition of an object.
    Condition,
    /// How a container ended, or why it waits.
    Container,
    /// A line of a log.
    Log,
    /// What follows from several of them.
    Fact,
}

impl EvidenceKind {
    /// Whether it is in the words of somebody else, who says at the end what matters as often as not: these are shown whole.
    pub fn is_quoted_whole(self) -> bool {
        self != Self::Fact
    }
}

/// A sign, the object that it is of, and when it was seen.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// What kind of sign.
    pub kind: EvidenceKind,
    /// The object.
    pub object: ObjectRef,
    /// When it was last seen; null when that is not known.
    #[serde(serialize_with = "time")]
    pub time: Option<Timestamp>,
    /// What it says, on one line.
    pub text: String,
}

impl Evidence {
    /// A field of an object, by its dotted path.
    pub fn field(object: ObjectRef, path: &str, value: &str) -> Self {
        let value = match value {
            "" => quoted("").to_string(),
            value => code_span(&Name(value).to_string()),
        };
        Self::new(EvidenceKind::Field, object, None, format!("{path}: {value}"))
    }

    /// An event of an object.
    pub fn event(object: ObjectRef, event: &Event<'_>) -> Self {
        let times = if event.count > 1 {
            format!(" ({} times)", event.count)
        } else {
            String::new()
        };
        let text = format!("{}{times}: {}", event.reason, event.message.trim());
        Self::new(EvidenceKind::Event, object, event.last, text)
    }

    /// A condition of an object.
    pub fn condition(object: ObjectRef, condition: &Condition<'_>) -> Self {
        let Condition {
            kind,
            status,
            reason,
            message,
            since,
        } = condition;
        let text = format!("{kind}={status} {reason}: {message}");
        Self::new(EvidenceKind::Condition, object, *since, text)
    }

    /// How a container ended.
    pub fn ended(pod: &Pod<'_>, container: &Container<'_>, ended: &Ended<'_>) -> Self {
        let mut text = format!("container {} ended with exit code {}", container.name, ended.exit_code);
        if !ended.reason.is_empty() {
            text += &format!(" ({})", ended.reason);
        }
        if !ended.message.trim().is_empty() {
            text += &format!(": {}", ended.message.trim());
        }
        Self::new(EvidenceKind::Container, pod.reference(), ended.finished, text)
    }

    /// Why a container waits.
    pub fn waiting(pod: &Pod<'_>, container: &Container<'_>, waiting: &Waiting<'_>) -> Self {
        let text = format!(
            "container {} waits: {}: {}",
            container.name, waiting.reason, waiting.message
        );
        Self::new(EvidenceKind::Container, pod.reference(), None, text)
    }

    /// A line of the log of a container.
    pub fn log(pod: &Pod<'_>, container: &Container<'_>, line: &str) -> Self {
        let text = format!("log of {}: {}", container.name, line.trim());
        Self::new(EvidenceKind::Log, pod.reference(), None, text)
    }

    /// What follows from several signs.
    pub fn fact(object: ObjectRef, text: impl Into<String>) -> Self {
        Self::new(EvidenceKind::Fact, object, None, text.into())
    }

    fn new(kind: EvidenceKind, object: ObjectRef, time: Option<Timestamp>, text: String) -> Self {
        Self {
            kind,
            object,
            time,
            text: printable(text).into_owned(),
        }
    }
}

#[expect(clippy::ref_option, reason = "serde wants it so")]
fn time<S: serde::Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}
