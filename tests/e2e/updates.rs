//! An update is judged by what it changes.

use neo4jbackup_harness::Namespace;
use neo4jbackup_harness::manifests;
use neo4jbackup_tests::transcript::{assert_transcript, of};
use serde_json::json;

use crate::world::{World, on_each_control_plane};

on_each_control_plane!(
    leaving_a_mistake_alone_warns,
    making_a_new_mistake_is_refused,
    changing_one_mistake_into_another_is_refused,
    mending_it_says_nothing,
);

fn leaving_a_mistake_alone_warns(world: &'static World) {
    let namespace = with_stored_mistake(world);
    let transcript = patch(&namespace, r#"{"spec":{"suspend":true}}"#);
    assert!(
        transcript.contains("Warning: ") && transcript.contains("[NB5001]"),
        "{transcript}"
    );
    assert_transcript("update-that-leaves-a-mistake-alone", &transcript);
    assert_eq!(spec(&namespace)["suspend"], true);
}

fn making_a_new_mistake_is_refused(world: &'static World) {
    let namespace = with_stored_mistake(world);
    let transcript = patch(&namespace, r#"{"spec":{"storage":{"bucket":""}}}"#);
    assert!(transcript.contains("[NB7001]"), "{transcript}");
    assert_transcript("update-that-makes-a-new-mistake", &transcript);
    assert_eq!(spec(&namespace)["storage"]["bucket"], "acme-graph-backups");
}

fn changing_one_mistake_into_another_is_refused(world: &'static World) {
    let namespace = with_stored_mistake(world);
    let transcript = patch(&namespace, r#"{"spec":{"schedule":"0 3 * * * *"}}"#);
    assert_transcript("update-that-changes-a-mistake", &transcript);
    assert_eq!(spec(&namespace)["schedule"], "0 0 2 * * *");
}

fn mending_it_says_nothing(world: &'static World) {
    let namespace = with_stored_mistake(world);
    let transcript = patch(&namespace, r#"{"spec":{"schedule":"0 2 * * *"}}"#);
    assert_transcript("update-that-mends", &transcript);
    assert_eq!(spec(&namespace)["schedule"], "0 2 * * *");
}

/// A namespace with a backup whose schedule nobody could have stored today.
fn with_stored_mistake(world: &'static World) -> Namespace {
    let namespace = world.namespace();
    let cloud = json!({"provider": "aws", "credentialsSecretRef": "s3-keys"});
    let manifest = manifests::SIX_FIELD_CRON.replace("path: six-fields", &format!("path: six-fields, cloud: {cloud}"));
    namespace.must_apply(&manifest);
    namespace.guard_with(&world.webhook);
    namespace
}

fn patch(namespace: &Namespace, change: &str) -> String {
    let answer = namespace.kubectl(&["patch", "neo4jbackup", "six-fields", "--type=merge", "--patch", change]);
    of(
        namespace,
        &format!("kubectl patch neo4jbackup six-fields --type=merge --patch '{change}'"),
        &answer,
    )
}

fn spec(namespace: &Namespace) -> serde_json::Value {
    namespace.stored("neo4jbackup/six-fields").unwrap()["spec"].clone()
}
