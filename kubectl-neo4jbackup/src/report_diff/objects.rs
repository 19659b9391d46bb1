//! Objects that came, went or changed.

use std::collections::BTreeSet;

use neo4jbackup_core::model::ObjectRef;
use neo4jbackup_core::snapshot::{Resource, StoredObject};
use serde::Serialize;

use super::Compared;
use super::fields::{self, FieldChange};

/// An object that came, went or changed.
#[derive(Debug, Serialize)]
pub(crate) struct ObjectChange {
    /// `added`, `removed` or `changed`.
    pub(crate) change: &'static str,
    /// The object.
    pub(crate) object: ObjectRef,
    /// The fields that mean something else; of one that came or went there are none.
    pub(crate) fields: Vec<FieldChange>,
}

/// Returns the objects that differ, in the order of resources and names.
pub(super) fn changes(compared: &Compared<'_>) -> Vec<ObjectChange> {
    let resources = Resource::ALL
        .into_iter()
        .filter(|resource| *resource != Resource::Events);
    resources.flat_map(|resource| of_resource(compared, resource)).collect()
}

fn of_resource(compared: &Compared<'_>, resource: Resource) -> Vec<ObjectChange> {
    let (before, after) = (compared.before.objects(resource), compared.after.objects(resource));
    let names = |objects: &[StoredObject]| {
        let names = objects
            .iter()
            .map(|object| (object.namespace.clone(), object.name.clone()));
        names.collect::<BTreeSet<_>>()
    };
    let mut changes = Vec::new();
    for (namespace, name) in names(before).union(&names(after)) {
        let old = compared.before.object(resource, namespace, name);
        let new = compared.after.object(resource, namespace, name);
        let (change, object, fields) = match (old, new) {
            (Some(old), Some(new)) => ("changed", new, fields::between(old, new)),
            (None, Some(new)) => ("added", new, Vec::new()),
            (Some(old), None) => ("removed", old, Vec::new()),
            (None, None) => continue,
        };
        let is_change = if change == "changed" {
            !fields.is_empty()
        } else {
            compared.is_known(resource, namespace)
        };
        if let Some(object) = ObjectRef::of(&object.node()).filter(|_| is_change) {
            changes.push(ObjectChange { change, object, fields });
        }
    }
    changes
}
