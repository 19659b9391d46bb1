//! What `rbac generate --for operator` prints, as far as that can be proven without an operator: the requests that one was seen to
//! make are made in the name of somebody who has exactly these rights, and once more without each of them.

use std::collections::BTreeSet;

use neo4jbackup_harness::{ApiClient, play};
use serde_json::{Value, json};

use super::proven::{Case, Single, singles};
use super::stage::{OPERATOR_NAMESPACE, Stage};

/// A kind of request: what is done with the object of this name, and which rights that takes.
struct Request {
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    name: &'static str,
}

const fn request(verb: &'static str, group: &'static str, resource: &'static str, name: &'static str) -> Request {
    Request {
        verb,
        group,
        resource,
        name,
    }
}

const NEO4J: &str = "neo4j.neo4j.com";

/// Its client library reads whatever it looks up by a list and a watch.
const WATCHED: [(&str, &str); 15] = [
    (NEO4J, "neo4jbackups"),
    (NEO4J, "neo4jrestores"),
    (NEO4J, "neo4jenterpriseclusters"),
    (NEO4J, "neo4jenterprisestandalones"),
    (NEO4J, "neo4jshardeddatabases"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
    ("", "serviceaccounts"),
    ("", "persistentvolumeclaims"),
    ("", "secrets"),
    ("", "pods"),
    ("apps", "statefulsets"),
    ("apps", "deployments"),
    ("", "services"),
    ("networking.k8s.io", "networkpolicies"),
];

/// What an operator 1.14 was seen to write for backups and restores in the audit log of a real API server, and what it does by
/// its code: the log of a run, the seed proxy of a restore, and the lease.
const OTHERS: [Request; 23] = [
    request("update", NEO4J, "neo4jbackups", "nightly"),
    request("update", NEO4J, "neo4jbackups/status", "nightly"),
    request("update", NEO4J, "neo4jrestores", "back"),
    request("update", NEO4J, "neo4jrestores/status", "back"),
    request("create", "batch", "jobs", "replayed"),
    request("delete", "batch", "jobs", "replayed"),
    request("create", "batch", "cronjobs", "plain"),
    request("update", "batch", "cronjobs", "plain"),
    request("create", "", "serviceaccounts", "replayed"),
    request("update", "", "serviceaccounts", "replayed"),
    request("create", "", "persistentvolumeclaims", "replayed"),
    request("create", "", "events", "replayed"),
    request("patch", "", "events", "replayed"),
    request("get", "", "pods/log", "replayed"),
    request("update", "apps", "statefulsets", "replayed"),
    request("create", "apps", "deployments", "replayed"),
    request("delete", "apps", "deployments", "replayed"),
    request("create", "", "services", "replayed"),
    request("delete", "", "services", "replayed"),
    request("create", "networking.k8s.io", "networkpolicies", "replayed"),
    request("get", "coordination.k8s.io", "leases", "replayed"),
    request("create", "coordination.k8s.io", "leases", "replayed"),
    request("update", "coordination.k8s.io", "leases", "replayed"),
];

impl Request {
    fn namespace<'s>(&self, stage: &'s Stage) -> &'s str {
        match self.resource {
            "leases" => OPERATOR_NAMESPACE,
            _ => &stage.namespace,
        }
    }

    fn single(&self, stage: &Stage) -> Single {
        // What is watched is watched everywhere; the lease is in its own namespace.
        let namespace = (self.resource == "leases").then(|| self.namespace(stage).to_owned());
        Single {
            namespace,
            group: self.group.to_owned(),
            resource: self.resource.to_owned(),
            name: None,
            verb: self.verb.to_owned(),
        }
    }

    /// Makes it, without storing anything. Returns what the API server says where it is forbidden.
    fn send(&self, stage: &Stage, client: &ApiClient, user: &str) -> Option<String> {
        let root = match self.group {
            "" => "/api/v1".to_owned(),
            NEO4J => format!("/apis/{NEO4J}/v1beta1"),
            group => format!("/apis/{group}/v1"),
        };
        let (plural, subresource) = self.resource.split_once('/').unwrap_or((self.resource, ""));
        let object = format!("{root}/namespaces/{}/{plural}/{}", self.namespace(stage), self.name);
        let part = format!("{object}/{subresource}");
        let part = part.trim_end_matches('/');
        let stored = || {
            client
                .another()
                .get(&object)
                .unwrap_or_else(|| panic!("there is no {object}"))
        };
        let (method, path, body) = match self.verb {
            "list" => ("GET", format!("{root}/{plural}?limit=1"), Value::Null),
            "watch" => (
                "GET",
                format!("{root}/{plural}?watch=true&timeoutSeconds=1"),
                Value::Null,
            ),
            "get" => ("GET", part.to_owned(), Value::Null),
            "create" => {
                let mut body = stored();
                body["metadata"] = json!({"name": format!("of-{user}"), "namespace": self.namespace(stage)});
                if let Some(spec) = body["spec"].as_object_mut() {
                    // A Service gets an address of its own.
                    spec.retain(|key, _| !key.starts_with("clusterIP"));
                }
                let collection = format!("{root}/namespaces/{}/{plural}", self.namespace(stage));
                ("POST", format!("{collection}?dryRun=All"), without_labels_of_jobs(body))
            }
            "update" => ("PUT", format!("{part}?dryRun=All"), stored()),
            "patch" => ("PATCH", format!("{part}?dryRun=All"), json!({"count": 2})),
            _ => ("DELETE", format!("{object}?dryRun=All"), Value::Null),
        };
        let mut asker = client.in_the_name_of(user);
        let answer = match method {
            "PATCH" => asker.patch(&path, &body),
            _ => asker.send(method, &path, &body),
        };
        // A pod without a kubelet has no log, and that is said to whoever may read it.
        let is_answered = matches!(answer.status, 200 | 201) || self.resource == "pods/log";
        assert!(is_answered || answer.status == 403, "{method} {path}: {answer:?}");
        (answer.status == 403).then(|| answer.body["message"].to_string())
    }
}

