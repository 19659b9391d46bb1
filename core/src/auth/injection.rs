//! What a pod has to have been given to take an identity: variables, a token, on Azure a label. Webhooks of the clouds give
//! them when a pod is made, so a pod shows whether they did.

use super::access::{Access, Actor};
use super::method::Method;
use super::reached::pods;
use super::row::{Row, Topic, Verdict};
use crate::facts::Cause;
use crate::live::{Cluster, Pod, Webhook};
use crate::model::Provider;
use crate::quoted::{name, quoted};
use crate::snapshot::Resource;
use crate::values::identity::AZURE_USE_LABEL;

/// What a pod lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The label by which Azure's webhook picks pods.
    Label,
    /// The variable that says where the token is.
    Variable(&'static str),
    /// The token itself.
    Token,
}

/// The variable that says where the token of a method is; `None` for methods that leave nothing in a pod.
pub(super) fn variable(method: Method) -> Option<&'static str> {
    match method {
        Method::Irsa => Some("AWS_WEB_IDENTITY_TOKEN_FILE"),
        Method::PodIdentity => Some("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        Method::AzureWorkloadIdentity => Some("AZURE_FEDERATED_TOKEN_FILE"),
        _ => None,
    }
}

/// The method for which a pod was given variables; `None` where it was given none.
pub(super) fn injected(pod: &Pod<'_>) -> Option<Method> {
    let methods = [Method::Irsa, Method::PodIdentity, Method::AzureWorkloadIdentity];
    methods
        .into_iter()
        .find(|method| variable(*method).is_some_and(|variable| has_variable(pod, variable)))
}

fn has_variable(pod: &Pod<'_>, variable: &str) -> bool {
    let mut containers = pod.containers.iter();
    containers.any(|container| container.variables.iter().any(|name| name == variable))
}

/// What a pod lacks to take an identity by this method, or `None` if it lacks nothing.
pub fn lacks(pod: &Pod<'_>, method: Method) -> Option<Lack> {
    let variable = variable(method)?;
    if method == Method::AzureWorkloadIdentity && !pod.uses_azure_identity {
        return Some(Lack::Label);
    }
    if !has_variable(pod, variable) {
        return Some(Lack::Variable(variable));
    }
    pod.token_audiences.is_empty().then_some(Lack::Token)
}

impl Lack {
    /// It as half a sentence: `has no variable …`.
    pub fn words(self) -> String {
        match self {
            Self::Label => format!("has no label {AZURE_USE_LABEL}"),
            Self::Variable(variable) => format!("has no variable {variable}"),
            Self::Token => "has no volume with a token for the cloud".to_owned(),
        }
    }
}

/// Whether the newest pods had what the method takes.
pub(super) fn of_pods(access: &Access, cluster: &Cluster<'_>) -> Vec<Row> {
    if variable(access.method).is_none() {
        return Vec::new();
    }
    let pods = pods(access, cluster);
    let namespace = &access.object.namespace;
    if pods.is_empty() {
        let why = match cluster.snapshot.gap(Resource::Pods, Some(namespace)) {
            Some(Cause::Forbidden(right)) => format!("the right to {} is missing", right.words()),
            Some(cause) => cause.to_string(),
            None => "none is there any more, or yet".to_owned(),
        };
        let text = format!("whether its pods are given a token is not known: {why}");
        return vec![Row::new(Topic::Pods, Verdict::Note, text)];
    }
    // Of several servers the first that lacks something is the one to tell of.
    let lacking = pods.iter().find_map(|pod| Some((pod, lacks(pod, access.method)?)));
    if let Some((pod, lack)) = lacking {
        let code = if lack == Lack::Label { "NB3104" } else { "NB3105" };
        let text = format!(
            "pod {} {}, and so it cannot take the identity",
            name(&pod.name),
            lack.words()
        );
        let help = match lack {
            Lack::Label => {
                "install the webhook of neo4jbackup, which labels the Jobs that the operator makes, or use a credentials Secret"
            }
            Lack::Variable(_) | Lack::Token => {
                "a pod gets them when it is made: start it again once the account has its annotation and the webhook of the cloud answers"
            }
        };
        return vec![Row::new(Topic::Pods, Verdict::Wrong, text).code(code).help(help)];
    }
    let mut rows = Vec::new();
    for pod in pods {
        let named = pod
            .containers
            .iter()
            .find_map(|container| container.identity.as_deref());
        match (named, &access.found) {
            (Some(named), Some(found)) if named != found => {
                let text = format!(
                    "pod {} was given {}, and the account names {} by now",
                    name(&pod.name),
                    quoted(named),
                    quoted(found)
                );
                let help =
                    "a pod keeps the identity that the account had when it was made; the next one gets the new one";
                rows.push(Row::new(Topic::Pods, Verdict::Warning, text).help(help));
            }
            _ if rows.is_empty() => {
                let text = format!("pod {} was given its token and variables", name(&pod.name));
                rows.push(Row::new(Topic::Pods, Verdict::Ok, text));
            }
            _ => {}
        }
    }
    rows
}

