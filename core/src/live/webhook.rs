//! Webhooks: what the API server asks before it stores something.

use super::read::{Text, items, optional, optional_number, reference, text};
use crate::document::Node;
use crate::domain::is_our_name;
use crate::model::ObjectRef;
use crate::selector::selects;
use crate::snapshot::{Resource, Snapshot};

/// One webhook of a configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook<'s> {
    /// The `ValidatingWebhookConfiguration` or `MutatingWebhookConfiguration`.
    pub configuration: ObjectRef,
    /// Its position in that.
    pub position: usize,
    /// Its name.
    pub name: Text<'s>,
    /// The version that a label of the configuration gives.
    pub version: Option<Text<'s>>,
    /// What answers; `None` where that is an address outside the cluster.
    pub service: Option<Service<'s>>,
    /// The authority to trust, in base64; what is read for checks has a word in its place. Empty where none is named.
    pub authority: Text<'s>,
    /// The address that is called, where that is no service.
    pub url: Option<Text<'s>>,
    /// How many seconds the API server waits for it.
    pub patience: u64,
    /// Whether it has conditions in CEL, which are not evaluated here.
    pub has_conditions: bool,
    object: Node<'s>,
}

/// The service of a webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Service<'s> {
    /// Its namespace.
    pub namespace: Text<'s>,
    /// Its name.
    pub name: Text<'s>,
    /// The port of it that is called.
    pub port: u64,
    /// Whether it is there; `None` when it was not read.
    pub exists: Option<bool>,
    /// How many of its endpoints are ready; `None` when they were not read.
    pub ready: Option<usize>,
    /// Whether it stands for a name elsewhere, and has no endpoints.
    pub is_external: bool,
}

/// What the API server asks a webhook about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asks {
    /// The API group.
    pub group: &'static str,
    /// The resource, in the plural, with the subresource.
    pub resource: &'static str,
    /// `CREATE` or `UPDATE`.
    pub operation: &'static str,
}

/// What has to be stored for backups to go on.
const OF_BACKUPS: [Asks; 6] = [
    Asks {
        group: "batch",
        resource: "jobs",
        operation: "CREATE",
    },
    Asks {
        group: "",
        resource: "pods",
        operation: "CREATE",
    },
    Asks {
        group: "batch",
        resource: "cronjobs",
        operation: "CREATE",
    },
    Asks {
        group: "neo4j.neo4j.com",
        resource: "neo4jbackups",
        operation: "UPDATE",
    },
    Asks {
        group: "neo4j.neo4j.com",
        resource: "neo4jbackups/status",
        operation: "UPDATE",
    },
    Asks {
        group: "neo4j.neo4j.com",
        resource: "neo4jrestores",
        operation: "UPDATE",
    },
];

/// The labels that the operator gives to all that it makes for backups.
const LABELS: [(&str, &str); 2] = [
    ("app.kubernetes.io/name", "neo4j-backup"),
    ("app.kubernetes.io/managed-by", "neo4j-operator"),
];

/// How many seconds the API server waits for a webhook that says nothing of it.
const PATIENCE: u64 = 10;
/// The port of a service that is called where a webhook names none.
const PORT: u64 = 443;

impl Webhook<'_> {
    /// Whether it is this program's.
    pub fn is_ours(&self) -> bool {
        is_our_name(&self.name)
    }

    /// Whether nothing is stored when it does not answer.
    pub fn stops(&self) -> bool {
        // What says nothing stops: so has it been since `v1`.
        text(&self.object, "failurePolicy") != "Ignore"
    }

    /// Whether it says which authority to trust.
    pub fn has_authority(&self) -> bool {
        !self.authority.is_empty()
    }

    /// Whether it refuses, and does not fill in.
    pub fn validates(&self) -> bool {
        self.configuration.kind == Resource::ValidatingWebhooks.kind()
    }

    /// Whether it is asked about anything that backups need.
    pub fn concerns_backups(&self) -> bool {
        OF_BACKUPS.iter().any(|asks| self.is_asked(asks))
    }

    /// What backups need and it is asked about.
    pub fn asked(&self) -> impl Iterator<Item = &'static Asks> {
        OF_BACKUPS.iter().filter(|asks| self.is_asked(asks))
    }

    /// Whether it is asked in a namespace; `None` where its selector wants a label that is not known.
    pub fn looks_at(&self, namespace: &str, snapshot: &Snapshot) -> Option<bool> {
        let stored = snapshot.object(Resource::Namespaces, "", namespace);
        let object = stored.map(crate::snapshot::StoredObject::node);
        let labels = object.as_ref().map(|object| object.at("metadata.labels"));
        let label = |key: &str| match (key, labels) {
            ("kubernetes.io/metadata.name", _) => Some(Some(namespace.to_owned())),
            (_, Some(labels)) => Some(labels.and_then(|labels| Some(labels.get(key)?.as_str()?.to_owned()))),
            (_, None) => None,
        };
        selects(self.object.get("namespaceSelector"), &label)
    }

    /// Whether it is asked about what the operator makes, by its labels; `None` where it wants one that is not known.
    pub fn selects_workloads(&self) -> Option<bool> {
        let label = |key: &str| {
            let known = LABELS.iter().find(|(label, _)| *label == key);
            known.map(|(_, value)| Some((*value).to_owned()))
        };
        selects(self.object.get("objectSelector"), &label)
    }

    /// Whether it may change pods that are to be made.
    pub fn changes_pods(&self) -> bool {
        let makes_pod = |asks: &Asks| asks.resource == "pods" && asks.operation == "CREATE";
        self.configuration.kind == Resource::MutatingWebhooks.kind() && self.asked().any(makes_pod)
    }

    /// Whether it is asked about what has these labels and no others.
    pub fn selects(&self, labels: &[(&str, &str)]) -> bool {
        let label = |key: &str| {
            let found = labels.iter().find(|(label, _)| *label == key);
            Some(found.map(|(_, value)| (*value).to_owned()))
        };
        selects(self.object.get("objectSelector"), &label) == Some(true)
    }

    fn is_asked(&self, asks: &Asks) -> bool {
        let has = |rule: &Node<'_>, list: &str, value: &str| {
            let mut all = items(rule, list).iter().filter_map(Node::as_str);
            all.any(|item| item == "*" || item == value)
        };
        items(&self.object, "rules").iter().any(|rule| {
            let mut resources = items(rule, "resources").iter().filter_map(Node::as_str);
            has(rule, "apiGroups", asks.group)
                && has(rule, "operations", asks.operation)
                && text(rule, "scope") != "Cluster"
                && resources.any(|pattern| is_of(asks.resource, pattern))
        })
    }
}

