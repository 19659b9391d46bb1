//! Looks at webhook configurations, policies and what answers, and tries a bad and a good object.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use neo4jbackup_cluster::{Cluster, NoAnswer, ObjectError, Objects, Unanswered, bundle, chain, server_version};
use neo4jbackup_core::admission::trial::{
    Answer, BAD_SCHEDULE, GOOD_SCHEDULE, Trial, backup, blinding_restore, remarkable_backup,
};
use neo4jbackup_core::admission::{FailedCall, Paper, Place, Reach, Sight, Target, Trials, rows, secrets};
use neo4jbackup_core::document::Node;
use neo4jbackup_core::facts::{Cause, Right};
use neo4jbackup_core::live::{Cluster as View, Service, Webhook};
use neo4jbackup_core::schema::Kind;
use neo4jbackup_core::snapshot::{Gap, Resource, Snapshot, StoredObject};
use neo4jbackup_core::values::validity::Validity;
use serde_json::Value;

use crate::Io;
use crate::cli::WebhookCheck;
use crate::connection::{self, Access, ConnectionError};
use crate::look::{REQUEST_TIMEOUT, Source};
use crate::webhook_report::WebhookReport;

/// The longest that the API server is left to find the way to a pod. It gives up much later itself.
const REACH_PATIENCE: Duration = Duration::from_secs(10);
/// The port of the Service at which the webhook tells how it fares.
const STATUS_PORT: &str = "status";

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(super) enum ObserveError {
    /// No cluster.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// The cluster does not answer.
    #[error("the cluster cannot be asked")]
    Silent(#[source] neo4jbackup_cluster::WhoamiError),
}

impl ObserveError {
    pub(super) fn exit(&self) -> crate::Exit {
        match self {
            Self::Connection(error) => error.exit(),
            Self::Silent(_) => crate::Exit::Incomplete,
        }
    }
}

/// Looks, tries, and makes the report.
pub(super) fn observe(
    arguments: &WebhookCheck,
    namespace: Option<&str>,
    access: Access,
    io: &mut Io<'_>,
) -> Result<WebhookReport, ObserveError> {
    let access = Access {
        patience: Some(arguments.timeout + REQUEST_TIMEOUT),
        ..access
    };
    let now = io.now;
    connection::ask(&access, io, async |cluster| {
        // Everything that fails from here on is part of the answer, but for a server that nobody reaches.
        if let Err(error) = server_version(cluster).await
            && Unanswered::of(&error).is_some()
        {
            return Err(ObserveError::Silent(error));
        }
        let namespace = namespace.unwrap_or_else(|| cluster.namespace()).to_owned();
        let looker = Looker {
            objects: Objects::of(cluster),
            namespace,
            now,
        };
        let report = looker.report(arguments, cluster).await;
        // What was warned of is made up, and is part of the answer.
        drop(cluster.take_warnings());
        Ok(report)
    })
}

/// What looks.
struct Looker {
    objects: Objects,
    namespace: String,
    now: Timestamp,
}

impl Looker {
    async fn report(&self, arguments: &WebhookCheck, cluster: &Cluster) -> WebhookReport {
        let mut snapshot = Snapshot::new(self.now, Some(BTreeSet::from([self.namespace.clone()])));
        for resource in [
            Resource::ValidatingWebhooks,
            Resource::MutatingWebhooks,
            Resource::ValidatingPolicies,
        ] {
            self.list(resource, None, &mut snapshot).await;
        }
        self.read_namespace(&mut snapshot).await;
        snapshot.sort();
        for namespace in namespaces(&View::of(&snapshot)) {
            for resource in [Resource::Services, Resource::EndpointSlices, Resource::Deployments] {
                self.list(resource, Some(&namespace), &mut snapshot).await;
            }
        }
        snapshot.sort();
        let view = View::of(&snapshot);
        // Side by side: where nobody answers, each takes as long as the API server waits for the webhook.
        let (targets, good, bad, remarkable, blinding) = tokio::join!(
            self.targets(&view),
            self.tried(Kind::Neo4jBackup, |version| backup(version, GOOD_SCHEDULE)),
            self.tried(Kind::Neo4jBackup, |version| backup(version, BAD_SCHEDULE)),
            self.tried(Kind::Neo4jBackup, remarkable_backup),
            self.tried(Kind::Neo4jRestore, blinding_restore),
        );
        let sight = Sight {
            cluster: &view,
            namespace: &self.namespace,
            version: env!("CARGO_PKG_VERSION"),
            wants_webhook: !arguments.policies_only,
            targets,
            bound: self.bound().await,
            trials: Trials {
                good,
                bad,
                remarkable,
                blinding,
            },
        };
        let source = Source {
            context: cluster.context().map(str::to_owned),
            bundle: None,
        };
        WebhookReport::new(&view, source, rows(&sight))
    }

    async fn list(&self, resource: Resource, namespace: Option<&str>, snapshot: &mut Snapshot) {
        let api_version = match resource.group() {
            "" => resource.version().to_owned(),
            group => format!("{group}/{}", resource.version()),
        };
        match self.objects.list(&api_version, resource.kind(), namespace).await {
            Ok(Some(found)) => snapshot.add(resource, found.into_iter().map(stored)),
            Ok(None) => snapshot.not_served(resource),
            Err(error) => {
                let gap = Gap {
                    namespace: namespace.map(str::to_owned),
                    cause: cause(&error, resource.right("list", namespace)),
                };
                snapshot.miss(resource, gap);
            }
        }
    }

    /// The namespace in which objects are tried: its labels say who looks there, and how far.
    async fn read_namespace(&self, snapshot: &mut Snapshot) {
        let name = neo4jbackup_cluster::ObjectName {
            api_version: "v1".to_owned(),
            kind: "Namespace".to_owned(),
            namespace: None,
            name: self.namespace.clone(),
        };
        let missed = match self.objects.read(&name).await {
            Ok(found) => return snapshot.add(Resource::Namespaces, found.map(stored)),
            Err(ObjectError::Api { source, .. }) => {
                let right = Right {
                    name: Some(self.namespace.clone()),
                    ..Resource::Namespaces.right("get", None)
                };
                cause(&source, right)
            }
            Err(error) => Cause::Failed(chain(&error)),
        };
        let gap = Gap {
            namespace: None,
            cause: missed,
        };
        snapshot.miss(Resource::Namespaces, gap);
    }

    /// The policies that a binding names.
    async fn bound(&self) -> Result<BTreeSet<String>, String> {
        const KIND: &str = "ValidatingAdmissionPolicyBinding";
        let bindings = self.objects.list("admissionregistration.k8s.io/v1", KIND, None).await;
        let bindings = bindings.map_err(|error| {
            let right = Right {
                resource: "validatingadmissionpolicybindings".to_owned(),
                called: KIND.to_owned(),
                ..Resource::ValidatingPolicies.right("list", None)
            };
            cause(&error, right).told()
        })?;
        let names = bindings.iter().flatten();
        Ok(names
            .filter_map(|binding| binding["spec"]["policyName"].as_str().map(str::to_owned))
            .collect())
    }

    /// Sends an object that is not to be stored.
    async fn tried(&self, kind: Kind, object: impl Fn(&str) -> Value) -> Trial {
        let start = Instant::now();
        let answer = self.objects.dry_run_newest(kind, &self.namespace, object).await;
        let answered = |accepted, message: &str, warnings| {
            Trial::Answered(Answer {
                accepted,
                message: message.to_owned(),
                warnings,
                took: start.elapsed(),
            })
        };
        match answer {
            Ok(None) => Trial::NotServed,
            Ok(Some(dry_run)) => {
                let message = dry_run.answer["message"].as_str().unwrap_or_default();
                answered(dry_run.accepted, message, dry_run.warnings)
            }
            Err(ObjectError::Api {
                source: NoAnswer::Status { status, message },
                ..
            }) => match status.as_u16() {
                403 if message.contains(" cannot create resource ") => {
                    Trial::Forbidden(Resource::of_kind(kind).right("create", Some(&self.namespace)))
                }
                401 | 404 | 429 => Trial::Failed(message),
                // The API server is busy, or its store; a call of a webhook that failed has words of its own.
                500.. if FailedCall::of(&message).is_none() => Trial::Failed(message),
                // A call that failed is an error of the server, and others refuse in words of their own.
                _ => answered(false, &message, Vec::new()),
            },
            Err(error) => Trial::Failed(chain(&error)),
        }
    }

    /// What answers for our webhooks.
    async fn targets(&self, view: &View<'_>) -> Vec<Target> {
        let mut by_place: BTreeMap<Place, Vec<&Webhook<'_>>> = BTreeMap::new();
        for webhook in view.webhooks.iter().filter(|webhook| webhook.is_ours()) {
            by_place.entry(place(webhook)).or_default().push(webhook);
        }
        let mut targets = Vec::new();
        for (place, webhooks) in by_place {
            targets.push(self.target(place, &webhooks, view).await);
        }
        targets
    }

    async fn target(&self, place: Place, webhooks: &[&Webhook<'_>], view: &View<'_>) -> Target {
        let mut bundles: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for webhook in webhooks {
            let names = bundles.entry(&webhook.authority).or_default();
            let name = webhook.name.to_string();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut target = Target {
            place,
            bundles: bundles
                .iter()
                .map(|(authority, names)| bundle(names.clone(), authority))
                .collect(),
            papers: Vec::new(),
            unread: Vec::new(),
            reach: Reach::NotAsked,
        };
        let Some(service) = webhooks.iter().find_map(|webhook| webhook.service.as_ref()) else {
            return target;
        };
        let authorities: Vec<&str> = bundles.keys().copied().collect();
        (target.papers, target.unread) = self.papers(service, &authorities, view).await;
        if !service.is_dead() && !service.is_external {
            target.reach = self.reach(service, view).await;
        }
        target
    }

    /// The certificates of the Secrets that the webhook uses, and why some are not known.
    async fn papers(&self, service: &Service<'_>, bundles: &[&str], view: &View<'_>) -> (Vec<Paper>, Vec<String>) {
        let (mut papers, mut unread) = (Vec::new(), Vec::new());
        let namespace = &*service.namespace;
        for resource in [Resource::Services, Resource::Deployments] {
            unread.extend(view.snapshot.gap(resource, Some(namespace)).map(|gap| gap.told()));
        }
        let host = format!("{}.{namespace}.svc", service.name);
        for secret in secrets(view, namespace, &service.name) {
            match self.objects.papers(namespace, &secret, &host, bundles, self.now).await {
                Ok(Some(found)) => papers.extend(found),
                Ok(None) => unread.push(format!("there is no Secret {secret}")),
                Err(error) => {
                    let right = Right {
                        name: Some(secret),
                        ..Resource::Secrets.right("get", Some(namespace))
                    };
                    unread.push(cause(&error, right).told());
                }
            }
        }
        (papers, unread)
    }

    /// Asks the webhook through the API server, which goes the way of its own calls.
    async fn reach(&self, service: &Service<'_>, view: &View<'_>) -> Reach {
        let (namespace, name) = (&*service.namespace, &*service.name);
        let tls = format!("https:{name}:{}", service.port);
        if let Err(reach) = self.asked(namespace, &tls, "/").await {
            return reach;
        }
        let mut version = None;
        let mut page = String::new();
        if has_status_port(view, namespace, name) {
            let status = format!("http:{name}:{STATUS_PORT}");
            if let Ok(text) = self.asked(namespace, &status, "/version").await {
                let said: Value = serde_json::from_str(&text).unwrap_or_default();
                version = said["version"].as_str().map(str::to_owned);
            }
            page = self.asked(namespace, &status, "/readyz").await.unwrap_or_default();
        }
        Reach::Answered {
            version,
            leaf: leaf(&page),
            complaints: complaints(&page),
        }
    }

    /// What the Service answers, whichever status that has; or why the API server has no answer of it.
    async fn asked(&self, namespace: &str, service: &str, path: &str) -> Result<String, Reach> {
        let asked = self.objects.ask_service(namespace, service, path);
        let Ok(answer) = tokio::time::timeout(REACH_PATIENCE, asked).await else {
            let seconds = REACH_PATIENCE.as_secs();
            return Err(Reach::Failed(format!("i/o timeout: no answer within {seconds} s")));
        };
        let (status, text) = answer.map_err(|error| Reach::Failed(chain(&error)))?;
        let said: Value = serde_json::from_str(&text).unwrap_or_default();
        if said["kind"] != "Status" {
            return Ok(text);
        }
        if status.as_u16() == 403 {
            let right = Right {
                resource: "services/proxy".to_owned(),
                ..Resource::Services.right("get", Some(namespace))
            };
            return Err(Reach::Forbidden(right));
        }
        Err(Reach::Failed(said["message"].as_str().unwrap_or_default().to_owned()))
    }
}

/// The namespaces of what answers for our webhooks.
fn namespaces(view: &View<'_>) -> BTreeSet<String> {
    let ours = view.webhooks.iter().filter(|webhook| webhook.is_ours());
    ours.filter_map(|webhook| Some(webhook.service.as_ref()?.namespace.to_string()))
        .collect()
}

fn place(webhook: &Webhook<'_>) -> Place {
    match (&webhook.service, &webhook.url) {
        (Some(service), _) => Place::Service {
            namespace: service.namespace.to_string(),
            name: service.name.to_string(),
        },
        (None, Some(url)) => Place::Address(url.rsplit_once('/').map_or(&**url, |(host, _)| host).to_owned()),
        (None, None) => Place::Address(String::new()),
    }
}

fn has_status_port(view: &View<'_>, namespace: &str, name: &str) -> bool {
    let stored = view.snapshot.object(Resource::Services, namespace, name);
    let node = stored.map(StoredObject::node);
    let ports = node.as_ref().and_then(|node| node.at("spec.ports")?.as_list());
    let is_it = |port: &Node<'_>| port.get("name").and_then(Node::as_str) == Some(STATUS_PORT);
    ports.unwrap_or_default().iter().any(is_it)
}

/// From when and until when the certificate is valid, by the line of `/readyz`: `certificate: valid from … to …`.
fn leaf(page: &str) -> Option<Validity> {
    let words = "] certificate: valid from ";
    let (_, times) = page.lines().find_map(|line| line.split_once(words))?;
    let (from, until) = times.split_once(" to ")?;
    Some(Validity {
        not_before: from.parse().ok()?,
        not_after: until.trim().parse().ok()?,
    })
}

/// What `/readyz` finds wrong.
fn complaints(page: &str) -> Vec<String> {
    let lines = page
        .lines()
        .filter(|line| line.starts_with("[-]") || line.starts_with("[!]"));
    lines.map(str::to_owned).collect()
}

fn stored(object: Value) -> StoredObject {
    StoredObject::new(&Node::from(object))
}

fn cause(error: &NoAnswer, right: Right) -> Cause {
    if error.is_forbidden() {
        return Cause::Forbidden(right);
    }
    Cause::Failed(chain(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the webhook writes it.
    #[test]
    fn a_page_tells_the_end_of_the_certificate_and_what_is_wrong() {
        let page = "[+] shutdown\n[+] certificate: valid from 2026-11-20T00:00:00Z to 2026-11-27T00:00:00Z\n\
                    [-] ca bundle validating/guard: empty\n[!] clock: off\n[?] instances: why\nnot ready\n";
        assert_eq!(leaf(page).unwrap().not_after.to_string(), "2026-11-27T00:00:00Z");
        assert_eq!(
            complaints(page),
            ["[-] ca bundle validating/guard: empty", "[!] clock: off"]
        );
        assert_eq!(leaf("ready\n"), None);
    }
}
