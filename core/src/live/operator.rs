//! An installation of the operator.

use jiff::Timestamp;

use super::event::Event;
use super::pod::Pod;
use super::read::{Text, items, number, optional, optional_number, reference, text, time};
use crate::document::Node;
use crate::facts::deployed_version;
use crate::model::ObjectRef;
use crate::snapshot::{Resource, Snapshot};
use crate::values::image;

/// The label that the Deployments of operators have.
pub(super) const LABEL: (&str, &str) = ("control-plane", "controller-manager");

/// An installation of the operator.
#[derive(Debug, Clone, PartialEq)]
pub struct Installation<'s> {
    /// The namespace of its Deployment.
    pub namespace: Text<'s>,
    /// The name of its Deployment.
    pub name: Text<'s>,
    /// Its version, as its image or a label says; `None` where neither does.
    pub version: Option<String>,
    /// Which namespaces it looks after.
    pub mode: Mode,
    /// Whether its pods agree by a lease which of them works.
    pub elects_leader: bool,
    /// The lease, when it was read.
    pub lease: Option<Lease<'s>>,
    /// How many pods it is to have.
    pub wanted: u64,
    /// How many of them are ready; `None` where the Deployment has no status yet.
    pub ready: Option<u64>,
    /// Its pods, when they were read.
    pub pods: Vec<Pod<'s>>,
    /// The events of its Deployment, oldest first.
    pub events: Vec<Event<'s>>,
}

/// By what the pods of an installation agree which of them works.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease<'s> {
    /// Its namespace.
    pub namespace: Text<'s>,
    /// Its name.
    pub name: Text<'s>,
    /// The pod that holds it; empty when none does.
    pub pod: Text<'s>,
    /// When the holder last said so.
    pub renewed: Option<Timestamp>,
    /// For how many seconds that holds.
    pub seconds: u64,
}

impl<'s> Lease<'s> {
    /// The lease in an object.
    fn of(object: &Node<'s>) -> Self {
        let holder = text(object, "spec.holderIdentity");
        // Behind the name of the pod stands a number that is its own for each start.
        let pod = match holder.split_once('_') {
            Some((pod, _)) => Text::Owned(pod.to_owned()),
            None => holder,
        };
        Self {
            namespace: text(object, "metadata.namespace"),
            name: text(object, "metadata.name"),
            pod,
            renewed: time(object, "spec.renewTime"),
            seconds: optional_number(object, "spec.leaseDurationSeconds").unwrap_or(15),
        }
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        reference("coordination.k8s.io/v1", "Lease", &self.namespace, &self.name)
    }

    /// Whether it is that of a Deployment: one of its pods holds it, or nobody, and the name is of the operator.
    fn is_of(&self, deployment: &str) -> bool {
        let is_pods = self
            .pod
            .strip_prefix(deployment)
            .is_some_and(|rest| rest.starts_with('-'));
        is_pods || (self.pod.is_empty() && self.name.contains("neo4j"))
    }
}

/// Which namespaces an installation looks after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// All of them.
    All,
    /// Some, which may be written with `*`.
    Some(Vec<String>),
    /// Its Deployment takes that from somewhere else.
    Unknown,
}

impl Mode {
    /// Whether a namespace is looked after; `None` where that is not known.
    pub fn watches(&self, namespace: &str) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Some(names) => Some(names.iter().any(|pattern| matches(pattern, namespace))),
            Self::Unknown => None,
        }
    }
}

