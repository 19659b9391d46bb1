//! Pods and their containers.

use jiff::Timestamp;

use super::event::Event;
use super::read::{Condition, Text, conditions, entry, items, number, optional, reference, text, time};
use crate::document::Node;
use crate::model::ObjectRef;
use crate::snapshot::{LogOf, LogTail, Snapshot};
use crate::values::identity::AZURE_USE_LABEL;

/// A pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Pod<'s> {
    /// Its namespace.
    pub namespace: Text<'s>,
    /// Its name.
    pub name: Text<'s>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Whether somebody has asked for it to be deleted.
    pub is_terminating: bool,
    /// `status.phase`, which says less than the containers.
    pub phase: Text<'s>,
    /// Why it failed as a whole, `Evicted` for example; empty otherwise.
    pub reason: Text<'s>,
    /// The same as a sentence.
    pub message: Text<'s>,
    /// The node that it is on; empty while there is none.
    pub node: Text<'s>,
    /// Its account.
    pub account: Text<'s>,
    /// `PodScheduled`, `Ready` and so on.
    pub conditions: Vec<Condition<'s>>,
    /// Its containers, those first that run before the others.
    pub containers: Vec<Container<'s>>,
    /// The claims that it mounts.
    pub claims: Vec<Text<'s>>,
    /// Whether the label is there by which Azure gives it an identity.
    pub uses_azure_identity: bool,
    /// For whom the tokens of its account are that it mounts; not the one for Kubernetes itself.
    pub token_audiences: Vec<Text<'s>>,
    /// The Job that it belongs to.
    pub(super) job: Option<Text<'s>>,
    /// What it is part of: `app.kubernetes.io/name` and `app.kubernetes.io/instance`.
    pub(super) part_of: (Text<'s>, Text<'s>),
    /// Its events, oldest first.
    pub events: Vec<Event<'s>>,
}

/// The variables by which a pod learns which identity it is to take.
const IDENTITIES: [&str; 2] = ["AWS_ROLE_ARN", "AZURE_CLIENT_ID"];

/// A container of a pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Container<'s> {
    /// Its name.
    pub name: Text<'s>,
    /// Whether it has to end before others begin.
    pub is_init: bool,
    /// Its image.
    pub image: Text<'s>,
    /// The memory that it may use, as written.
    pub memory_limit: Option<Text<'s>>,
    /// The Secrets that it takes variables from.
    pub secrets: Vec<Text<'s>>,
    /// The names of the variables that it is given.
    pub variables: Vec<Text<'s>>,
    /// The identity that one of its variables names: a role, or the client id of an application.
    pub identity: Option<Text<'s>>,
    /// Why it does not run yet.
    pub waiting: Option<Waiting<'s>>,
    /// Whether it runs, and since when.
    pub running_since: Option<Timestamp>,
    /// How it ended.
    pub ended: Option<Ended<'s>>,
    /// How the one before it ended.
    pub ended_before: Option<Ended<'s>>,
    /// How often it was started again.
    pub restarts: u64,
    /// The end of its log.
    pub log: Option<&'s str>,
    /// The end of the log of the one before it.
    pub log_before: Option<&'s str>,
    /// What it was told to do: its command and arguments as one text.
    pub command: String,
}

/// Why a container does not run yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting<'s> {
    /// A word: `ImagePullBackOff`.
    pub reason: Text<'s>,
    /// A sentence.
    pub message: Text<'s>,
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended<'s> {
    /// Its exit code; 0 when all went well.
    pub exit_code: u64,
    /// A word: `OOMKilled`, `Error`, `Completed`.
    pub reason: Text<'s>,
    /// What it left as its last words.
    pub message: Text<'s>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
}

