//! What the operator makes, created here as it creates it.

use std::time::Duration;

use neo4jbackup_harness::await_within;
use neo4jbackup_harness::manifests;
use serde_json::{Value, json};

use super::place::{CLIENT, Place, ROLE_KEY, metric};
use crate::world::{World, on_each_control_plane};

const LABEL: &str = "azure.workload.identity/use";
const CLIENT_KEY: &str = "azure.workload.identity/client-id";

on_each_control_plane!(
    a_restore_job_is_labelled_and_a_hook_job_is_not,
    jobs_of_another_cloud_and_of_other_people_stay_as_they_are,
    an_account_gets_the_declared_identity_and_keeps_its_own,
);

#[test]
fn pods_of_a_cron_job_carry_the_label_although_the_operator_rewrites_its_template() {
    let place = on_azure(World::with_controllers());
    place.must(&["create", "serviceaccount", "neo4j-backup-sa"]);
    let labels = labels("neo4j-backup", "backup-cron");
    let cron_job = json!({
        "apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"name": "nightly-backup-cron", "labels": labels},
        "spec": {"schedule": "* * * * *", "jobTemplate": {"metadata": {"labels": labels}, "spec": job_spec(&labels)}},
    });
    place.would_store(&cron_job, |shown| {
        shown["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"][LABEL] == "true"
    });
    place.must_send(&["create", "-f", "-"], &cron_job.to_string());
    let template = "/spec/jobTemplate/spec/template/metadata/labels/azure.workload.identity~1use";
    let stored = place.stored("cronjob/nightly-backup-cron").unwrap();
    assert_eq!(stored.pointer(template), Some(&json!("true")));
    // The operator does this every 30 seconds: it writes the whole template as it has it.
    place.must_send(&["replace", "-f", "-"], &cron_job.to_string());
    let stored = place.stored("cronjob/nightly-backup-cron").unwrap();
    assert_eq!(stored.pointer(template), None, "an update is nobody's business here");

    let pod = await_within(Duration::from_secs(150), "a pod of the schedule", || {
        let pods = place.must(&[
            "get",
            "pods",
            "-l",
            "app.kubernetes.io/instance=nightly",
            "--output=json",
        ]);
        let pods: Value = serde_json::from_str(&pods.stdout).unwrap();
        let pod = pods["items"].as_array().unwrap().first().cloned();
        pod.ok_or_else(|| place.must(&["get", "cronjobs,jobs,events"]).stdout)
    });
    assert_eq!(pod["metadata"]["labels"][LABEL], "true", "{pod}");
    assert_eq!(pod["metadata"]["labels"]["app.kubernetes.io/component"], "backup-cron");
    place.must(&["delete", "cronjob/nightly-backup-cron", "--cascade=foreground"]);
}

fn a_restore_job_is_labelled_and_a_hook_job_is_not(world: &'static World) {
    let place = on_azure(world);
    let before = metric(&world.webhook, "patches_total", &[]);
    let labels = labels("neo4j-restore", "restore");
    let mut restore = job("nightly-restore", &labels);
    // The operator labels these in the metadata of the Job only.
    restore["spec"]["template"]["metadata"] = json!({});
    restore["spec"]["template"]["spec"]["serviceAccountName"] = "neo4j-restore-sa".into();
    place.would_store(&restore, |shown| {
        shown["spec"]["template"]["metadata"]["labels"][LABEL] == "true"
    });
    place.must_send(&["create", "-f", "-"], &restore.to_string());
    let stored = place.stored("job/nightly-restore").unwrap();
    assert_eq!(stored["spec"]["template"]["metadata"]["labels"][LABEL], "true");
    assert!(metric(&world.webhook, "patches_total", &[]) > before);
    assert!(metric(&world.webhook, "requests_total", &["kind=\"Job\"", "hook=\"mutate\""]) > 0);

    let mut hook = restore.clone();
    hook["metadata"]["name"] = "nightly-pre-restore-hook".into();
    hook["metadata"]["labels"]["app.kubernetes.io/component"] = "pre-restore-hook".into();
    place.must_send(&["create", "-f", "-"], &hook.to_string());
    let stored = place.stored("job/nightly-pre-restore-hook").unwrap();
    assert_eq!(stored["spec"]["template"]["metadata"]["labels"].get(LABEL), None);
}

