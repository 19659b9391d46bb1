//! What could not be read, in a sentence.

use neo4jbackup_core::facts::{Cause, Right};
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::snapshot::Resource;

/// `jobs cannot be read: …`, with the right that is missing where one is.
pub(crate) fn unread(resource: Resource, cause: &Cause) -> String {
    let why = match cause {
        Cause::Forbidden(right) => missing(right),
        cause => cause.to_string(),
    };
    printable(format!("{} cannot be read: {why}", resource.plural())).into_owned()
}

/// A right that is missing, in the words of RBAC.
pub(crate) fn missing(right: &Right) -> String {
    let group = if right.group.is_empty() {
        String::new()
    } else {
        format!(".{}", right.group)
    };
    let place = match &right.namespace {
        Some(namespace) => format!("in namespace {namespace}"),
        None => "in all namespaces".to_owned(),
    };
    format!(
        "the right to {} {}{group} {place} is missing",
        right.verbs.join(" and "),
        right.resource
    )
}
