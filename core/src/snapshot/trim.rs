//! What is left out of objects: it makes most of their text, and nobody asks for it.

use super::resource::Resource;
use crate::document::Node;

/// The annotation in which kubectl keeps what it applied. Of the operator's kinds it is compared with what is stored.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Left out of every pod, and of the templates of pods.
const OF_PODS: &[&str] = &[
    "affinity",
    "dnsPolicy",
    "enableServiceLinks",
    "preemptionPolicy",
    "priority",
    "schedulerName",
    "terminationGracePeriodSeconds",
    "tolerations",
    "topologySpreadConstraints",
    "serviceAccount",
];

/// Left out of every Job.
const OF_JOBS: &[&str] = &[
    "selector",
    "manualSelector",
    "completionMode",
    "podReplacementPolicy",
    "completions",
    "parallelism",
];

/// Left out of the state of every Job.
const OF_STATES_OF_JOBS: &[&str] = &["uncountedTerminatedPods", "terminating"];

/// What of a Job is asked for that has ended well, at each level. Most Jobs of a cluster have, and nobody asks what they ran.
const OF_DONE_JOBS: &[(&[&str], &[&str])] = &[
    (
        &["spec"],
        &["suspend", "backoffLimit", "activeDeadlineSeconds", "template"],
    ),
    (&["spec", "template"], &["spec"]),
    (&["spec", "template", "spec"], &["serviceAccountName"]),
    (
        &["metadata"],
        &[
            "name",
            "namespace",
            "creationTimestamp",
            "deletionTimestamp",
            "labels",
            "annotations",
            "ownerReferences",
        ],
    ),
    (
        &["metadata", "labels"],
        &[
            "app.kubernetes.io/name",
            "app.kubernetes.io/instance",
            "app.kubernetes.io/part-of",
        ],
    ),
    (
        &["metadata", "annotations"],
        &["batch.kubernetes.io/cronjob-scheduled-timestamp"],
    ),
];

/// Left out of every container.
const OF_CONTAINERS: &[&str] = &[
    "imagePullPolicy",
    "securityContext",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
];

/// Takes out of an object what no check asks for; of a Secret every value.
pub fn trim(resource: Resource, object: &mut Node<'_>) {
    if let Some(metadata) = member(object, "metadata") {
        remove(metadata, &["managedFields", "selfLink", "resourceVersion"]);
        if resource.operator_kind().is_none()
            && let Some(annotations) = member(metadata, "annotations")
        {
            remove(annotations, &[LAST_APPLIED]);
        }
    }
    match resource {
        Resource::Pods => pod(object),
        Resource::Jobs => job(object),
        Resource::CronJobs => {
            let template = ["spec", "jobTemplate", "spec", "template"];
            if let Some(template) = template.into_iter().try_fold(&mut *object, member) {
                pod(template);
            }
        }
        Resource::StatefulSets | Resource::Deployments => {
            if let Some(template) = member(object, "spec").and_then(|spec| member(spec, "template")) {
                pod(template);
            }
        }
        Resource::Events => {
            remove(object, &["action", "reportingInstance", "source", "related"]);
            // There are more events than anything else.
            if let Some(metadata) = member(object, "metadata") {
                remove(metadata, &["uid"]);
            }
            if let Some(involved) = member(object, "involvedObject") {
                remove(involved, &["resourceVersion", "uid", "fieldPath"]);
            }
        }
        Resource::Secrets => secret(object),
        Resource::ValidatingWebhooks | Resource::MutatingWebhooks => webhooks(object),
        _ => {}
    }
}

fn job(object: &mut Node<'_>) {
    if let Some(conditions) = conditions(object)
        && conditions.iter().any(|condition| holds(condition, "Complete"))
        && !conditions.iter().any(|condition| holds(condition, "Failed"))
    {
        // That it is done says all that the others say.
        conditions.retain(|condition| holds(condition, "Complete"));
        done_job(object);
    }
    if let Some(spec) = member(object, "spec") {
        remove(spec, OF_JOBS);
        if let Some(template) = member(spec, "template") {
            // A pod that is there has its labels itself, and the Job has most of them.
            remove(template, &["metadata"]);
            pod(template);
        }
    }
    if let Some(status) = member(object, "status") {
        remove(status, OF_STATES_OF_JOBS);
    }
    for condition in conditions(object).into_iter().flatten() {
        remove(condition, &["lastProbeTime"]);
    }
}

