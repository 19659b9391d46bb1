use serde_json::{Value, json};

use super::*;
use crate::live::Cluster;
use crate::snapshot::{Resource, Snapshot, stored};

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// What is seen of these objects in namespace `n`.
fn snapshot(objects: &[Value]) -> Snapshot {
    let mut snapshot = Snapshot::new(now(), None);
    for object in objects {
        let mut object = object.clone();
        object["metadata"]["namespace"] = "n".into();
        let (resource, object) = stored(Node::from(object)).unwrap();
        snapshot.add(resource, [object]);
    }
    for resource in Resource::ALL {
        snapshot.add(resource, []);
    }
    snapshot.sort();
    snapshot
}

fn backup(spec: &Value, status: &Value) -> Value {
    json!({"apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
           "metadata": {"name": "b", "generation": 1, "creationTimestamp": "2026-11-21T10:00:00Z"},
           "spec": spec, "status": status})
}

fn one_shot(status: &Value) -> Value {
    backup(&json!({"instanceRef": "graph"}), status)
}

fn scheduled(status: &Value) -> Value {
    backup(&json!({"instanceRef": "graph", "schedule": "0 * * * *"}), status)
}

fn job(name: &str, status: &Value) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job", "status": status,
           "metadata": {"name": name, "creationTimestamp": "2026-11-21T11:00:00Z",
                        "labels": {"app.kubernetes.io/name": "neo4j-backup", "app.kubernetes.io/instance": "b"}}})
}

fn condition(kind: &str) -> Value {
    json!({"startTime": "2026-11-21T11:00:02Z", "completionTime": "2026-11-21T11:01:00Z",
           "conditions": [{"type": kind, "status": "True", "reason": "BackoffLimitExceeded", "message": "too often",
                           "lastTransitionTime": "2026-11-21T11:01:00Z"}]})
}

fn entry(id: &str, status: &str, file: &str) -> Value {
    json!({"runID": id, "status": status, "startTime": "2026-11-21T11:00:02Z", "completionTime": "2026-11-21T11:01:00Z",
           "artifactFilename": file})
}

/// How it stands with each goal: `+` reached, `~` not confirmed, `-` lost, `.` open.
fn prospects(objects: &[Value], before: &Before) -> String {
    let snapshot = snapshot(objects);
    let cluster = Cluster::of(&snapshot);
    let goals = [Goal::Succeeded, Goal::Completed, Goal::Failed, Goal::ScheduledRun];
    let sign = |goal| match of_backup(&cluster.backups[0], goal, before, now()) {
        Prospect::Reached(_) => '+',
        Prospect::Unconfirmed(_) => '~',
        Prospect::Lost(_) => '-',
        Prospect::Open(_) => '.',
    };
    goals.map(sign).into_iter().collect()
}

fn text(objects: &[Value], goal: Goal) -> String {
    let snapshot = snapshot(objects);
    let cluster = Cluster::of(&snapshot);
    match of_backup(&cluster.backups[0], goal, &Before::default(), now()) {
        Prospect::Reached(text) | Prospect::Unconfirmed(text) | Prospect::Lost(text) | Prospect::Open(text) => text,
    }
}

#[test]
fn a_single_run_is_judged_by_its_job_and_its_history_whatever_the_phase_says() {
    let none = Before::default();
    let phase = |phase: &str, history: &[Value]| one_shot(&json!({"phase": phase, "message": "m", "history": history}));
    let done = entry("b-backup", "Succeeded", "x.backup");
    for (objects, expected) in [
        // Good long ago, and its Job is gone.
        (vec![phase("Running", std::slice::from_ref(&done))], "++--"),
        // Its Job ended well, and the operator has not noted it.
        (
            vec![phase("Running", &[]), job("b-backup", &condition("Complete"))],
            "~+--",
        ),
        // It ended well and stored nothing.
        (vec![phase("Completed", &[entry("b-backup", "Succeeded", "")])], "-++-"),
        // The phase says that all is well, and the Job that it is not.
        (
            vec![phase("Completed", &[]), job("b-backup", &condition("Failed"))],
            "-++-",
        ),
        (
            vec![
                phase("Completed", &[]),
                job("b-backup", &json!({"active": 1, "ready": 1})),
            ],
            "...-",
        ),
        (vec![phase("Pending", &[])], "...-"),
        (vec![one_shot(&json!({}))], "...-"),
        (vec![phase("Invalid", &[])], "-++-"),
        // It has not begun; the operator waits no longer.
        (
            vec![phase("Failed", &[]), job("b-backup", &json!({"active": 1, "ready": 0}))],
            "-++-",
        ),
        (
            vec![
                phase("Running", &[]),
                job("b-backup", &json!({"active": 1, "ready": 0})),
            ],
            "...-",
        ),
        // The spec is newer than what the operator says.
        (
            vec![one_shot(
                &json!({"phase": "Failed", "observedGeneration": 0, "history": [done]}),
            )],
            "....",
        ),
    ] {
        assert_eq!(prospects(&objects, &none), expected, "{objects:?}");
    }
}

