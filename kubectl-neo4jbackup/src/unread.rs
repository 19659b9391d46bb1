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
    let everywhere = if right.namespace.is_none() {
        " in all namespaces"
    } else {
        ""
    };
    format!("the right to {}{everywhere} is missing", right.words())
}