/// What puts tokens into pods: found by what it is asked about, because everybody may call it something else.
pub(super) fn of_webhook(access: &Access, cluster: &Cluster<'_>) -> Vec<Row> {
    let provider = match access.method {
        Method::Irsa => Provider::Aws,
        Method::AzureWorkloadIdentity => Provider::Azure,
        _ => return Vec::new(),
    };
    if let Some(pod) = witness(access, cluster) {
        let text = format!("something gives pods their tokens here: {} has one", name(&pod.name));
        return vec![Row::new(Topic::Webhook, Verdict::Ok, text)];
    }
    if let Some(cause) = cluster.snapshot.gap(Resource::MutatingWebhooks, None) {
        let why = match cause {
            Cause::Forbidden(right) => format!("the right to {} is missing", right.words()),
            cause => cause.to_string(),
        };
        let text = format!("whether a webhook gives pods their tokens is not known: {why}");
        return vec![Row::new(Topic::Webhook, Verdict::Note, text)];
    }
    let namespace = &access.object.namespace;
    let found: Vec<&Webhook<'_>> = cluster
        .webhooks
        .iter()
        .filter(|webhook| may_inject(webhook, provider, namespace, cluster))
        .collect();
    let names = |webhooks: &[&Webhook<'_>]| {
        let names: Vec<String> = webhooks
            .iter()
            .take(3)
            .map(|webhook| name(&webhook.name).to_string())
            .collect();
        names.join(", ")
    };
    let dead: Vec<&Webhook<'_>> = found
        .iter()
        .copied()
        .filter(|webhook| webhook.service.as_ref().is_some_and(crate::live::Service::is_dead))
        .collect();
    let row = match (&found[..], provider) {
        ([], _) => {
            let (whose, help) = match provider {
                Provider::Aws => (
                    "EKS",
                    "install the pod identity webhook of EKS; clusters that EKS runs have it",
                ),
                _ => (
                    "Azure",
                    "turn workload identity on for the cluster, or install azure-workload-identity",
                ),
            };
            let text = format!(
                "no webhook that changes pods is asked about those of namespace {}, and so nothing gives them the tokens of {whose}",
                name(namespace)
            );
            Row::new(Topic::Webhook, Verdict::Wrong, text).help(help)
        }
        (all, _) if dead.len() == all.len() => {
            let text = format!("nothing answers for {}, which would give pods their tokens", names(all));
            Row::new(Topic::Webhook, Verdict::Wrong, text).help("start its pods, and make the runs again after that")
        }
        (all, Provider::Azure) => Row::new(
            Topic::Webhook,
            Verdict::Ok,
            format!("{} gives pods with the label their tokens", names(all)),
        ),
        (all, _) => {
            let text = format!(
                "whether pods are given tokens shows with the first of them; asked about pods: {}",
                names(all)
            );
            Row::new(Topic::Webhook, Verdict::Note, text)
        }
    };
    vec![row]
}

/// Whether some webhook may give pods of a namespace the tokens of a cloud; `None` where the webhooks could not be read.
pub fn can_inject(provider: Provider, namespace: &str, cluster: &Cluster<'_>) -> Option<bool> {
    if cluster.snapshot.gap(Resource::MutatingWebhooks, None).is_some() {
        return None;
    }
    let mut webhooks = cluster.webhooks.iter();
    Some(webhooks.any(|webhook| may_inject(webhook, provider, namespace, cluster)))
}

/// A pod that something was given a token by the same method.
fn witness<'c, 's>(access: &Access, cluster: &'c Cluster<'s>) -> Option<&'c Pod<'s>> {
    let of_runs = cluster
        .backups
        .iter()
        .flat_map(|backup| &backup.runs)
        .filter_map(|run| run.job.as_deref());
    let of_restores = cluster.restores.iter().filter_map(|restore| restore.job.as_ref());
    let of_jobs = of_runs.chain(of_restores).flat_map(|job| &job.pods);
    let of_servers = cluster.instances.iter().flat_map(|instance| &instance.pods);
    let mut pods = of_jobs.chain(of_servers);
    pods.find(|pod| {
        pod.namespace == access.object.namespace
            && injected(pod) == Some(access.method)
            && !pod.token_audiences.is_empty()
    })
}

/// Whether a webhook may give pods of a namespace the tokens of a cloud.
fn may_inject(webhook: &Webhook<'_>, provider: Provider, namespace: &str, cluster: &Cluster<'_>) -> bool {
    let labelled = webhook.selects(&[(AZURE_USE_LABEL, "true")]);
    // Azure's is asked about pods with the label only. That of EKS is asked about all of them.
    let is_of_cloud = match provider {
        Provider::Azure => labelled && !webhook.selects(&[]),
        Provider::Aws | Provider::Gcp => webhook.selects(&[]),
    };
    webhook.changes_pods()
        && !webhook.is_ours()
        && is_of_cloud
        && webhook.looks_at(namespace, cluster.snapshot) != Some(false)
}

/// The label without which Azure gives nothing, before there is any pod to look at.
pub(super) fn of_label(access: &Access, cluster: &Cluster<'_>) -> Option<Row> {
    let is_azure = access.method == Method::AzureWorkloadIdentity;
    if !is_azure || matches!(access.actor, Actor::Servers { .. }) || !pods(access, cluster).is_empty() {
        return None;
    }
    let ours = cluster
        .webhooks
        .iter()
        .any(|webhook| webhook.is_ours() && webhook.configuration.kind == Resource::MutatingWebhooks.kind());
    if ours {
        let text = format!("the webhook of neo4jbackup gives the Jobs the label {AZURE_USE_LABEL}");
        return Some(Row::new(Topic::Pods, Verdict::Ok, text));
    }
    let text = format!("nothing gives the pods of its Jobs the label {AZURE_USE_LABEL}; no operator does");
    let help = "install the webhook of neo4jbackup, which labels the Jobs that the operator makes, or use a credentials Secret";
    Some(Row::new(Topic::Pods, Verdict::Warning, text).code("NB3003").help(help))
}
