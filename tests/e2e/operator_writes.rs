//! Every write that the real operator was seen to make passes the running webhook. Runs where the recordings are.

use neo4jbackup_core::schema::Kind;
use neo4jbackup_harness::shared;
use serde_json::{Value, json};

use crate::world::World;

#[test]
fn no_write_of_the_operator_is_denied_or_changed() {
    let Some(file) = shared("recordings/admission-writes.jsonl") else {
        return;
    };
    let mut client = World::rendered().webhook.review_client().unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    let mut judged = 0;
    for line in text.lines() {
        let write: Value = serde_json::from_str(line).unwrap();
        let Some(review) = review_of(&write) else { continue };
        for path in ["/mutate", "/validate"] {
            let (status, response) = client.ask(path, &review).unwrap();
            assert_eq!(
                (status, &response["allowed"]),
                (200, &json!(true)),
                "{path}: {review} got {response}"
            );
            assert_eq!(response.get("patch"), None, "{path}: {review}");
        }
        judged += 1;
    }
    assert!(judged > 200, "only {judged} writes were judged");
}

/// The review that the API server sends for an update by the operator; it makes no other writes than these.
fn review_of(write: &Value) -> Option<Value> {
    let by_operator = write["userAgent"].as_str()?.starts_with("manager/");
    if !by_operator || write["verb"] != "update" {
        return None;
    }
    let resource = write["resource"].as_str()?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.plural() == resource)?;
    let group = kind.group().name();
    let version = write["requestObject"]["apiVersion"]
        .as_str()?
        .strip_prefix(group)?
        .strip_prefix('/')?;
    let kind = json!({"group": group, "version": version, "kind": kind.name()});
    let resource = json!({"group": group, "version": version, "resource": resource});
    Some(json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": kind, "requestKind": kind,
            "resource": resource, "requestResource": resource,
            "subResource": write["subresource"],
            "name": write["name"], "namespace": write["namespace"],
            "operation": "UPDATE",
            "userInfo": {"username": write["user"]},
            "object": write["requestObject"], "oldObject": write["oldObject"],
            "dryRun": false,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": "UpdateOptions"},
        },
    }))
}
