//! `wait` on a real API server: a run ends, fails or is deleted meanwhile, and the API server goes away and comes back.

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{Binaries, ControlPlane, Options, play, report_progress};
use neo4jbackup_tests::crds;
use serde_json::{Value, json};

use crate::background::{Background, Watched, run};
use crate::world::World;

/// A backup that runs once.
fn backup(namespace: &str, status: &Value) -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "status": status,
        "metadata": {"name": "adhoc", "namespace": namespace},
        "spec": {"instanceRef": "prod", "database": "neo4j", "storage": {"type": "pvc", "pvc": {"name": "backup-pvc", "size": "20Gi"}}},
    })
}

/// Its Job, which goes on.
fn job(namespace: &str) -> Value {
    let containers = json!([{"name": "backup", "image": "neo4j:2025.11.0-enterprise"}]);
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "adhoc-backup", "namespace": namespace,
                     "labels": {"app.kubernetes.io/name": "neo4j-backup", "app.kubernetes.io/instance": "adhoc"}},
        "spec": {"template": {"spec": {"containers": containers}}},
        "status": {"startTime": "2026-11-21T06:00:00Z", "active": 1, "ready": 1},
    })
}

fn running() -> Value {
    json!({"phase": "Running", "message": "Backup job is running"})
}

fn succeeded() -> Value {
    let entry = json!({"runID": "adhoc-backup", "status": "Succeeded", "startTime": "2026-11-21T06:00:00Z",
                       "completionTime": "2026-11-21T06:04:11Z", "artifactFilename": "neo4j.backup"});
    json!({"phase": "Completed", "history": [entry]})
}

/// A namespace with these objects.
fn played(control_plane: &ControlPlane, objects: impl Fn(&str) -> Vec<Value>) -> String {
    let namespace = control_plane.create_namespace("wait").unwrap();
    play(&mut control_plane.api_client().unwrap(), objects(&namespace));
    namespace
}

/// Ends the Job as its controller does, well or not.
fn end_job(control_plane: &ControlPlane, namespace: &str, is_good: bool) {
    let (before, end) = if is_good {
        ("SuccessCriteriaMet", "Complete")
    } else {
        ("FailureTarget", "Failed")
    };
    let condition = |kind: &str| {
        json!({"type": kind, "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified \
               backoff limit", "lastTransitionTime": "2026-11-21T06:04:11Z"})
    };
    let completed = is_good.then_some("2026-11-21T06:04:11Z");
    let status = json!({"active": null, "ready": null, "completionTime": completed, "conditions": [condition(before), condition(end)]});
    let path = format!("/apis/batch/v1/namespaces/{namespace}/jobs/adhoc-backup/status");
    control_plane
        .api_client()
        .unwrap()
        .merge(&path, &json!({"status": status}));
}

/// The operator notes how it went.
fn note(control_plane: &ControlPlane, namespace: &str, status: &Value) {
    let path = format!("/apis/neo4j.neo4j.com/v1beta1/namespaces/{namespace}/neo4jbackups/adhoc/status");
    control_plane
        .api_client()
        .unwrap()
        .merge(&path, &json!({"status": status}));
}

const GOES_ON: &str = "is to succeed: run adhoc-backup goes on since 2026-11-21T06:00:00Z";

#[test]
fn a_backup_that_is_good_already_ends_the_wait_at_once() {
    let control_plane = &World::rendered().control_plane;
    let namespace = played(control_plane, |namespace| vec![backup(namespace, &succeeded())]);
    let run = run(control_plane, &["wait", "backup/adhoc", "-n", &namespace]);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    assert_eq!(
        run.stdout,
        "backup/adhoc succeeded: run adhoc-backup ended well at 2026-11-21T06:04:11Z\n"
    );
}

#[test]
fn a_run_that_ends_well_is_good_once_the_operator_has_noted_what_it_stored() {
    let control_plane = &World::rendered().control_plane;
    let namespace = played(control_plane, |namespace| {
        vec![backup(namespace, &running()), job(namespace)]
    });
    let waiting = Background::start(control_plane, &["wait", "adhoc", "-n", &namespace]);
    waiting.await_said(GOES_ON);
    end_job(control_plane, &namespace, true);
    waiting.await_said("the operator has not noted yet what it stored");
    note(control_plane, &namespace, &succeeded());
    let run = waiting.end();
    assert_eq!(run.exit, Exit::Good, "{run:?}");
}

