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

/// Deletes what was stored, whoever else wanted to see to it first.
pub fn take_back(client: &mut ApiClient, objects: &[Value]) {
    for object in objects {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let path = format!("{}/{name}", collection(object));
        if client
            .get(&path)
            .is_some_and(|stored| !stored["metadata"]["finalizers"].is_null())
        {
            client.merge(&path, &json!({"metadata": {"finalizers": null}}));
        }
        let answer = client.send(
            "DELETE",
            &format!("{path}?gracePeriodSeconds=0&propagationPolicy=Background"),
            &Value::Null,
        );
        assert!(matches!(answer.status, 200 | 404), "DELETE {path}: {answer:?}");
    }
}

/// The same objects as they would be `minutes` later: times, the schedules of a time of the day, and the names of Jobs, in
/// which the time of their run is written.
pub fn later(value: &Value, minutes: i64) -> Value {
    match value {
        Value::String(text) => later_text(text, minutes).unwrap_or_else(|| text.clone()).into(),
        Value::Array(items) => items.iter().map(|item| later(item, minutes)).collect(),
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| {
                let schedule = value.as_str().filter(|_| key == "schedule");
                let value = schedule.and_then(|text| later_schedule(text, minutes)).map(Value::from);
                (key.clone(), value.unwrap_or_else(|| later(&members[key], minutes)))
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

fn later_text(text: &str, minutes: i64) -> Option<String> {
    // One with a small `z` is there for the way in which it is written.
    if text.ends_with('Z')
        && let Ok(time) = text.parse::<jiff::Timestamp>()
    {
        let time = time + jiff::SignedDuration::from_mins(minutes);
        return Some(time.to_string());
    }
    // `nightly-backup-cron-29920680`, and a pod of it with one more part.
    let mut parts: Vec<String> = text.split('-').map(str::to_owned).collect();
    let part = parts
        .iter_mut()
        .find(|part| part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_digit()))?;
    *part = (part.parse::<i64>().ok()? + minutes).to_string();
    Some(parts.join("-"))
}

/// `0 2 * * *`, or `0 2 * * 6`.
fn later_schedule(text: &str, minutes: i64) -> Option<String> {
    const DAY: i64 = 24 * 60;
    let fields: Vec<&str> = text.split(' ').collect();
    let [minute, hour, "*", "*", weekday] = fields[..] else {
        return None;
    };
    let time = hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()? + minutes;
    let weekday = match weekday.parse::<i64>() {
        Ok(day) => (day + time.div_euclid(DAY)).rem_euclid(7).to_string(),
        Err(_) if weekday == "*" => weekday.to_owned(),
        Err(_) => return None,
    };
    let time = time.rem_euclid(DAY);
    Some(format!("{} {} * * {weekday}", time % 60, time / 60))
}

/// What the API server wants of workloads and what a short description leaves out.
fn complete(object: &mut Value) {
    if matches!(object["kind"].as_str(), Some("Deployment" | "StatefulSet")) {
        let labels = match &object["spec"]["selector"]["matchLabels"] {
            Value::Null => json!({"app": object["metadata"]["name"]}),
            labels => labels.clone(),
        };
        object["spec"]["selector"] = json!({"matchLabels": labels});
        object["spec"]["template"]["metadata"] = json!({"labels": labels});
        if object["spec"]["template"]["spec"].is_null() {
            object["spec"]["template"]["spec"] =
                json!({"containers": [{"name": "neo4j", "image": "neo4j:2025.11.0-enterprise"}]});
        }
        return;
    }
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
pub fn collection(object: &Value) -> String {
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
