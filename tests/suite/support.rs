//! The time at which the suites run, and what they judge.

use jiff::Timestamp;
use neo4jbackup_core::document::Node;
use neo4jbackup_core::lint::{self, Options};
use neo4jbackup_core::schema::Era;
use neo4jbackup_core::subject::{Door, Subject};

/// The time of every judgement in the suites.
pub(crate) fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().expect("a valid instant")
}

/// An object of one of the operator's kinds, as a rule sees it through a door.
pub(crate) fn subject<'s>(object: &'s Node<'s>, door: Door<'s>, options: &'s Options) -> Option<Subject<'s>> {
    let (kind, version) = lint::known_kind(object)?;
    let era = options.era.unwrap_or_else(|| Era::for_object(version, object));
    let (settings, namespace) = (&options.settings, &options.namespace);
    Some(Subject::new(object, kind, era, door, options.now, settings, namespace))
}
