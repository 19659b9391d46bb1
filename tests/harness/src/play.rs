//! Objects as they were found in a cluster, their statuses included, put into another one.

use serde_json::{Value, json};

use crate::api_client::ApiClient;

/// Stores objects with their statuses, in the order in which they come. Who made them and when is the API server's to say.
pub fn play(client: &mut ApiClient, objects: impl IntoIterator<Item = Value>) {
    for mut object in objects {
        let status = object.as_object_mut().and_then(|object| object.remove("status"));
        let metadata = object["metadata"].as_object_mut().unwrap();
        for own in [
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "generation",
            "managedFields",
        ] {
            metadata.remove(own);
        }
        for owner in metadata
            .get_mut("ownerReferences")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            // An owner that is not there would be looked for.
            owner["blockOwnerDeletion"] = false.into();
        }
        let path = collection(&object);
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        complete(&mut object);
        let created = client.send("POST", &path, &object);
        assert!(matches!(created.status, 201 | 409), "POST {path}: {created:?}");
        if let Some(status) = status {
            let status = json!({"status": allowed(&object, status)});
            client.merge(&format!("{path}/{name}/status"), &status);
        }
    }
}

/// What the API server wants of pods and Jobs and what a short description leaves out.
fn complete(object: &mut Value) {
    let template = match object["kind"].as_str() {
        Some("Pod") => "/spec",
        Some("Job") => "/spec/template/spec",
        Some("CronJob") => "/spec/jobTemplate/spec/template/spec",
        _ => return,
    };
    if object["kind"] == "CronJob" && object["spec"]["jobTemplate"].is_null() {
        let container = json!({"name": "backup", "image": "neo4j:2025.11.0-enterprise"});
        object["spec"]["jobTemplate"] = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
    }
    if let Some(Value::Object(spec)) = object.pointer_mut(template) {
        spec.entry("restartPolicy").or_insert_with(|| "Never".into());
        // The account need not be there for what nobody runs.
        if template == "/spec" {
            spec.remove("serviceAccountName");
        }
    }
}

/// The API server takes the end of a Job only together with what comes before it.
fn allowed(object: &Value, mut status: Value) -> Value {
    if object["kind"] != "Job" {
        return status;
    }
    if let Some(Value::Array(conditions)) = status.get_mut("conditions") {
        for (end, before) in [("Failed", "FailureTarget"), ("Complete", "SuccessCriteriaMet")] {
            let named = |condition: &&Value, name: &str| condition["type"] == name;
            let has = |name: &str| conditions.iter().any(|condition| named(&condition, name));
            if has(end) && !has(before) {
                let ended = conditions.iter().find(|condition| named(condition, end)).cloned();
                let mut condition = ended.unwrap();
                condition["type"] = before.into();
                conditions.insert(0, condition);
            }
        }
    }
    status
}

/// The path of the list that an object belongs to.
fn collection(object: &Value) -> String {
    let api_version = object["apiVersion"].as_str().unwrap();
    let kind = object["kind"].as_str().unwrap().to_lowercase();
    let plural = match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{kind}s"),
    };
    let root = if api_version.contains('/') { "apis" } else { "api" };
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("/{root}/{api_version}/namespaces/{namespace}/{plural}"),
        None => format!("/{root}/{api_version}/{plural}"),
    }
}
