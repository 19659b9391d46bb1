//! Which lists are read.

use neo4jbackup_core::domain::{NAME_LABEL, WEBHOOK_NAME};
use neo4jbackup_core::facts::Right;
use neo4jbackup_core::schema::Kind;
use neo4jbackup_core::snapshot::Resource;

use super::{Purpose, Reading};
use crate::definitions::definition_name;

/// What the Deployment and the pods of an operator are found by.
const OPERATOR: &str = "control-plane=controller-manager";

/// The reasons of events that tell of what went as it should, which are nearly all that a cluster has. No check asks for them.
const UNEVENTFUL: [&str; 9] = [
    "SuccessfulCreate",
    "SuccessfulDelete",
    "Completed",
    "SawCompletedJob",
    "Scheduled",
    "Pulling",
    "Pulled",
    "Created",
    "Started",
];

/// One list, or one object by its name.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) resource: Resource,
    /// The version of its API.
    pub(super) version: String,
    /// `None` for all namespaces, or for a resource that is in none.
    pub(super) namespace: Option<String>,
    /// The only object.
    pub(super) name: Option<String>,
    /// Which labels they have.
    pub(super) labels: Option<String>,
    /// Which values some of their fields have.
    pub(super) fields: Option<String>,
    pub(super) form: Form,
    pub(super) asked: Asked,
}

/// How much of an object is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// All of it.
    Whole,
    /// Its metadata, where nobody asks for more.
    Metadata,
}

/// Why something is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// It was asked for.
    Directly,
    /// It is in namespaces that were not asked for, and may explain what is in those that were.
    Elsewhere,
}

impl Part {
    /// All objects of a resource.
    pub(super) fn list(resource: Resource, namespace: Option<&str>) -> Self {
        Self {
            resource,
            version: resource.version().to_owned(),
            namespace: namespace.map(str::to_owned),
            name: None,
            labels: None,
            fields: (resource == Resource::Events).then(eventful),
            form: match resource {
                // Whether they are there, and what they are annotated with.
                Resource::ServiceAccounts | Resource::Namespaces => Form::Metadata,
                _ => Form::Whole,
            },
            asked: Asked::Directly,
        }
    }

    /// One object.
    pub(super) fn one(resource: Resource, namespace: Option<&str>, name: String) -> Self {
        Self {
            name: Some(name),
            ..Self::list(resource, namespace)
        }
    }

    /// A kind of the operator in all namespaces.
    pub(super) fn elsewhere(resource: Resource, version: &str) -> Self {
        Self {
            version: version.to_owned(),
            asked: Asked::Elsewhere,
            ..Self::list(resource, None)
        }
    }

    /// Those of them with these labels.
    pub(super) fn labelled(self, labels: impl Into<String>) -> Self {
        Self {
            labels: Some(labels.into()),
            ..self
        }
    }

    /// Those of them with these fields.
    pub(super) fn with_fields(self, fields: String) -> Self {
        Self {
            fields: Some(fields),
            ..self
        }
    }

    /// The right that it takes.
    pub(super) fn right(&self) -> Right {
        let verb = if self.name.is_some() { "get" } else { "list" };
        Right {
            name: self.name.clone(),
            ..self.resource.right(verb, self.namespace.as_deref())
        }
    }

