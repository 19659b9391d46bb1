//! The reconciler beside an operator of v1beta1: accounts, and the Role of an operator that is gone.

use std::sync::OnceLock;

use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::manifests;
use neo4jbackup_harness::{WebhookServer, await_something, webhook_program};
use serde_json::{Value, json};

use super::place::{Place, ROLE_KEY, metric};
use crate::world::World;

/// A control plane with the CRDs of operator 1.13, whose webhook looks after accounts.
pub(super) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::ensured(Era::V1_13, "1.13"))
}

const OTHER: &str = "arn:aws:iam::210987654321:role/other";

#[test]
fn accounts_are_made_and_mended_and_keep_what_others_say() {
    let place = Place::new(world());
    place.declare_role();
    place.apply(&backup(&json!({"credentialsSecretRef": "s3-keys"})));
    for account in ["serviceaccount/neo4j-backup-sa", "serviceaccount/neo4j-restore-sa"] {
        let made = place.until(account, is_annotated);
        assert_eq!(made["metadata"]["annotations"], json!({ROLE_KEY: manifests::ROLE}));
        assert_eq!(
            fields_of(&made),
            json!({"f:metadata": {"f:annotations": {format!("f:{ROLE_KEY}"): {}}}})
        );
    }

    let account = "serviceaccount/neo4j-backup-sa";
    place.must(&["annotate", account, "team=graph"]);
    place.must(&[
        "patch",
        account,
        "--type=merge",
        r#"--patch={"imagePullSecrets":[{"name":"registry"}]}"#,
    ]);
    place.must(&["annotate", account, &format!("{ROLE_KEY}-")]);
    let mended = place.until(account, is_annotated);
    assert_eq!(
        mended["metadata"]["annotations"],
        json!({"team": "graph", ROLE_KEY: manifests::ROLE})
    );
    assert_eq!(mended["imagePullSecrets"], json!([{"name": "registry"}]));
    assert_eq!(
        fields_of(&mended),
        json!({"f:metadata": {"f:annotations": {format!("f:{ROLE_KEY}"): {}}}})
    );

    let before = mended["metadata"]["uid"].clone();
    place.must(&["delete", account]);
    place.until(account, |made| is_annotated(made) && made["metadata"]["uid"] != before);

    place.declare(&format!("aws-role-arn={OTHER}"));
    place.until(account, |followed| {
        followed["metadata"]["annotations"][ROLE_KEY] == OTHER
    });
    place.declare("aws-role-arn-");
    place.until(account, |followed| {
        followed["metadata"]["annotations"].get(ROLE_KEY).is_none()
    });
}

#[test]
fn an_identity_that_somebody_else_wrote_is_reported_and_stays() {
    let place = Place::new(world());
    place.must(&["create", "serviceaccount", "neo4j-backup-sa"]);
    place.must(&[
        "annotate",
        "serviceaccount/neo4j-backup-sa",
        &format!("{ROLE_KEY}={OTHER}"),
    ]);
    place.declare_role();
    place.apply(&backup(&json!({"credentialsSecretRef": "s3-keys"})));
    place.until("serviceaccount/neo4j-restore-sa", is_annotated);
    await_something("the report", || {
        match metric(&world().webhook, "rbac_standing", &["reason=\"identity_conflict\""]) {
            0 => Err(world().webhook.last_log_lines()),
            count => Ok(count),
        }
    });
    let kept = place.stored("serviceaccount/neo4j-backup-sa").unwrap();
    assert_eq!(kept["metadata"]["annotations"][ROLE_KEY], OTHER);
    assert_eq!(fields_of(&kept), Value::Null);
}

