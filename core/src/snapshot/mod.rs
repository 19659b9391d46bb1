//! The raw objects of one moment, and what could not be read of them.
//!
//! Objects are kept as the JSON text in which the API server sent them, without what nobody asks for: a value that no
//! client can decode is a finding here and never a failure. Views of them are in [`crate::live`].

mod object;
mod resource;
mod trim;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::document::Node;
use crate::facts::Cause;

pub use self::object::StoredObject;
pub use self::resource::Resource;
pub use self::trim::trim;

/// What is in a cluster, as far as it was asked for and could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// When it was taken.
    pub taken: Timestamp,
    /// The namespaces that were asked for; `None` for all.
    pub namespaces: Option<BTreeSet<String>>,
    collections: BTreeMap<Resource, Collection>,
    logs: BTreeMap<LogOf, LogTail>,
    elsewhere: BTreeMap<Resource, Cause>,
}

/// Everything of one resource.
#[derive(Debug, Clone, Default, PartialEq)]
struct Collection {
    is_served: bool,
    objects: Vec<StoredObject>,
    gaps: Vec<Gap>,
}

/// Objects that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The namespace that it concerns; `None` for all that were asked for.
    pub namespace: Option<String>,
    /// Why.
    pub cause: Cause,
}

/// A log of a container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogOf {
    /// The namespace of the pod.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container, an init container or a usual one.
    pub container: String,
    /// Whether it is the log of the container that ran before the one that runs now.
    pub previous: bool,
}

/// The end of a log, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTail {
    /// The last lines.
    Read(String),
    /// It could not be read.
    Missing(Cause),
}

/// What writes the texts of a snapshot anew.
pub trait Rewrite {
    /// Returns what is to be kept of an object, or `None` if it stays as it is.
    fn object(&mut self, object: &StoredObject) -> Option<StoredObject>;
    /// Returns what a log, or why something could not be read, becomes.
    fn text(&mut self, text: &str) -> String;
}

impl LogTail {
    /// The lines, or `None` if they could not be read.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Read(text) => Some(text),
            Self::Missing(_) => None,
        }
    }
}

impl Snapshot {
    /// An empty snapshot: of every resource nothing was asked.
    pub fn new(taken: Timestamp, namespaces: Option<BTreeSet<String>>) -> Self {
        Self {
            taken,
            namespaces,
            collections: BTreeMap::new(),
            logs: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
        }
    }

    /// Takes objects of a resource. From now on it counts as read, but for its gaps.
    pub fn add(&mut self, resource: Resource, objects: impl IntoIterator<Item = StoredObject>) {
        let collection = self.collections.entry(resource).or_default();
        collection.is_served = true;
        collection.objects.extend(objects);
    }

    /// Says that something of a resource could not be read.
    pub fn miss(&mut self, resource: Resource, gap: Gap) {
        let collection = self.collections.entry(resource).or_default();
        collection.is_served = true;
        // Answers that are waited for side by side come in any order; what is told of them does not change with it.
        let place = collection.gaps.partition_point(|other| *other <= gap);
        collection.gaps.insert(place, gap);
    }

    /// Says that objects of a resource in namespaces that were not asked for could not be looked at, where that would have
    /// said more.
    pub fn miss_elsewhere(&mut self, resource: Resource, cause: Cause) {
        self.elsewhere.insert(resource, cause);
    }

    /// What could not be looked at in namespaces that were not asked for.
    pub fn gaps_elsewhere(&self) -> impl Iterator<Item = (Resource, &Cause)> {
        self.elsewhere.iter().map(|(resource, cause)| (*resource, cause))
    }

    /// Says that the cluster does not know the resource: there are no such objects.
    pub fn not_served(&mut self, resource: Resource) {
        self.collections.entry(resource).or_default().is_served = false;
    }

    /// Takes the end of a log.
    pub fn add_log(&mut self, of: LogOf, tail: LogTail) {
        self.logs.insert(of, tail);
    }

    /// Puts objects into the order of their names. Lists come in that order already, but several of them may overlap.
    pub fn sort(&mut self) {
        for collection in self.collections.values_mut() {
            // A list that is in order already, as most are, costs one comparison for each object.
            collection
                .objects
                .sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
            collection
                .objects
                .dedup_by(|second, first| second.namespace == first.namespace && second.name == first.name);
        }
    }

    /// Writes objects, logs, and the reasons of gaps anew.
    pub fn rewrite(&mut self, rewriter: &mut impl Rewrite) {
        for collection in self.collections.values_mut() {
            for object in &mut collection.objects {
                if let Some(new) = rewriter.object(object) {
                    *object = new;
                }
            }
            for gap in &mut collection.gaps {
                gap.cause = rewritten(&gap.cause, rewriter);
            }
        }
        for tail in self.logs.values_mut() {
            *tail = match tail {
                LogTail::Read(text) => LogTail::Read(rewriter.text(text)),
                LogTail::Missing(cause) => LogTail::Missing(rewritten(cause, rewriter)),
            };
        }
        for cause in self.elsewhere.values_mut() {
            *cause = rewritten(cause, rewriter);
        }
    }

    /// The objects of a resource that were read.
    pub fn objects(&self, resource: Resource) -> &[StoredObject] {
        self.collections
            .get(&resource)
            .map_or(&[], |collection| collection.objects.as_slice())
    }

    /// The object of this name, when it was read.
    pub fn object(&self, resource: Resource, namespace: &str, name: &str) -> Option<&StoredObject> {
        let objects = self.objects(resource);
        let found = objects.binary_search_by(|object| (&*object.namespace, &*object.name).cmp(&(namespace, name)));
        found.ok().map(|position| &objects[position])
    }

