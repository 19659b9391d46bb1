//! What is under way on an instance while a file is about to begin something there.

use std::collections::BTreeSet;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::play;
use serde_json::{Value, json};

use super::identities::with_identity;
use super::{backup, codes, inhabited, lint, may_list, restore};
use crate::world::World;

/// A Job of the operator in the shape that it has while it runs.
fn running(namespace: &str, name: &str, app: &str, of: &str) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": name, "namespace": namespace, "labels": {
            "app.kubernetes.io/name": app, "app.kubernetes.io/instance": of,
        }},
        "spec": {"template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "backup", "image": "neo4j:2025.11.0-enterprise"}],
        }}},
        "status": {"active": 1, "startTime": "2026-01-01T02:00:05Z"},
    })
}

#[test]
fn what_runs_on_the_instance_is_named() {
    let control_plane = &World::rendered().control_plane;
    let namespace = inhabited(control_plane);
    let restore = restore("nightly");
    let (_, report) = lint(control_plane, &namespace, &restore, &[]);
    assert!(!codes(&report).contains("NB5006"), "{report:#}");
    let job = running(&namespace, "nightly-backup-cron-29387520", "neo4j-backup", "nightly");
    let mut ended = running(&namespace, "nightly-backup-cron-29387519", "neo4j-backup", "nightly");
    ended["status"] = json!({
        "startTime": "2026-01-01T01:00:05Z", "failed": 1,
        "conditions": [
            {"type": "FailureTarget", "status": "True", "reason": "BackoffLimitExceeded", "lastTransitionTime": "2026-01-01T01:00:05Z"},
            {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "lastTransitionTime": "2026-01-01T01:00:05Z"},
        ],
    });
    play(&mut control_plane.api_client().unwrap(), [job, ended]);
    let (_, report) = lint(control_plane, &namespace, &restore, &[]);
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["code"] == "NB5006");
    let finding = finding.unwrap_or_else(|| panic!("{report:#}"));
    let message = finding["message"].as_str().unwrap();
    assert!(
        message.starts_with("a run of the backup `nightly` is under way on `prod` since "),
        "{message}"
    );
    let related = finding["related"].as_array().unwrap();
    let jobs: Vec<&Value> = related.iter().map(|related| &related["object"]["name"]).collect();
    assert_eq!(jobs, ["nightly-backup-cron-29387520"], "{report:#}");
    assert_eq!(related[0]["inCluster"], true);
    // What is there already begins nothing by being applied again, and what has a schedule begins later.
    let (_, report) = lint(control_plane, &namespace, &backup("nightly", "0 2 * * *"), &[]);
    assert_eq!(codes(&report), BTreeSet::new(), "{report:#}");
}

/// A person without the rights to the accounts and the Jobs is told which these are.
#[test]
fn accounts_and_jobs_that_may_not_be_listed_are_told() {
    let control_plane = &World::rendered().control_plane;
    let namespace = inhabited(control_plane);
    let user = may_list(
        control_plane,
        &namespace,
        &[("neo4j.neo4j.com", "*"), ("batch", "cronjobs")],
    );
    let mut object = with_identity(
        "hourly",
        "aws",
        "eks.amazonaws.com/role-arn",
        "arn:aws:iam::210987654321:role/new",
    );
    object["spec"].as_object_mut().unwrap().remove("schedule");
    let (run, report) = lint(control_plane, &namespace, &object, &["--as", &user]);
    assert_eq!(run.exit, Exit::Incomplete, "{report:#}");
    let skipped = report["skipped"].as_array().unwrap();
    for (code, resource) in [("NB3014", "serviceaccounts"), ("NB5006", "jobs")] {
        let of_code = skipped.iter().find(|skipped| skipped["code"] == code);
        let of_code = of_code.unwrap_or_else(|| panic!("{code}: {report:#}"));
        let right = &of_code["causes"][0]["right"];
        assert_eq!(
            (&right["verbs"], &right["resource"], &right["namespace"]),
            (&json!(["list"]), &json!(resource), &json!(namespace)),
            "{report:#}"
        );
    }
}