/// Keeps of a Job that has ended well when it ran and whose it is.
fn done_job(object: &mut Node<'_>) {
    for (path, keys) in OF_DONE_JOBS {
        if let Some(node) = path.iter().try_fold(&mut *object, |node, key| member(node, key)) {
            keep(node, keys);
        }
    }
    if let Some(Node::List(owners)) = member(object, "metadata").and_then(|of| member(of, "ownerReferences")) {
        for owner in owners {
            keep(owner, &["kind", "name", "controller"]);
        }
    }
    for condition in conditions(object).into_iter().flatten() {
        keep(condition, &["type", "status", "lastTransitionTime"]);
    }
}

fn conditions<'n, 'a>(object: &'n mut Node<'a>) -> Option<&'n mut Vec<Node<'a>>> {
    match member(member(object, "status")?, "conditions")? {
        Node::List(conditions) => Some(conditions),
        _ => None,
    }
}

fn holds(condition: &Node<'_>, kind: &str) -> bool {
    let says = |key: &str, text: &str| condition.get(key).and_then(Node::as_str) == Some(text);
    says("type", kind) && says("status", "True")
}

/// Of an authority it is enough to know that there is one.
fn webhooks(object: &mut Node<'_>) {
    let Some(Node::List(webhooks)) = member(object, "webhooks") else {
        return;
    };
    for webhook in webhooks {
        let bundle = member(webhook, "clientConfig").and_then(|client| member(client, "caBundle"));
        if let Some(Node::String(text)) = bundle
            && !text.is_empty()
        {
            *text = "there".into();
        }
    }
}

/// The values of a Secret are gone before anybody can print them; the names of its keys stay.
fn secret(object: &mut Node<'_>) {
    remove(object, &["stringData"]);
    if let Some(Node::Map(data)) = member(object, "data") {
        for (_, value) in &mut data.0 {
            *value = Node::Null;
        }
    } else {
        remove(object, &["data"]);
    }
}

fn pod(object: &mut Node<'_>) {
    if let Some(spec) = member(object, "spec") {
        remove(spec, OF_PODS);
        for list in ["containers", "initContainers"] {
            if let Some(Node::List(containers)) = member(spec, list) {
                for container in containers {
                    remove(container, OF_CONTAINERS);
                }
            }
        }
        if let Some(Node::List(volumes)) = member(spec, "volumes") {
            volumes.retain(|volume| {
                let name = volume.get("name").and_then(Node::as_str).unwrap_or_default();
                !name.starts_with("kube-api-access-")
            });
        }
    }
    if let Some(status) = member(object, "status") {
        remove(status, &["podIP", "podIPs", "hostIP", "hostIPs", "qosClass"]);
    }
}

fn member<'n, 'a>(node: &'n mut Node<'a>, key: &str) -> Option<&'n mut Node<'a>> {
    match node {
        Node::Map(map) => map.get_mut(key),
        _ => None,
    }
}

fn remove(node: &mut Node<'_>, keys: &[&str]) {
    if let Node::Map(map) = node {
        map.0.retain(|(key, _)| !keys.contains(&&**key));
    }
}

fn keep(node: &mut Node<'_>, keys: &[&str]) {
    if let Node::Map(map) = node {
        map.0.retain(|(key, _)| keys.contains(&&**key));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_value_of_a_secret_is_kept() {
        let mut secret = Node::from(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
            "data": {"AWS_SECRET_ACCESS_KEY": "aHVzaA==", "OTHER": "aHVzaA=="}, "stringData": {"k": "hush"},
        }));
        trim(Resource::Secrets, &mut secret);
        let text = serde_json::to_string(&secret).unwrap();
        assert!(!text.contains("hush") && !text.contains("aHVzaA"), "{text}");
        assert!(text.contains("AWS_SECRET_ACCESS_KEY"), "{text}");
        let mut odd = Node::from(json!({"kind": "Secret", "data": ["aHVzaA=="]}));
        trim(Resource::Secrets, &mut odd);
        assert_eq!(odd.get("data"), None);
    }
}