    /// Whether the cluster knows a resource; `None` when nobody asked.
    pub fn is_served(&self, resource: Resource) -> Option<bool> {
        self.collections.get(&resource).map(|collection| collection.is_served)
    }

    /// Why not everything of a resource is known in a namespace, or in any of them with `None`; `None` when everything is.
    pub fn gap(&self, resource: Resource, namespace: Option<&str>) -> Option<Cause> {
        let Some(collection) = self.collections.get(&resource) else {
            return Some(Cause::NotAsked(format!("{} were not asked for", resource.plural())));
        };
        let concerns = |gap: &&Gap| match (&gap.namespace, namespace) {
            (None, _) | (_, None) => true,
            (Some(gap), Some(namespace)) => gap == namespace,
        };
        collection.gaps.iter().find(concerns).map(|gap| gap.cause.clone())
    }

    /// Every resource with what is missing of it.
    pub fn gaps(&self) -> impl Iterator<Item = (Resource, &Gap)> {
        let collections = self.collections.iter();
        collections.flat_map(|(resource, collection)| collection.gaps.iter().map(|gap| (*resource, gap)))
    }

    /// Every resource that was asked for.
    pub fn resources(&self) -> impl Iterator<Item = Resource> {
        self.collections.keys().copied()
    }

    /// The end of a log, when somebody asked for it.
    pub fn log(&self, of: &LogOf) -> Option<&LogTail> {
        self.logs.get(of)
    }

    /// Every log.
    pub fn logs(&self) -> impl Iterator<Item = (&LogOf, &LogTail)> {
        self.logs.iter()
    }

    /// Whether a namespace was asked for.
    pub fn covers(&self, namespace: &str) -> bool {
        self.namespaces.as_ref().is_none_or(|asked| asked.contains(namespace))
    }
}

fn rewritten(cause: &Cause, rewriter: &mut impl Rewrite) -> Cause {
    match cause {
        Cause::NotAsked(text) => Cause::NotAsked(rewriter.text(text)),
        Cause::Pending(text) => Cause::Pending(rewriter.text(text)),
        Cause::Forbidden(right) => Cause::Forbidden(right.clone()),
        Cause::Failed(text) => Cause::Failed(rewriter.text(text)),
    }
}

/// The kind of an object of which only the metadata was asked for.
const METADATA: &str = "PartialObjectMetadata";

/// Returns what is kept of an object of a resource. What it is, lists do not say, and metadata alone says otherwise.
pub fn stored_as(resource: Resource, api_version: &str, mut object: Node<'_>) -> StoredObject {
    if let Node::Map(map) = &mut object
        && map
            .get("kind")
            .and_then(Node::as_str)
            .is_none_or(|kind| kind == METADATA)
    {
        map.0.retain(|(key, _)| !matches!(&**key, "kind" | "apiVersion"));
        let texts = [("kind", resource.kind()), ("apiVersion", api_version)];
        for (key, text) in texts {
            map.0.insert(0, (key.into(), Node::String(text.to_owned().into())));
        }
    }
    trim(resource, &mut object);
    StoredObject::new(&object)
}

/// Returns the resource of an object and what is kept of it, or `None` if no check looks at its kind.
pub fn stored(mut object: Node<'_>) -> Option<(Resource, StoredObject)> {
    let text = |key: &str| object.get(key).and_then(Node::as_str).unwrap_or_default();
    let resource = Resource::of_manifest(text("apiVersion"), text("kind"))?;
    trim(resource, &mut object);
    Some((resource, StoredObject::new(&object)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job(namespace: &str, name: &str) -> (Resource, StoredObject) {
        let object =
            json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"namespace": namespace, "name": name}});
        stored(Node::from(object)).unwrap()
    }

    #[test]
    fn what_was_not_asked_for_is_a_gap_and_what_is_not_served_is_none() {
        let mut snapshot = Snapshot::new(Timestamp::UNIX_EPOCH, None);
        assert!(snapshot.gap(Resource::Jobs, None).is_some());
        snapshot.not_served(Resource::Jobs);
        assert_eq!(snapshot.gap(Resource::Jobs, None), None);
        let cause = Cause::Failed("too slow".to_owned());
        let gap = Gap {
            namespace: Some("a".to_owned()),
            cause: cause.clone(),
        };
        snapshot.miss(Resource::Pods, gap);
        assert_eq!(snapshot.gap(Resource::Pods, Some("a")), Some(cause.clone()));
        assert_eq!(snapshot.gap(Resource::Pods, Some("b")), None);
        assert_eq!(snapshot.gap(Resource::Pods, None), Some(cause));
    }

    #[test]
    fn an_object_of_which_there_is_only_metadata_is_of_its_kind() {
        for said in [
            json!({}),
            json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}),
        ] {
            let mut object = said;
            object["metadata"] = json!({"namespace": "graph", "name": "neo4j-backup-sa"});
            let stored = stored_as(Resource::ServiceAccounts, "v1", Node::from(object));
            let node = stored.node();
            let text = |key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
            assert_eq!(text("kind").as_deref(), Some("ServiceAccount"));
            assert_eq!(text("apiVersion").as_deref(), Some("v1"));
        }
    }

    #[test]
    fn objects_are_found_by_name_and_kept_once() {
        let mut snapshot = Snapshot::new(Timestamp::UNIX_EPOCH, None);
        for (namespace, name) in [("b", "x"), ("a", "y"), ("a", "x"), ("b", "x")] {
            let (resource, object) = job(namespace, name);
            snapshot.add(resource, [object]);
        }
        snapshot.sort();
        assert_eq!(snapshot.objects(Resource::Jobs).len(), 3);
        assert!(snapshot.object(Resource::Jobs, "a", "y").is_some());
        assert!(snapshot.object(Resource::Jobs, "a", "z").is_none());
    }
}