fn jobs_of_another_cloud_and_of_other_people_stay_as_they_are(world: &'static World) {
    let place = on_azure(world);
    let labels = labels("neo4j-backup", "backup");
    place.would_store(&job("probe", &labels), |shown| {
        shown["spec"]["template"]["metadata"]["labels"][LABEL] == "true"
    });
    // This backup says that it writes to AWS, whatever the namespace declares.
    let backup = manifests::GOOD_BACKUP.replace("name: nightly", "name: on-amazon");
    place.must_send(&["create", "-f", "-"], &backup);
    let mut on_amazon = labels.clone();
    on_amazon["app.kubernetes.io/instance"] = "on-amazon".into();
    place.would_store(&job("on-amazon-backup", &on_amazon), |shown| {
        shown["spec"].is_object() && shown["spec"]["template"]["metadata"]["labels"].get(LABEL).is_none()
    });
    let mine = json!({"app.kubernetes.io/name": "mine", "app.kubernetes.io/component": "backup"});
    place.must_send(&["create", "-f", "-"], &job("mine", &mine).to_string());
    let stored = place.stored("job/mine").unwrap();
    assert_eq!(stored["spec"]["template"]["metadata"]["labels"].get(LABEL), None);
}

fn an_account_gets_the_declared_identity_and_keeps_its_own(world: &'static World) {
    let place = on_azure(world);
    place.declare_role();
    let account = |name: &str, annotations: &Value| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "annotations": annotations}});
    let backup = account("neo4j-backup-sa", &json!({"team": "graph"}));
    place.would_store(&backup, |shown| {
        let annotations = &shown["metadata"]["annotations"];
        annotations[ROLE_KEY] == manifests::ROLE && annotations[CLIENT_KEY] == CLIENT
    });
    place.must_send(&["create", "-f", "-"], &backup.to_string());
    let stored = place.stored("serviceaccount/neo4j-backup-sa").unwrap();
    let expected = json!({"team": "graph", ROLE_KEY: manifests::ROLE, CLIENT_KEY: CLIENT});
    assert_eq!(stored["metadata"]["annotations"], expected);

    let own = "arn:aws:iam::210987654321:role/restore-only";
    let restore = account("neo4j-restore-sa", &json!({ROLE_KEY: own}));
    place.must_send(&["create", "-f", "-"], &restore.to_string());
    let stored = place.stored("serviceaccount/neo4j-restore-sa").unwrap();
    assert_eq!(
        stored["metadata"]["annotations"],
        json!({ROLE_KEY: own, CLIENT_KEY: CLIENT})
    );

    place.must(&["create", "serviceaccount", "other"]);
    assert_eq!(
        place.stored("serviceaccount/other").unwrap()["metadata"].get("annotations"),
        None
    );
    // What is taken away afterwards stays away: an update is nobody's business here.
    place.must(&["annotate", "serviceaccount", "neo4j-backup-sa", &format!("{ROLE_KEY}-")]);
    let stored = place.stored("serviceaccount/neo4j-backup-sa").unwrap();
    assert_eq!(stored["metadata"]["annotations"].get(ROLE_KEY), None);
}

/// A guarded namespace that declares an identity of Azure.
fn on_azure(world: &'static World) -> Place {
    let place = Place::new(world);
    place.declare(&format!("azure-client-id={CLIENT}"));
    place.guard(&world.webhook);
    place
}

fn labels(name: &str, component: &str) -> Value {
    json!({
        "app.kubernetes.io/name": name, "app.kubernetes.io/component": component,
        "app.kubernetes.io/instance": "nightly", "app.kubernetes.io/managed-by": "neo4j-operator",
    })
}

fn job(name: &str, labels: &Value) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "labels": labels},
        "spec": job_spec(labels),
    })
}

fn job_spec(labels: &Value) -> Value {
    json!({"template": {"metadata": {"labels": labels}, "spec": {
        "serviceAccountName": "neo4j-backup-sa", "restartPolicy": "Never",
        "containers": [{"name": "backup", "image": "neo4j:2025.10.1-enterprise"}],
    }}})
}