/// The API server gives each Job a selector of its own.
fn without_labels_of_jobs(mut body: Value) -> Value {
    if body["kind"] == "Job" {
        body["spec"]["selector"] = Value::Null;
        body["spec"]["template"]["metadata"] = Value::Null;
    }
    body
}

/// One object of each kind that is written.
fn objects(namespace: &str) -> Vec<Value> {
    let metadata = json!({"name": "replayed", "namespace": namespace});
    let labels = json!({"app": "replayed"});
    let containers = json!([{"name": "one", "image": "one"}]);
    let template = json!({"metadata": {"labels": labels}, "spec": {"containers": containers}});
    let selector = json!({"matchLabels": labels});
    let once = json!({"spec": {"containers": containers, "restartPolicy": "Never"}});
    let claim = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
    let object = |api_version: &str, kind: &str, spec: Value| json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec});
    vec![
        object("batch/v1", "Job", json!({"template": once})),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
        object("v1", "PersistentVolumeClaim", claim),
        object("v1", "Pod", json!({"containers": containers, "nodeName": "node-1"})),
        json!({"apiVersion": "v1", "kind": "Event", "metadata": metadata, "reason": "BackupStarted", "type": "Normal",
            "involvedObject": {"kind": "Neo4jBackup", "name": "nightly", "namespace": namespace}}),
        object(
            "apps/v1",
            "StatefulSet",
            json!({"serviceName": "s", "selector": selector, "template": template}),
        ),
        object(
            "apps/v1",
            "Deployment",
            json!({"selector": selector, "template": template}),
        ),
        object("v1", "Service", json!({"ports": [{"port": 8080}]})),
        object(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            json!({"podSelector": selector}),
        ),
        json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {"holderIdentity": "one"},
            "metadata": {"name": "replayed", "namespace": OPERATOR_NAMESPACE}}),
    ]
}

/// Those that the operator's own role has and that none of these requests takes: they rest on reading it.
const READ_ONLY: [&str; 50] = [
    "delete persistentvolumeclaims",
    "get persistentvolumeclaims",
    "patch persistentvolumeclaims",
    "update persistentvolumeclaims",
    "get pods",
    "get secrets",
    "get serviceaccounts",
    "patch serviceaccounts",
    "get services",
    "patch services",
    "update services",
    "get deployments",
    "patch deployments",
    "update deployments",
    "get statefulsets",
    "patch statefulsets",
    "delete cronjobs",
    "get cronjobs",
    "patch cronjobs",
    "get jobs",
    "patch jobs",
    "update jobs",
    "get neo4jbackups",
    "patch neo4jbackups",
    "update neo4jbackups/finalizers",
    "get neo4jbackups/status",
    "patch neo4jbackups/status",
    "get neo4jenterpriseclusters",
    "get neo4jenterprisestandalones",
    "get neo4jrestores",
    "patch neo4jrestores",
    "update neo4jrestores/finalizers",
    "get neo4jrestores/status",
    "patch neo4jrestores/status",
    "get neo4jshardeddatabases",
    "delete networkpolicies",
    "get networkpolicies",
    "patch networkpolicies",
    "update networkpolicies",
    "create configmaps",
    "delete configmaps",
    "get configmaps",
    "list configmaps",
    "patch configmaps",
    "update configmaps",
    "watch configmaps",
    "delete leases",
    "list leases",
    "patch leases",
    "watch leases",
];

#[test]
fn the_role_of_an_operator_is_enough_for_what_it_was_seen_to_do_and_each_of_these_rights_is_needed() {
    let stage = Stage::set();
    let control_plane = stage.control_plane();
    play(&mut control_plane.api_client().unwrap(), objects(&stage.namespace));
    let other_parts = "instances,storage,certificates,monitoring,external-secrets,openshift,metrics";
    let roles = stage.generate(&[
        "--for",
        "operator",
        "--operator-version",
        "1.19",
        "--without",
        other_parts,
    ]);

    let watched = WATCHED.iter();
    let requests: Vec<Request> = watched
        .flat_map(|(group, resource)| ["list", "watch"].map(|verb| request(verb, group, resource, "")))
        .chain(OTHERS)
        .collect();
    let taken: BTreeSet<Single> = requests.iter().map(|request| request.single(&stage)).collect();
    let given = singles(&roles);
    let lacking: Vec<_> = taken.difference(&given).collect();
    assert!(lacking.is_empty(), "{lacking:#?}");
    let elsewhere: BTreeSet<Single> = given.difference(&taken).cloned().collect();
    let rest: Vec<String> = elsewhere
        .iter()
        .map(|single| format!("{} {}", single.verb, single.resource))
        .collect();
    assert_eq!(rest, READ_ONLY);

    let case = Case {
        who: "operator",
        control_plane,
        namespace: &stage.namespace,
        objects: roles,
        elsewhere,
        side_by_side: 4,
    };
    case.prove(|user, is_it| {
        let client = control_plane.api_client().unwrap();
        requests.iter().find_map(|request| {
            // A watch takes its time: only what can be the one is asked.
            let refusal = format!("{} {}", request.verb, request.resource);
            if !is_it(&refusal) {
                return None;
            }
            request.send(&stage, &client, user).filter(|text| is_it(text))
        })
    });
}