impl<'s> Installation<'s> {
    /// The installation that a Deployment is, or `None` if it is another program's.
    pub(super) fn of(deployment: &Node<'s>, pods: Vec<Pod<'s>>, events: Vec<Event<'s>>) -> Option<Self> {
        let label = deployment
            .at("metadata.labels")
            .and_then(|labels| labels.get(LABEL.0)?.as_str());
        let containers = items(deployment, "spec.template.spec.containers");
        let container = containers.iter().find(|container| {
            let image = container.get("image").and_then(Node::as_str).unwrap_or_default();
            let repository = image::split(image).repository;
            repository.contains("neo4j") && repository.contains("operator")
        });
        let is_named = |name: &str| name.contains("neo4j") && name.contains("operator");
        let name = text(deployment, "metadata.name");
        // A mirror may call the image otherwise; the label and the name are left then.
        let container = container.or_else(|| {
            let is_ours = label == Some(LABEL.1) && is_named(&name);
            containers.first().filter(|_| is_ours)
        })?;
        Some(Self {
            namespace: text(deployment, "metadata.namespace"),
            version: deployed_version(deployment).map(|version| version.trim_start_matches('v').to_owned()),
            mode: mode(container),
            elects_leader: elects_leader(container),
            lease: None,
            wanted: optional(deployment, "spec.replicas").map_or(1, |_| number(deployment, "spec.replicas")),
            ready: deployment
                .get("status")
                .map(|_| number(deployment, "status.readyReplicas")),
            pods,
            events,
            name,
        })
    }

    /// Takes the lease of its leader out of those that were read.
    pub(super) fn find_lease(&mut self, snapshot: &'s Snapshot) {
        let leases = snapshot.objects(Resource::Leases).iter();
        let mut own = leases
            .filter(|stored| *stored.namespace == *self.namespace)
            .map(|stored| Lease::of(&stored.node()));
        self.lease = own.find(|lease| lease.is_of(&self.name));
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        reference("apps/v1", "Deployment", &self.namespace, &self.name)
    }
}

/// Without the flag it elects none.
fn elects_leader(container: &Node<'_>) -> bool {
    let mut words = ["command", "args"]
        .into_iter()
        .flat_map(|key| items(container, key))
        .filter_map(Node::as_str);
    words.any(|word| matches!(word.trim_start_matches('-'), "leader-elect" | "leader-elect=true"))
}

fn mode(container: &Node<'_>) -> Mode {
    let variable = items(container, "env")
        .iter()
        .find(|variable| text(variable, "name") == "WATCH_NAMESPACE");
    match variable {
        None if items(container, "envFrom").is_empty() => Mode::All,
        None => Mode::Unknown,
        Some(variable) => match optional(variable, "value") {
            Some(value) if value.trim().is_empty() => Mode::All,
            Some(value) => Mode::Some(value.split(',').map(|name| name.trim().to_owned()).collect()),
            None if variable.get("valueFrom").is_some() => Mode::Unknown,
            None => Mode::All,
        },
    }
}

/// Whether a name is of a pattern in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, rest)) => name.strip_prefix(before).is_some_and(|name| {
            (0..=name.len())
                .filter(|end| name.is_char_boundary(*end))
                .any(|end| matches(rest, &name[end..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_installation_says_what_it_looks_after() {
        let deployment = |env: serde_json::Value| {
            Node::from(json!({
                "metadata": {"name": "neo4j-operator", "namespace": "ops", "labels": {"control-plane": "controller-manager"}},
                "spec": {"replicas": 1, "template": {"spec": {"containers": [
                    {"name": "manager", "image": "ghcr.io/x/neo4j-operator:v1.14.0", "env": env}]}}},
                "status": {"readyReplicas": 1},
            }))
        };
        let all = deployment(json!([]));
        let all = Installation::of(&all, Vec::new(), Vec::new()).unwrap();
        assert_eq!((all.version.as_deref(), &all.mode), (Some("1.14.0"), &Mode::All));
        let some = deployment(json!([{"name": "WATCH_NAMESPACE", "value": "team-*, ops"}]));
        let some = Installation::of(&some, Vec::new(), Vec::new()).unwrap();
        assert_eq!(some.mode.watches("team-a"), Some(true));
        assert_eq!(some.mode.watches("ops"), Some(true));
        assert_eq!(some.mode.watches("graph"), Some(false));
        let other = json!({"metadata": {"name": "x", "labels": {"control-plane": "controller-manager"}},
                           "spec": {"template": {"spec": {"containers": [{"image": "other/operator:1"}]}}}});
        assert_eq!(Installation::of(&Node::from(other), Vec::new(), Vec::new()), None);
    }
}
