//! What is left out of objects changes nothing of what is said of them: each folder of `tests/scenarios` is examined as it is
//! kept, and once more with every field that it has.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use neo4jbackup_core::document::{Limits, Node, parse};
use neo4jbackup_core::examine::Examination;
use neo4jbackup_core::live::{Cluster, Health};
use neo4jbackup_core::snapshot::{LogOf, LogTail, Resource, Snapshot, StoredObject, stored};
use neo4jbackup_tests::scenario::{examined, folders};
use serde_json::{Value, json};

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// The objects of a document, which may be a list; Jobs with what scenarios leave out and a cluster has.
fn objects(root: &Node<'_>) -> Vec<Node<'static>> {
    let items = root.get("items").and_then(Node::as_list);
    let items = items.unwrap_or(std::slice::from_ref(root)).iter();
    items
        .map(|object| {
            let mut object = serde_json::to_value(object).unwrap();
            if object["kind"] == "Job" {
                complete_job(&mut object);
            }
            Node::from(object)
        })
        .collect()
}

/// Gives a Job what the API server and the controller of Jobs write beside what scenarios have.
fn complete_job(job: &mut Value) {
    fill(
        job,
        &json!({
            "metadata": {
                "uid": "3574ed69-9f39-4f63-a665-39aff15b1d0c", "generation": 1,
                "labels": {"batch.kubernetes.io/job-name": "x", "neo4j.com/backup-target": "prod"},
                "annotations": {"example.com/note": "x"}, "finalizers": ["orphan"],
            },
            "spec": {
                "completions": 1, "parallelism": 1, "completionMode": "NonIndexed", "selector": {"matchLabels": {"a": "b"}},
                "backoffLimit": 3, "ttlSecondsAfterFinished": 86_400,
                "template": {
                    "metadata": {"labels": {"batch.kubernetes.io/job-name": "x"}},
                    "spec": {
                        "restartPolicy": "Never", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
                        "containers": [{
                            "name": "backup", "image": "neo4j:2025.11.0-enterprise", "command": ["/bin/sh", "-c"],
                            "args": ["neo4j-admin database backup --to-path=/backup neo4j"],
                            "env": [{"name": "RUN", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "run"}}}],
                        }],
                        "volumes": [{"name": "backup", "persistentVolumeClaim": {"claimName": "backup-pvc"}}],
                    },
                },
            },
            "status": {"terminating": 0, "uncountedTerminatedPods": {}},
        }),
    );
    if let Some(conditions) = job["status"]["conditions"].as_array_mut() {
        let is_complete = conditions.iter().any(|condition| condition["type"] == "Complete");
        for condition in &mut *conditions {
            let told = json!({"lastProbeTime": "2026-11-01T00:00:00Z", "reason": "Told", "message": "It was told"});
            fill(condition, &told);
        }
        if is_complete {
            conditions.insert(
                0,
                json!({"type": "SuccessCriteriaMet", "status": "True", "reason": "CompletionsReached"}),
            );
        }
    }
}

/// Adds the fields that an object does not have.
fn fill(object: &mut Value, more: &Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        for (key, value) in more {
            match object.get_mut(key) {
                Some(own) => fill(own, value),
                None => {
                    object.insert(key.clone(), value.clone());
                }
            }
        }
    }
}

fn log_of(below: &Path) -> LogOf {
    let parts: Vec<&str> = below.iter().map(|part| part.to_str().unwrap()).collect();
    let [_, namespace, pod, file] = parts[..] else {
        panic!("{} is no log", below.display());
    };
    let name = file.trim_end_matches(".log");
    LogOf {
        namespace: namespace.to_owned(),
        pod: pod.to_owned(),
        container: name.trim_end_matches(".previous").to_owned(),
        previous: name.ends_with(".previous"),
    }
}

/// The snapshot in a folder, with what `keep` keeps of each object; what could not be read counts as none.
fn snapshot(folder: &Path, keep: &dyn Fn(Node<'_>) -> Option<(Resource, StoredObject)>) -> Snapshot {
    let head = fs::read_to_string(folder.join("bundle.yaml")).unwrap();
    let head = parse(&head, &Limits::default()).documents.remove(0).root;
    let taken: Timestamp = head.get("takenAt").and_then(Node::as_str).unwrap().parse().unwrap();
    let namespaces = head.get("namespaces").and_then(Node::as_list);
    let namespaces = namespaces.map(|names| names.iter().map(|name| name.as_str().unwrap().to_owned()).collect());
    let mut snapshot = Snapshot::new(taken, namespaces);
    for resource in Resource::ALL {
        snapshot.add(resource, []);
    }
    for file in files(folder) {
        let below = file.strip_prefix(folder).unwrap();
        if below.starts_with("logs") {
            snapshot.add_log(log_of(below), LogTail::Read(fs::read_to_string(&file).unwrap()));
        } else if file
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "json")
            && !file.ends_with("bundle.yaml")
        {
            let text = fs::read_to_string(&file).unwrap();
            for document in parse(&text, &Limits::default()).documents {
                for (resource, object) in objects(&document.root).into_iter().filter_map(keep) {
                    snapshot.add(resource, [object]);
                }
            }
        }
    }
    snapshot.sort();
    snapshot
}

fn told(snapshot: &Snapshot) -> (Examination, Vec<Health>) {
    let cluster = Cluster::of(snapshot);
    let backups = cluster.backups.iter();
    let backups = backups.map(|backup| Health::of_backup(backup, None, cluster.now));
    let others = cluster.plain_cron_jobs.iter();
    let others = others.map(|other| Health::of_plain_cron_job(other, None, cluster.now));
    (examined(&cluster), backups.chain(others).collect())
}

/// An object with all that it has.
#[allow(clippy::needless_pass_by_value, reason = "it stands in the place of `stored`")]
fn whole(object: Node<'_>) -> Option<(Resource, StoredObject)> {
    let text = |key: &str| object.get(key).and_then(Node::as_str).unwrap_or_default();
    let resource = Resource::of_manifest(text("apiVersion"), text("kind"))?;
    Some((resource, StoredObject::new(&object)))
}

#[test]
fn what_is_left_out_changes_nothing_that_is_said() {
    let (mut kept_length, mut whole_length) = (0, 0);
    for folder in folders() {
        let (kept, all) = (snapshot(&folder, &stored), snapshot(&folder, &whole));
        assert_eq!(told(&kept), told(&all), "{}", folder.display());
        let length = |snapshot: &Snapshot| -> usize {
            let jobs = snapshot.objects(Resource::Jobs).iter();
            jobs.map(|object| object.text().len()).sum()
        };
        kept_length += length(&kept);
        whole_length += length(&all);
    }
    assert!(
        kept_length < whole_length * 9 / 10,
        "of {whole_length} bytes of Jobs, {kept_length} were kept"
    );
}