#[test]
fn of_a_schedule_only_what_ends_from_now_on_counts() {
    let history = [
        entry("b-backup-cron-29920741", "Failed", ""),
        entry("b-backup-cron-29920740", "Succeeded", "x.backup"),
    ];
    let old = scheduled(&json!({"phase": "Scheduled", "history": history}));
    let before = {
        let snapshot = snapshot(std::slice::from_ref(&old));
        let cluster = Cluster::of(&snapshot);
        let runs = &cluster.backups[0].runs;
        // Whoever asks for those of the last hour gets both.
        assert_eq!(
            Before::of(runs, Some("2026-11-21T11:00:30Z".parse().unwrap())),
            Before::default()
        );
        Before::of(runs, None)
    };
    let new = |kind| job("b-backup-cron-29920800", &condition(kind));
    let noted = |status: &str, file: &str| {
        let mut all = vec![entry("b-backup-cron-29920800", status, file)];
        all.extend(history.clone());
        scheduled(&json!({"phase": "Scheduled", "history": all}))
    };
    let by_hand = job("b-manual", &condition("Complete"));
    let held = backup(
        &json!({"instanceRef": "graph", "schedule": "0 * * * *", "suspend": true}),
        &json!({"phase": "Suspended"}),
    );
    let wrong = backup(
        &json!({"instanceRef": "graph", "schedule": "* * *"}),
        &json!({"phase": "Invalid", "message": "no"}),
    );
    for (objects, expected) in [
        (vec![old.clone()], "...."),
        (vec![old.clone(), new("Complete")], "~+.~"),
        (vec![noted("Succeeded", "y.backup")], "++.+"),
        // Another one may still end well, but the next one has not.
        (vec![noted("Failed", ""), new("Failed")], ".++-"),
        (vec![noted("Succeeded", "")], ".++-"),
        // Somebody has made a Job of it by hand.
        (vec![old, by_hand], "~+.."),
        (vec![held.clone()], "----"),
        (
            vec![held, job("b-backup-cron-29920800", &json!({"active": 1, "ready": 1}))],
            "....",
        ),
        (vec![wrong], "----"),
    ] {
        assert_eq!(prospects(&objects, &before), expected, "{objects:?}");
    }
}

#[test]
fn what_is_seen_is_told() {
    let failed = [
        one_shot(&json!({"phase": "Running"})),
        job("b-backup", &condition("Failed")),
    ];
    assert_eq!(
        text(&failed, Goal::Succeeded),
        "run b-backup failed at 2026-11-21T11:01:00Z: BackoffLimitExceeded: `too often`"
    );
    assert_eq!(
        text(&[scheduled(&json!({"phase": "Scheduled"}))], Goal::Succeeded),
        "next run at 2026-11-21T13:00:00Z"
    );
    let refused = one_shot(&json!({"phase": "Invalid", "message": "Invalid backup spec: \u{1b}[31m"}));
    assert_eq!(
        text(&[refused], Goal::Succeeded),
        "the operator refuses it: `Invalid backup spec: \\u{1b}[31m`"
    );
}

#[test]
fn a_restore_has_ended_when_its_job_and_its_phase_say_so() {
    let restore = |status: Value| {
        json!({"apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jRestore", "status": status,
               "metadata": {"name": "b", "generation": 1}, "spec": {"instanceRef": "graph"}})
    };
    let job = |status: Value| {
        let mut job = job("b-restore", &status);
        job["metadata"]["labels"]["app.kubernetes.io/name"] = "neo4j-restore".into();
        job
    };
    for (objects, expected) in [
        (vec![restore(json!({}))], "..."),
        (vec![restore(json!({"phase": "Running"}))], "..."),
        // A cluster restores without a Job.
        (vec![restore(json!({"phase": "Completed"}))], "++-"),
        (
            vec![restore(json!({"phase": "Completed"})), job(json!({"active": 1}))],
            "...",
        ),
        (
            vec![restore(json!({"phase": "Running"})), job(condition("Complete"))],
            "...",
        ),
        (
            vec![restore(json!({"phase": "Running"})), job(condition("Failed"))],
            "-++",
        ),
        (
            vec![restore(json!({"phase": "Failed", "message": "Validation failed: x"}))],
            "-++",
        ),
        (
            vec![restore(
                json!({"phase": "Completed", "databaseResults": [{"database": "a", "phase": "Failed"}]}),
            )],
            "-++",
        ),
    ] {
        let snapshot = snapshot(&objects);
        let cluster = Cluster::of(&snapshot);
        let goals = [Goal::Succeeded, Goal::Completed, Goal::Failed];
        let signs = goals.map(|goal| match of_restore(&cluster.restores[0], goal) {
            Prospect::Reached(_) => '+',
            Prospect::Unconfirmed(_) => '~',
            Prospect::Lost(_) => '-',
            Prospect::Open(_) => '.',
        });
        assert_eq!(signs.into_iter().collect::<String>(), expected, "{objects:?}");
    }
}