impl<'s> Pod<'s> {
    /// The pod in an object.
    pub(super) fn of(object: &Node<'s>, snapshot: &'s Snapshot) -> Self {
        let (namespace, name) = (text(object, "metadata.namespace"), text(object, "metadata.name"));
        let mut containers = Vec::new();
        for (spec, status, is_init) in [
            ("spec.initContainers", "status.initContainerStatuses", true),
            ("spec.containers", "status.containerStatuses", false),
        ] {
            for container in items(object, spec) {
                let container_name = text(container, "name");
                let status = items(object, status)
                    .iter()
                    .find(|status| text(status, "name") == container_name);
                let log = |previous| log_of(snapshot, &namespace, &name, &container_name, previous);
                let mut container = Container::of(container, status, is_init);
                container.log = log(false);
                container.log_before = log(true);
                containers.push(container);
            }
        }
        let label = |key: &str| entry(object, "metadata.labels", key);
        let volumes = items(object, "spec.volumes").iter();
        let sources = volumes.clone().flat_map(|volume| items(volume, "projected.sources"));
        Self {
            created: time(object, "metadata.creationTimestamp"),
            is_terminating: object.at("metadata.deletionTimestamp").is_some(),
            phase: text(object, "status.phase"),
            reason: text(object, "status.reason"),
            message: text(object, "status.message"),
            node: text(object, "spec.nodeName"),
            account: text(object, "spec.serviceAccountName"),
            conditions: conditions(object),
            containers,
            claims: volumes
                .filter_map(|volume| optional(volume, "persistentVolumeClaim.claimName"))
                .collect(),
            uses_azure_identity: label(AZURE_USE_LABEL).is_some(),
            token_audiences: sources
                .filter_map(|source| optional(source, "serviceAccountToken.audience"))
                .collect(),
            job: label("batch.kubernetes.io/job-name").or_else(|| label("job-name")),
            part_of: (
                label("app.kubernetes.io/name").unwrap_or_default(),
                label("app.kubernetes.io/instance").unwrap_or_default(),
            ),
            events: Vec::new(),
            namespace,
            name,
        }
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        reference("v1", "Pod", &self.namespace, &self.name)
    }

    /// The condition of this type.
    pub fn condition(&self, kind: &str) -> Option<&Condition<'s>> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Whether any of its containers has ever run.
    pub fn has_begun(&self) -> bool {
        self.containers
            .iter()
            .any(|container| container.running_since.is_some() || container.ended.is_some())
    }

    /// Its first container that ended badly, with how; the one before it counts when it has been started again.
    pub fn failure(&self) -> Option<(&Container<'s>, &Ended<'s>)> {
        self.containers.iter().find_map(|container| {
            let ended = [&container.ended, &container.ended_before];
            let failed = ended.into_iter().flatten().find(|ended| ended.exit_code != 0)?;
            Some((container, failed))
        })
    }

    /// Its first container that waits for something else than its turn.
    pub fn stuck(&self) -> Option<(&Container<'s>, &Waiting<'s>)> {
        self.containers.iter().find_map(|container| {
            let waiting = container.waiting.as_ref()?;
            let has_reason = !matches!(&*waiting.reason, "" | "PodInitializing" | "ContainerCreating");
            has_reason.then_some((container, waiting))
        })
    }
}

impl<'s> Container<'s> {
    fn of(container: &Node<'s>, status: Option<&Node<'s>>, is_init: bool) -> Self {
        let state = |path: &str| status.and_then(|status| status.at(path));
        let words = ["command", "args"].into_iter().flat_map(|key| items(container, key));
        let from = |list: &str, path: &str| -> Vec<Text<'s>> {
            items(container, list)
                .iter()
                .filter_map(|item| optional(item, path))
                .collect()
        };
        let mut secrets = from("env", "valueFrom.secretKeyRef.name");
        secrets.extend(from("envFrom", "secretRef.name"));
        secrets.sort();
        secrets.dedup();
        Self {
            name: text(container, "name"),
            is_init,
            image: text(container, "image"),
            memory_limit: optional(container, "resources.limits.memory"),
            secrets,
            variables: from("env", "name"),
            identity: items(container, "env")
                .iter()
                .filter(|variable| IDENTITIES.contains(&&*text(variable, "name")))
                .find_map(|variable| optional(variable, "value")),
            waiting: state("state.waiting").map(|waiting| Waiting {
                reason: text(waiting, "reason"),
                message: text(waiting, "message"),
            }),
            running_since: state("state.running").and_then(|running| time(running, "startedAt")),
            ended: state("state.terminated").map(Ended::of),
            ended_before: state("lastState.terminated").map(Ended::of),
            restarts: status.map(|status| number(status, "restartCount")).unwrap_or_default(),
            log: None,
            log_before: None,
            command: words.filter_map(Node::as_str).collect::<Vec<_>>().join(" "),
        }
    }
}

impl<'s> Ended<'s> {
    fn of(terminated: &Node<'s>) -> Self {
        Self {
            exit_code: number(terminated, "exitCode"),
            reason: text(terminated, "reason"),
            message: text(terminated, "message"),
            started: time(terminated, "startedAt"),
            finished: time(terminated, "finishedAt"),
        }
    }
}

fn log_of<'s>(snapshot: &'s Snapshot, namespace: &str, pod: &str, container: &str, previous: bool) -> Option<&'s str> {
    let of = LogOf {
        namespace: namespace.to_owned(),
        pod: pod.to_owned(),
        container: container.to_owned(),
        previous,
    };
    match snapshot.log(&of)? {
        LogTail::Read(text) => Some(text),
        LogTail::Missing(_) => None,
    }
}