    /// The value of `apiVersion` of its objects.
    pub(super) fn api_version(&self) -> String {
        match self.resource.group() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// The path of its requests.
    pub(super) fn path(&self) -> String {
        let root = match self.resource.group() {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        };
        let namespace = self.namespace.as_ref().filter(|_| self.resource.is_namespaced());
        let namespace = namespace.map(|name| format!("/namespaces/{name}")).unwrap_or_default();
        let name = self.name.as_ref().map(|name| format!("/{name}")).unwrap_or_default();
        format!("{root}{namespace}/{}{name}", self.resource.plural())
    }
}

/// What is read first. `served` is the version of the operator's kinds, where they are served.
pub(super) fn parts(reading: &Reading, served: Option<&str>) -> Vec<Part> {
    let mut parts = Vec::new();
    match &reading.namespaces {
        None => in_namespace(None, reading, served, &mut parts),
        Some(namespaces) => {
            for namespace in namespaces {
                in_namespace(Some(namespace), reading, served, &mut parts);
            }
        }
    }
    match &reading.namespaces {
        None => parts.push(Part::list(Resource::Namespaces, None)),
        Some(namespaces) => {
            let one = |name: &String| Part::one(Resource::Namespaces, None, name.clone());
            parts.extend(namespaces.iter().map(one));
        }
    }
    if reading.purpose != Purpose::Runs {
        let definition = |kind: Kind| Part::one(Resource::Definitions, None, definition_name(kind));
        parts.extend(Kind::ALL.into_iter().map(definition));
        let [deployments, pods] = operators();
        parts.push(deployments);
        if reading.purpose == Purpose::Causes {
            parts.push(pods);
        }
        if reading.purpose == Purpose::Rights {
            parts.push(Part::list(Resource::Deployments, None).labelled(format!("{NAME_LABEL}={WEBHOOK_NAME}")));
        }
    }
    if reading.purpose == Purpose::Causes {
        for resource in [
            Resource::ValidatingWebhooks,
            Resource::MutatingWebhooks,
            Resource::ValidatingPolicies,
        ] {
            parts.push(Part::list(resource, None));
        }
    }
    parts
}

/// The operators and their pods, wherever they are.
pub(super) fn operators() -> [Part; 2] {
    let [deployments, pods] =
        [Resource::Deployments, Resource::Pods].map(|resource| Part::list(resource, None).labelled(OPERATOR));
    let pods = Part {
        asked: Asked::Elsewhere,
        ..pods
    };
    [deployments, pods]
}

fn in_namespace(namespace: Option<&str>, reading: &Reading, served: Option<&str>, parts: &mut Vec<Part>) {
    if let Some(version) = served {
        let kinds = Kind::ALL.into_iter().map(Resource::of_kind);
        let is_asked = |resource: &Resource| {
            reading.purpose != Purpose::Rights || [Resource::Backups, Resource::Restores].contains(resource)
        };
        let kinds = kinds.filter(is_asked);
        // A database is only counted; an instance may have a great many.
        parts.extend(kinds.map(|resource| Part {
            version: version.to_owned(),
            ..Part::list(resource, namespace)
        }));
    }
    if reading.purpose == Purpose::Rights {
        return;
    }
    if let Purpose::References(_) = reading.purpose {
        let resources = [Resource::CronJobs, Resource::Claims, Resource::ServiceAccounts];
        parts.extend(resources.map(|resource| Part::list(resource, namespace)));
        // Of Jobs only what has not ended well: a cluster may have a great many of the others.
        parts.push(Part::list(Resource::Jobs, namespace).with_fields("status.successful=0".to_owned()));
        return;
    }
    let own = reading
        .only
        .as_ref()
        .filter(|(place, _)| Some(place.as_str()) == namespace);
    for resource in [Resource::Jobs, Resource::CronJobs] {
        let part = Part::list(resource, namespace);
        parts.push(match own {
            Some((_, name)) if is_label_value(name) => part.labelled(format!("app.kubernetes.io/instance={name}")),
            _ => part,
        });
    }
    if reading.purpose == Purpose::Causes || reading.reads_events {
        parts.push(Part::list(Resource::Events, namespace));
    }
    if reading.purpose != Purpose::Causes {
        return;
    }
    match namespace {
        Some(_) => parts.push(Part::list(Resource::Pods, namespace)),
        // Not every pod of a cluster: those of Jobs, of servers and of seed proxies.
        None => {
            for labels in [
                "batch.kubernetes.io/job-name",
                "neo4j.com/cluster",
                "app.kubernetes.io/name=backup-seed-proxy",
            ] {
                parts.push(Part::list(Resource::Pods, None).labelled(labels));
            }
        }
    }
    for resource in [
        Resource::Claims,
        Resource::ServiceAccounts,
        Resource::Roles,
        Resource::RoleBindings,
        Resource::NetworkPolicies,
        Resource::StatefulSets,
    ] {
        parts.push(Part::list(resource, namespace));
    }
}

/// Selects the events that may say that something is wrong.
fn eventful() -> String {
    UNEVENTFUL.map(|reason| format!("reason!={reason}")).join(",")
}

/// Whether a label can have this value; the operator gives longer names no label.
pub(super) fn is_label_value(name: &str) -> bool {
    name.len() <= 63
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use neo4jbackup_core::rbac::needs::{Level, Party, Scope, requirements};

    use super::*;

    /// A verb on a resource, and whether it has to hold in a namespace alone.
    type Asked = (String, String, String, bool);

    fn asked(part: &Part) -> Asked {
        let right = part.right();
        // The API server takes the name of a namespace for the namespace of the request.
        let is_within = right.namespace.is_some() || (part.resource == Resource::Namespaces && right.name.is_some());
        (right.verbs.join(","), right.group, right.resource, is_within)
    }

    /// What is read beside the first lists: `read.rs` and `read/object.rs`.
    fn further() -> Vec<Part> {
        let one = |resource| Part::one(resource, Some("graph"), "x".to_owned());
        vec![
            one(Resource::Secrets),
            one(Resource::Backups),
            one(Resource::Restores),
            one(Resource::Clusters),
            one(Resource::Standalones),
            one(Resource::CronJobs),
            Part::elsewhere(Resource::Backups, "v1beta1"),
            Part::elsewhere(Resource::Restores, "v1beta1"),
        ]
    }

    /// What is read in namespaces that only the cluster names: those of operators and of webhooks.
    fn in_other_namespaces() -> BTreeSet<Asked> {
        let asked = |verb: &str, group: &str, resource: &str| {
            let [verb, group, resource] = [verb, group, resource].map(str::to_owned);
            (verb, group, resource, false)
        };
        BTreeSet::from([
            asked("get", "", "services"),
            asked("list", "discovery.k8s.io", "endpointslices"),
            asked("list", "coordination.k8s.io", "leases"),
            asked("get", "", "pods/log"),
        ])
    }

    #[test]
    fn what_is_read_in_one_namespace_is_what_the_table_of_needs_has() {
        let mut read = in_other_namespaces();
        read.insert(("get".to_owned(), String::new(), "pods/log".to_owned(), true));
        let purposes = [
            Purpose::Runs,
            Purpose::Schedules,
            Purpose::Causes,
            Purpose::References(BTreeSet::new()),
            Purpose::Rights,
        ];
        for purpose in purposes {
            let reading = Reading {
                namespaces: Some(BTreeSet::from(["graph".to_owned()])),
                only: None,
                request_timeout: Duration::MAX,
                timeout: Duration::MAX,
                reads_events: true,
                purpose,
            };
            read.extend(parts(&reading, Some("v1beta1")).iter().map(asked));
        }
        read.extend(further().iter().map(asked));
        read.extend(operators().iter().map(asked));
        // `-A` takes the right to list namespaces, and `rbac check` rights of its own.
        let of_reader = |feature: &str| !["rbac-check", "all-namespaces"].contains(&feature);
        let requirements = requirements(Party::Plugin(Level::Read));
        let needed: BTreeSet<Asked> = requirements
            .filter(|requirement| of_reader(&requirement.feature))
            .flat_map(|requirement| {
                let is_within = requirement.scope == Scope::Namespace;
                let actions = requirement.rule.actions();
                actions.map(move |action| {
                    (
                        action.verb.clone(),
                        action.group.clone(),
                        action.full_resource(),
                        is_within,
                    )
                })
            })
            .collect();
        let only_read: Vec<_> = read.difference(&needed).collect();
        let only_needed: Vec<_> = needed.difference(&read).collect();
        assert!(only_read.is_empty(), "read, and not in the table: {only_read:?}");
        assert!(only_needed.is_empty(), "in the table, and never read: {only_needed:?}");
    }

    #[test]
    fn what_is_read_in_all_namespaces_is_what_the_table_has_for_all_of_them() {
        let reading = Reading {
            namespaces: None,
            only: None,
            request_timeout: Duration::MAX,
            timeout: Duration::MAX,
            reads_events: true,
            purpose: Purpose::Causes,
        };
        let needed: BTreeSet<_> = requirements(Party::Plugin(Level::Read))
            .flat_map(|requirement| requirement.rule.actions())
            .map(|action| (action.verb.clone(), action.group.clone(), action.full_resource()))
            .collect();
        for part in parts(&reading, Some("v1beta1")) {
            let (verb, group, resource, _) = asked(&part);
            assert!(
                needed.contains(&(verb.clone(), group, resource.clone())),
                "{verb} {resource}"
            );
        }
    }
}