/// The webhooks of all configurations that were read.
pub(super) fn webhooks(snapshot: &Snapshot) -> Vec<Webhook<'_>> {
    let mut all = Vec::new();
    for resource in [Resource::ValidatingWebhooks, Resource::MutatingWebhooks] {
        for stored in snapshot.objects(resource) {
            let object = stored.node();
            let configuration = reference(
                "admissionregistration.k8s.io/v1",
                resource.kind(),
                "",
                &text(&object, "metadata.name"),
            );
            let labels = object.at("metadata.labels");
            let version = labels.and_then(|labels| labels.get("app.kubernetes.io/version"));
            for (position, webhook) in items(&object, "webhooks").iter().enumerate() {
                all.push(Webhook {
                    configuration: configuration.clone(),
                    position,
                    name: text(webhook, "name"),
                    version: version.and_then(super::read::text_of),
                    service: webhook
                        .at("clientConfig.service")
                        .map(|service| Service::of(service, snapshot)),
                    authority: text(webhook, "clientConfig.caBundle"),
                    url: optional(webhook, "clientConfig.url"),
                    patience: optional_number(webhook, "timeoutSeconds").unwrap_or(PATIENCE),
                    has_conditions: !items(webhook, "matchConditions").is_empty(),
                    object: webhook.clone(),
                });
            }
        }
    }
    all
}

impl<'s> Service<'s> {
    fn of(service: &Node<'s>, snapshot: &Snapshot) -> Self {
        let (namespace, name) = (text(service, "namespace"), text(service, "name"));
        let is_known = |resource| snapshot.gap(resource, Some(&namespace)).is_none();
        let stored = snapshot.object(Resource::Services, &namespace, &name);
        let is_external = stored.is_some_and(|stored| text(&stored.node(), "spec.type") == "ExternalName");
        let slices = snapshot.objects(Resource::EndpointSlices).iter();
        let own = slices.filter(|stored| *stored.namespace == *namespace).map(|stored| {
            let slice = stored.node();
            let labels = slice.at("metadata.labels");
            let of = labels.and_then(|labels| labels.get("kubernetes.io/service-name")?.as_str());
            let endpoints = items(&slice, "endpoints").iter();
            // What says nothing counts as ready.
            let ready = |endpoint: &&Node<'_>| endpoint.at("conditions.ready").and_then(Node::as_bool) != Some(false);
            if of == Some(&*name) {
                endpoints.filter(ready).count()
            } else {
                0
            }
        });
        Self {
            exists: stored
                .map(|_| true)
                .or_else(|| is_known(Resource::Services).then_some(false)),
            ready: is_known(Resource::EndpointSlices).then(|| own.sum()),
            is_external,
            port: optional_number(service, "port").unwrap_or(PORT),
            namespace,
            name,
        }
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        reference("v1", "Service", &self.namespace, &self.name)
    }

    /// Whether surely nothing answers.
    pub fn is_dead(&self) -> bool {
        self.exists == Some(false) || (self.ready == Some(0) && !self.is_external)
    }
}

/// Whether a resource is of a pattern in a rule: `pods`, `*`, `*/*`, `pods/*`, `*/status`.
fn is_of(resource: &str, pattern: &str) -> bool {
    let matches = |pattern: &str, part: &str| pattern == "*" || pattern == part;
    match (resource.split_once('/'), pattern.split_once('/')) {
        (None, None) => matches(pattern, resource),
        // `*/*` is everything, with and without a subresource.
        (None, Some((plural, part))) => part == "*" && matches(plural, resource),
        (Some((plural, part)), Some((of, below))) => matches(of, plural) && matches(below, part),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_a_rule_is_read_as_the_api_server_reads_it() {
        for (resource, pattern, expected) in [
            ("pods", "pods", true),
            ("pods", "*", true),
            ("pods", "*/*", true),
            ("pods", "pods/*", true),
            ("pods", "*/status", false),
            ("neo4jbackups/status", "*", false),
            ("neo4jbackups/status", "*/*", true),
            ("neo4jbackups/status", "neo4jbackups/status", true),
            ("neo4jbackups/status", "neo4jbackups", false),
        ] {
            assert_eq!(is_of(resource, pattern), expected, "{resource} {pattern}");
        }
    }
}
