//! What `rbac generate --for plugin --level probe` prints beside what it takes to look is enough to ask for tokens and to run the
//! Job of a probe, and none of it is too much.
//!
//! Here no controller makes pods of Jobs, and so the plugin waits in vain and removes the Job: that takes all of the rights that
//! the level has beside those of reading, which is what a pod, its log and its events take. That they are enough with a pod, too,
//! is shown on a node.

use neo4jbackup_harness::play;
use serde_json::{Value, json};

use super::proven::{Case, singles};
use super::stage::Stage;

const ROLE: &str = "arn:aws:iam::210987654321:role/neo4j-backup";

/// By which words it is said that something may not be done.
const WORDS: [&str; 3] = ["may not", "forbidden", "the right to"];

/// A backup that has run, a restore whose Job has run, and one whose servers fetch the backup.
fn beside(namespace: &str) -> Vec<Value> {
    let neo4j = "neo4j.neo4j.com/v1beta1";
    let metadata = |name: &str| json!({"name": name, "namespace": namespace});
    let account = |name: &str| {
        let mut metadata = metadata(name);
        metadata["annotations"] = json!({"eks.amazonaws.com/role-arn": ROLE});
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    };
    let storage = json!({"type": "s3", "bucket": "backups", "cloud": {"provider": "aws"}});
    let job = |name: &str, of: &str, account: &str| {
        let mut metadata = metadata(name);
        metadata["labels"] = json!({
            "app.kubernetes.io/name": of, "app.kubernetes.io/instance": name.trim_end_matches("-backup").trim_end_matches("-restore"),
        });
        let container = json!({"name": "neo4j", "image": "neo4j:2025.11.0-enterprise"});
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": {"spec": {
            "serviceAccountName": account, "restartPolicy": "Never", "containers": [container],
        }}}})
    };
    let labels = json!({"app": "core"});
    let server = json!({"containers": [{"name": "neo4j", "image": "neo4j:2025.11.0-enterprise"}]});
    vec![
        account("neo4j-backup-sa"),
        account("neo4j-restore-sa"),
        json!({"apiVersion": neo4j, "kind": "Neo4jBackup", "metadata": metadata("once"),
            "spec": {"instanceRef": "prod", "database": "neo4j", "storage": storage}}),
        job("once-backup", "neo4j-backup", "neo4j-backup-sa"),
        json!({"apiVersion": neo4j, "kind": "Neo4jRestore", "metadata": metadata("by-job"),
            "spec": {"instanceRef": "prod", "database": "neo4j",
                "source": {"type": "storage", "storage": storage, "backupPath": "once"}}}),
        json!({"apiVersion": neo4j, "kind": "Neo4jRestore", "metadata": metadata("by-servers"),
            "spec": {"instanceRef": "core", "database": "neo4j", "source": {"type": "backup", "backupRef": "once"}}}),
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata("core-server"),
            "spec": {"serviceName": "core", "replicas": 0, "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": server}}}),
    ]
}

#[test]
fn the_role_for_probing_is_enough_and_none_of_it_is_too_much() {
    let stage = Stage::set();
    let namespace = stage.namespace.as_str();
    play(&mut stage.control_plane().api_client().unwrap(), beside(namespace));
    let generate =
        |level: &str| stage.generate(&["--for", "plugin", "--level", level, "-n", namespace, "--user", "nobody"]);
    let case = Case {
        who: "prober",
        control_plane: stage.control_plane(),
        namespace,
        objects: generate("probe"),
        elsewhere: singles(&generate("read")),
        side_by_side: 4,
    };
    let commands = [
        vec!["backup/once", "--trust"],
        vec!["restore/by-job", "--trust"],
        vec!["backup/once", "--probe", "--timeout", "1s"],
        vec!["restore/by-servers", "--probe", "--timeout", "1s"],
    ];
    case.prove(|user, is_it| {
        commands.iter().find_map(|words| {
            let arguments = [&["auth", "check"], &words[..], &["-n", namespace, "-o", "json"]].concat();
            let run = stage.run(user, &arguments);
            let text = format!("{arguments:?}: {:?}\n{}{}", run.exit, run.stdout, run.stderr);
            // Each refusal stands on a line of its own.
            let mut lines = text.lines();
            let lost = lines.find(|line| WORDS.iter().any(|word| line.contains(word)) && is_it(line));
            lost.map(|_| text.clone())
        })
    });
    let path = format!("/apis/batch/v1/namespaces/{namespace}/jobs");
    let jobs = stage.control_plane().api_client().unwrap().get(&path).unwrap();
    let names = jobs["items"].as_array().unwrap().iter();
    let names: Vec<&str> = names.filter_map(|job| job["metadata"]["name"].as_str()).collect();
    // Who may make a Job and not remove it has left one behind.
    let left = names
        .iter()
        .filter(|name| name.starts_with("neo4jbackup-probe-"))
        .count();
    assert!(left <= 2, "{names:?}");
}