#[test]
fn a_leftover_role_is_reported_and_stays() {
    let place = Place::new(world());
    let create = [
        "create",
        "role",
        "neo4j-backup-role",
        "--verb=create",
        "--resource=pods/exec",
    ];
    place.must(&create);
    let role = place.stored("role/neo4j-backup-role").unwrap();
    place.apply(&backup(&json!({"credentialsSecretRef": "s3-keys"})));
    let event = await_something("the event", || {
        let events = place
            .must(&["get", "events", "--field-selector=reason=LeftoverRole", "--output=json"])
            .stdout;
        let events: Value = serde_json::from_str(&events).unwrap();
        let event = events["items"].as_array().unwrap().first().cloned();
        event.ok_or_else(|| world().webhook.last_log_lines())
    });
    assert_eq!(event["involvedObject"]["uid"], role["metadata"]["uid"]);
    assert!(metric(&world().webhook, "rbac_standing", &["reason=\"leftover_role\""]) > 0);
    let kept = place.stored("role/neo4j-backup-role").unwrap();
    assert_eq!(kept["metadata"]["resourceVersion"], role["metadata"]["resourceVersion"]);
    assert_eq!(place.stored("rolebinding/neo4j-backup-rolebinding"), None);
}

#[test]
fn a_second_replica_changes_nothing() {
    let place = Place::new(world());
    place.declare_role();
    place.apply(&backup(&json!({"credentialsSecretRef": "s3-keys"})));
    let account = "serviceaccount/neo4j-backup-sa";
    let made = place.until(account, is_annotated);
    let further = ["--ensure-rbac", "--operator-version", "1.13"];
    let second =
        WebhookServer::start_with(webhook_program().unwrap(), world().control_plane.kubeconfig(), &further).unwrap();
    // Both have looked once they have both answered to something new.
    let other = Place::new(world());
    other.declare_role();
    other.apply(&backup(&json!({"credentialsSecretRef": "s3-keys"})));
    other.until(account, is_annotated);
    await_something("the second replica", || {
        let complete = metric(&second, "rbac_standing", &["reason=\"malformed\""]);
        let (_, text) = second.status("/metrics").unwrap();
        if text.contains("rbac_standing{") {
            Ok(complete)
        } else {
            Err(text)
        }
    });
    let after = place.stored(account).unwrap();
    assert_eq!(
        after["metadata"]["resourceVersion"],
        made["metadata"]["resourceVersion"]
    );
}

#[test]
fn the_api_server_names_the_cause_when_a_namespace_is_going() {
    // By this cause, and by no words, the reconciler tells such a refusal from a right that it has not.
    let place = Place::new(world());
    let held = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["example.com/held"]},
    });
    place.apply(&held);
    place.must(&["delete", "namespace", &place.name, "--wait=false"]);
    let path = format!("/api/v1/namespaces/{}/serviceaccounts", place.name);
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "neo4j-backup-sa"}});
    let answer = place
        .world
        .control_plane
        .api_client()
        .unwrap()
        .send("POST", &path, &account);
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert_eq!(
        answer.body["details"]["causes"][0]["reason"], "NamespaceTerminating",
        "{}",
        answer.body
    );
    place.must(&[
        "patch",
        "configmap/held",
        "--type=merge",
        "-p",
        r#"{"metadata":{"finalizers":null}}"#,
    ]);
}

fn backup(cloud: &Value) -> Value {
    let mut cloud = cloud.clone();
    cloud["provider"] = "aws".into();
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "metadata": {"name": "nightly"},
        "spec": {"instanceRef": "prod", "allDatabases": true,
                 "storage": {"type": "s3", "bucket": "acme-graph-backups", "cloud": cloud}},
    })
}

fn is_annotated(account: &Value) -> bool {
    account["metadata"]["annotations"][ROLE_KEY] == manifests::ROLE
}

/// What the reconciler says of an object, by the account of the API server; null when it says nothing.
fn fields_of(object: &Value) -> Value {
    let entries = object["metadata"]["managedFields"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let ours = entries
        .iter()
        .find(|entry| entry["manager"] == "neo4jbackup-webhook-rbac");
    ours.map(|entry| entry["fieldsV1"].clone()).unwrap_or_default()
}
