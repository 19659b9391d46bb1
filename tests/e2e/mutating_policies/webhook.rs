//! The webhook in this process, asked about one object at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use neo4jbackup_core::facts::{Coverage, Inventory, Need};
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::settings::Settings;
use neo4jbackup_webhook::App;
use serde_json::{Value, json};

/// A webhook without settings, which knows these namespaces and their annotations, and the operator.
pub(crate) fn webhook(namespaces: &BTreeMap<String, BTreeMap<String, String>>, operator: Option<Operator>) -> App {
    let mut inventory = Inventory::partial("these tests are about defaults");
    inventory.set_coverage(Need::Namespace, Coverage::Full);
    for (name, annotations) in namespaces {
        inventory.insert_namespace(name, annotations.clone());
    }
    let now = jiff::Timestamp::now();
    App::new(
        Settings::default(),
        Arc::new(arc_swap::ArcSwap::from_pointee(inventory)),
        move || now,
    )
    .with_operator(operator)
}

/// What `/mutate` answers to the CREATE of an object: its patch, `None` where there is none.
pub(crate) fn patch(webhook: &App, object: &Value) -> Option<json_patch::Patch> {
    let reply = webhook.mutate_bytes(review(object).to_string().as_bytes());
    let body = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.status.as_u16(), 200, "{body}");
    let response = serde_json::from_str::<Value>(&body).unwrap()["response"].take();
    assert_eq!(response["allowed"], true, "{body}");
    let patch = STANDARD.decode(response["patch"].as_str()?).unwrap();
    Some(serde_json::from_slice(&patch).unwrap())
}

/// The object as the patch leaves it.
pub(crate) fn mutated(webhook: &App, object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(patch) = patch(webhook, &object) {
        json_patch::patch(&mut object, &patch).unwrap();
    }
    object
}

fn review(object: &Value) -> Value {
    let api_version = object["apiVersion"].as_str().unwrap();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "7b0b2f1e",
            "kind": {"group": group, "version": version, "kind": object["kind"]},
            "resource": {"group": group, "version": version, "resource": "any"},
            "name": object["metadata"]["name"],
            "namespace": object["metadata"]["namespace"],
            "operation": "CREATE",
            "dryRun": true,
            "userInfo": {},
            "object": object,
            "oldObject": null,
        },
    })
}
