//! What the operator makes for a backup or a restore: Jobs, `CronJobs` and `ServiceAccounts`.

use neo4jbackup_core::schema::Era;
use serde_json::{Value, json};

use super::in_force::{ACCOUNT, CLIENT, InForce, ROLE};

const LABEL: &str = "azure.workload.identity/use";

/// A Job as the operator makes it for a backup.
pub(crate) fn job(name: &str, namespace: &str) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": name, "namespace": namespace, "labels": labels("neo4j-backup", "backup")},
        "spec": {"template": pod(&labels("neo4j-backup", "backup"))},
    })
}

/// A `CronJob` as the operator makes it for a backup.
pub(crate) fn cron_job(name: &str, namespace: &str) -> Value {
    let labels = labels("neo4j-backup", "backup-cron");
    json!({
        "apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"schedule": "0 2 * * *", "jobTemplate": {
            "metadata": {"labels": labels}, "spec": {"template": pod(&labels)},
        }},
    })
}

/// A Job as the operator makes it for a restore: its pods have no labels.
pub(crate) fn restore_job(name: &str, namespace: &str) -> Value {
    let mut job = job(name, namespace);
    job["metadata"]["labels"] = labels("neo4j-restore", "restore");
    job["spec"]["template"]["spec"]["serviceAccountName"] = json!("neo4j-restore-sa");
    job["spec"]["template"].as_object_mut().unwrap().remove("metadata");
    job
}

pub(crate) fn service_account(name: &str, namespace: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}})
}

fn labels(name: &str, component: &str) -> Value {
    json!({
        "app.kubernetes.io/name": name, "app.kubernetes.io/instance": "nightly",
        "app.kubernetes.io/component": component, "app.kubernetes.io/managed-by": "neo4j-operator",
    })
}

fn pod(labels: &Value) -> Value {
    json!({
        "metadata": {"labels": labels},
        "spec": {"restartPolicy": "Never", "serviceAccountName": "neo4j-backup-sa", "containers": [{"name": "backup", "image": "neo4j:5.26.0-enterprise"}]},
    })
}

fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap()[key.replace("~1", "/")] = value;
    object
}

/// Whatever the operator and others create, in one namespace.
pub(crate) fn all(namespace: &str) -> Vec<Value> {
    let component = "/metadata/labels/app.kubernetes.io~1component";
    let template_label = "/spec/template/metadata/labels/azure.workload.identity~1use";
    let account = "/spec/template/spec/serviceAccountName";
    let role = "eks.amazonaws.com/role-arn";
    vec![
        job("backup-x", namespace),
        cron_job("backup-cron-x", namespace),
        restore_job("restore-x", namespace),
        with(job("labelled-x", namespace), template_label, json!("false")),
        with(job("cleanup-x", namespace), component, json!("cleanup")),
        with(job("hook-x", namespace), "/metadata/labels", json!({"app": "hook"})),
        with(job("foreign-x", namespace), account, json!("default")),
        service_account("neo4j-backup-sa", namespace),
        with(
            service_account("neo4j-restore-sa", namespace),
            "/metadata/annotations",
            json!({role: "arn:aws:iam::210987654321:role/own", "team": "data"}),
        ),
        service_account("other-sa", namespace),
    ]
}

#[test]
fn pods_get_the_azure_label_and_service_accounts_the_declared_identities() {
    let in_force = InForce::rendered(Era::V1_14);
    // Everything is declared in the first namespace, nothing in the second.
    let [declaring, silent] = [&in_force.namespaces[0], &in_force.namespaces[1]];
    let (stored, said) = in_force.create(&[all(declaring), all(silent)].concat());
    assert_eq!(said, "");
    let get = |namespace: &str, name: &str| &stored[&(namespace.to_owned(), name.to_owned())];
    for (name, pointer, label) in [
        ("backup-x", "/spec/template/metadata/labels", Some("true")),
        (
            "backup-cron-x",
            "/spec/jobTemplate/spec/template/metadata/labels",
            Some("true"),
        ),
        ("restore-x", "/spec/template/metadata/labels", Some("true")),
        // A person's word stands.
        ("labelled-x", "/spec/template/metadata/labels", Some("false")),
        ("cleanup-x", "/spec/template/metadata/labels", None),
        ("hook-x", "/spec/template/metadata/labels", None),
        ("foreign-x", "/spec/template/metadata/labels", None),
    ] {
        let found = |namespace: &str| {
            let labels = get(namespace, name).pointer(pointer);
            labels.and_then(|labels| labels[LABEL].as_str())
        };
        assert_eq!(found(declaring), label, "{name}");
        let by_hand = label.filter(|label| *label == "false");
        assert_eq!(found(silent), by_hand, "{name} in a namespace that declares nothing");
    }
    let identities = |role: &str| {
        json!({
            "eks.amazonaws.com/role-arn": role,
            "iam.gke.io/gcp-service-account": ACCOUNT,
            "azure.workload.identity/client-id": CLIENT,
        })
    };
    let annotations = |namespace: &str, name: &str| get(namespace, name)["metadata"]["annotations"].clone();
    assert_eq!(annotations(declaring, "neo4j-backup-sa"), identities(ROLE));
    let mut kept = identities("arn:aws:iam::210987654321:role/own");
    kept["team"] = json!("data");
    assert_eq!(annotations(declaring, "neo4j-restore-sa"), kept);
    assert_eq!(annotations(declaring, "other-sa"), Value::Null);
    assert_eq!(annotations(silent, "neo4j-backup-sa"), Value::Null);
}