#[test]
fn a_run_that_fails_ends_the_wait_with_its_cause() {
    let control_plane = &World::rendered().control_plane;
    let namespace = played(control_plane, |namespace| {
        vec![backup(namespace, &running()), job(namespace)]
    });
    let waiting = Background::start(control_plane, &["wait", "adhoc", "-n", &namespace]);
    let other = Background::start(control_plane, &["wait", "adhoc", "-n", &namespace, "--for", "failed"]);
    waiting.await_said(GOES_ON);
    other.await_said("is to fail: run adhoc-backup goes on");
    end_job(control_plane, &namespace, false);
    let run = waiting.end();
    assert_eq!(run.exit, Exit::NotGood, "{run:?}");
    for said in [
        "backup/adhoc has not succeeded, and will not: run adhoc-backup failed at 2026-11-21T06:04:11Z: BackoffLimitExceeded",
        "cause: ",
        &format!("`kubectl neo4jbackup doctor backup/adhoc -n {namespace}` says more"),
    ] {
        assert!(run.stderr.contains(said), "{said}: {run:?}");
    }
    assert_eq!(other.end().exit, Exit::Good);
}

#[test]
fn what_is_deleted_meanwhile_will_not_succeed() {
    let control_plane = &World::rendered().control_plane;
    let namespace = played(control_plane, |namespace| {
        vec![backup(namespace, &running()), job(namespace)]
    });
    let waiting = Background::start(control_plane, &["wait", "adhoc", "-n", &namespace]);
    waiting.await_said(GOES_ON);
    let path = format!("/apis/neo4j.neo4j.com/v1beta1/namespaces/{namespace}/neo4jbackups/adhoc");
    control_plane.api_client().unwrap().delete(&path);
    let run = waiting.end();
    assert_eq!(run.exit, Exit::NotGood, "{run:?}");
    assert!(run.stderr.contains("will not: it has been deleted"), "{run:?}");
}

#[test]
fn what_does_not_come_about_in_time_is_another_matter_than_what_fails() {
    let control_plane = &World::rendered().control_plane;
    let namespace = played(control_plane, |namespace| {
        vec![backup(namespace, &running()), job(namespace)]
    });
    let run = run(control_plane, &["wait", "adhoc", "-n", &namespace, "--timeout", "1s"]);
    assert_eq!(run.exit, Exit::TimedOut, "{run:?}");
    assert!(
        run.stderr
            .contains("has not succeeded within 1s: run adhoc-backup goes on"),
        "{run:?}"
    );
}

#[test]
fn what_may_not_be_read_is_named_with_the_right() {
    let control_plane = &World::rendered().control_plane;
    let namespace = played(control_plane, |namespace| {
        vec![backup(namespace, &running()), job(namespace)]
    });
    let account = format!("system:serviceaccount:{namespace}:nobody");
    let refused = run(control_plane, &["wait", "adhoc", "-n", &namespace, "--as", &account]);
    assert_eq!(refused.exit, Exit::Incomplete, "{refused:?}");
    let right = format!("the right to get neo4jbackups.neo4j.neo4j.com/adhoc in namespace {namespace} is missing");
    assert!(refused.stderr.contains(&right), "{refused:?}");
    let absent = run(control_plane, &["wait", "other", "-n", &namespace]);
    assert_eq!(absent.exit, Exit::Usage, "{absent:?}");
}

#[test]
fn an_api_server_that_is_started_again_meanwhile_is_asked_again() {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let mut control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
    control_plane.install_crds(&crds::rendered()).unwrap();
    let namespace = played(&control_plane, |namespace| {
        vec![backup(namespace, &running()), job(namespace)]
    });
    let waiting = Background::start(&control_plane, &["wait", "adhoc", "-n", &namespace]);
    waiting.await_said(GOES_ON);
    control_plane.kill_apiserver();
    waiting.await_said("it is asked again until the time is over");
    control_plane.start_apiserver().unwrap();
    waiting.await_said("the cluster answers again");
    end_job(&control_plane, &namespace, true);
    note(&control_plane, &namespace, &succeeded());
    let run = waiting.end();
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    assert_eq!(run.stderr.matches("it is asked again").count(), 1, "{run:?}");
}

/// A program that reads lines is told once that the server is away, and goes on with what has changed meanwhile.
#[test]
fn status_that_is_watched_outlives_an_api_server_that_is_started_again() {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let mut control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
    control_plane.install_crds(&crds::rendered()).unwrap();
    let namespace = played(&control_plane, |namespace| {
        vec![backup(namespace, &running()), job(namespace)]
    });
    let watched = Watched::start(
        control_plane.kubeconfig(),
        &["status", "-n", &namespace, "--watch=100ms"],
    );
    assert!(watched.line().starts_with("BACKUP "));
    let first = watched.line();
    assert!(first.starts_with("adhoc ") && first.contains(" Running "), "{first}");
    control_plane.kill_apiserver();
    let fault = watched.error_line();
    assert!(fault.contains("127.0.0.1"), "{fault}");
    control_plane.start_apiserver().unwrap();
    end_job(&control_plane, &namespace, true);
    note(&control_plane, &namespace, &succeeded());
    // What it says between the two, while an API server that has just started does not know everything, is no matter.
    let line = watched.await_line(|line| line.contains(" Completed "));
    assert!(line.starts_with("adhoc "), "{line}");
    assert_eq!(watched.interrupt().0, Some(130));
}
