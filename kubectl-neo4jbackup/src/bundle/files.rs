//! The files that a bundle is written to, as [`super::open`] reads them.
//!
//! ```text
//! bundle.yaml
//! cluster/RESOURCE.json                objects that are in no namespace, one after the other
//! namespaces/NAMESPACE/RESOURCE.json   those of a namespace
//! logs/NAMESPACE/POD/CONTAINER.log
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;

use neo4jbackup_core::snapshot::{LogOf, LogTail, Resource, StoredObject};
use neo4jbackup_core::values::names::{LONGEST_LABEL, is_dns_subdomain, is_label_of_any_length};

use super::head::Head;
use super::{Bundle, HEAD, LOGS, takes_name};
use crate::json;
use crate::yaml;

/// Files by their paths.
pub(crate) type Files<'b> = BTreeMap<String, Content<'b>>;

/// What is in a file. It is put together when somebody wants its bytes, because all of them together may be large.
#[derive(Debug, Clone)]
pub(crate) enum Content<'b> {
    /// This text.
    Text(Cow<'b, str>),
    /// These objects as JSON, one after the other.
    Objects(Vec<&'b StoredObject>),
}

impl Content<'_> {
    /// The text of the file.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Objects(objects) => objects.iter().map(|object| json::pretty(&object.node())).collect(),
        }
    }
}

/// Returns the files, and how many objects and logs have names that no path may have; no API server takes these.
pub(crate) fn files(bundle: &Bundle) -> (Files<'_>, usize) {
    let mut files = Files::from([(HEAD.to_owned(), Content::Text(yaml::of(&Head::of(bundle)).into()))]);
    let mut left_out = 0;
    for resource in bundle.snapshot.resources() {
        for object in bundle.snapshot.objects(resource) {
            let Some(path) = path_of_object(resource, object) else {
                left_out += 1;
                continue;
            };
            let file = files.entry(path).or_insert_with(|| Content::Objects(Vec::new()));
            if let Content::Objects(objects) = file {
                objects.push(object);
            }
        }
    }
    for (of, tail) in bundle.snapshot.logs() {
        match (tail, path_of_log(of)) {
            (LogTail::Missing(_), _) => {}
            (LogTail::Read(_), None) => left_out += 1,
            (LogTail::Read(text), Some(path)) => {
                files.insert(path, Content::Text(text.into()));
            }
        }
    }
    (files, left_out)
}

fn is_label(name: &str) -> bool {
    name.len() <= LONGEST_LABEL && is_label_of_any_length(name)
}

fn path_of_object(resource: Resource, object: &StoredObject) -> Option<String> {
    let plural = resource.plural();
    if !takes_name(resource, object) {
        return None;
    }
    match &*object.namespace {
        "" => Some(format!("cluster/{plural}.json")),
        namespace => is_label(namespace).then(|| format!("namespaces/{namespace}/{plural}.json")),
    }
}

fn path_of_log(of: &LogOf) -> Option<String> {
    let LogOf {
        namespace,
        pod,
        container,
        previous,
    } = of;
    let previous = if *previous { ".previous" } else { "" };
    (is_label(namespace) && is_dns_subdomain(pod) && is_label(container))
        .then(|| format!("{LOGS}/{namespace}/{pod}/{container}{previous}.log"))
}
