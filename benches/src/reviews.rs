//! Reviews as the API server sends them.

use serde_json::{Value, json};

use crate::NAMESPACE;

/// The key under which kubectl keeps what was applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A CREATE of about 2.5 kB: a scheduled backup, applied with kubectl.
pub fn small() -> Vec<u8> {
    let object = applied(backup(), 0);
    review("CREATE", &object, &Value::Null)
}

/// A CREATE of about 2.5 kB: a restore to a point in time, applied with kubectl.
pub fn small_restore() -> Vec<u8> {
    let object = applied(restore(), 0);
    review("CREATE", &object, &Value::Null)
}

/// An UPDATE of about 40 kB: both objects with the runs of two months and the marks of several writers.
pub fn large() -> Vec<u8> {
    let mut object = applied(backup(), 15);
    object["status"] = json!({"phase": "Scheduled", "history": (0..24).map(run).collect::<Vec<_>>()});
    let mut old = object.clone();
    old["spec"]["schedule"] = json!("30 2 * * *");
    review("UPDATE", &object, &old)
}

/// A backup that nothing is wrong with.
pub fn backup() -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
        "metadata": {
            "name": "nightly", "namespace": NAMESPACE,
            "labels": {"app.kubernetes.io/name": "nightly", "app.kubernetes.io/part-of": "graph", "team": "data-platform"},
        },
        "spec": {
            "instanceRef": "instance-7", "allDatabases": true, "schedule": "0 2 * * *",
            "storage": {"type": "s3", "bucket": "acme-graph-backups", "path": "production/nightly", "cloud": {
                "provider": "aws", "identity": {"provider": "aws", "autoCreate": {"enabled": true, "annotations": {
                    "eks.amazonaws.com/role-arn": "arn:aws:iam::210987654321:role/neo4j-backup",
                }}},
            }},
            "options": {"compress": true, "backupType": "AUTO", "pageCache": "4G"},
        },
    })
}

/// A restore that nothing is wrong with.
pub fn restore() -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jRestore",
        "metadata": {
            "name": "back-to-noon", "namespace": NAMESPACE,
            "labels": {"app.kubernetes.io/name": "nightly", "app.kubernetes.io/part-of": "graph", "team": "data-platform"},
        },
        "spec": {
            "instanceRef": "instance-7", "database": "neo4j", "stopCluster": true,
            "source": {"type": "backup", "backupRef": "nightly-7", "pointInTime": "2026-01-15T11:00:00Z"},
            "options": {"replaceExisting": true},
            "timeout": "2h",
        },
    })
}

/// The object as it reaches a webhook after `kubectl apply`; `writers` others have left their marks, too.
fn applied(mut object: Value, writers: usize) -> Value {
    let text = object.to_string();
    let fields = marks(&object["spec"]);
    let metadata = &mut object["metadata"];
    metadata["annotations"] = json!({LAST_APPLIED: text});
    metadata["creationTimestamp"] = json!("2026-01-15T11:59:58Z");
    metadata["generation"] = json!(1);
    metadata["uid"] = json!("8344e9ce-9c4c-4aca-947c-d919f1e5c557");
    let mark = |manager: String| {
        json!({
            "manager": manager, "operation": "Update", "apiVersion": "neo4j.neo4j.com/v1beta1",
            "time": "2026-01-15T11:59:58Z", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": fields},
        })
    };
    let mut all = vec![mark("kubectl-client-side-apply".to_owned())];
    all.extend((0..writers).map(|writer| mark(format!("controller-{writer}"))));
    metadata["managedFields"] = Value::Array(all);
    object
}

/// The fields of a value as `managedFields` lists them.
fn marks(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let below = map.iter().map(|(key, value)| (format!("f:{key}"), marks(value)));
            Value::Object(std::iter::once((".".to_owned(), json!({}))).chain(below).collect())
        }
        _ => json!({}),
    }
}

fn run(day: usize) -> Value {
    json!({
        "runID": format!("nightly-backup-{}", 29_480_000 + day * 1440), "status": "Succeeded",
        "startTime": format!("2025-12-{:02}T02:00:00Z", day % 28 + 1),
        "completionTime": format!("2025-12-{:02}T02:07:41Z", day % 28 + 1),
        "stats": {"size": "41GB", "duration": "7m41s", "throughput": "91MB/s", "fileCount": 128 + day},
        "artifact": format!("s3://acme-graph-backups/production/nightly/neo4j-2025-12-{:02}T02-00-00.backup", day % 28 + 1),
        "message": "the backup was completed and its artifact was verified",
    })
}

fn review(operation: &str, object: &Value, old: &Value) -> Vec<u8> {
    let name = object["kind"].as_str().unwrap_or_default();
    let kind = json!({"group": "neo4j.neo4j.com", "version": "v1beta1", "kind": name});
    let resource = json!({
        "group": "neo4j.neo4j.com", "version": "v1beta1", "resource": format!("{}s", name.to_lowercase()),
    });
    let review = json!({
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource,
            "name": object["metadata"]["name"], "namespace": NAMESPACE, "operation": operation,
            "userInfo": {"username": "kubernetes-admin", "groups": ["kubeadm:cluster-admins", "system:authenticated"]},
            "object": object, "oldObject": old, "dryRun": false,
            "options": {
                "kind": if old.is_null() { "CreateOptions" } else { "UpdateOptions" },
                "apiVersion": "meta.k8s.io/v1", "fieldManager": "kubectl-client-side-apply",
            },
        },
    });
    review.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_are_those_that_the_figures_name() {
        let near = |bytes: Vec<u8>, wanted: usize| {
            let length = bytes.len();
            assert!(
                length.abs_diff(wanted) * 10 < wanted,
                "{length} bytes instead of about {wanted}"
            );
        };
        near(small(), 2_700);
        near(small_restore(), 2_200);
        near(large(), 40_000);
    }
}
