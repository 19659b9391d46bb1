//! `logs` on a real API server that asks a kubelet of the tests' own.

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{ControlPlane, play};
use serde_json::{Value, json};

use crate::background::{Background, run};
use crate::kubelet::Kubelet;
use crate::reader::grant;
use crate::world::World;

const RUN: &str = "nightly-backup-cron-29920680";
const FAILED: &str = "nightly-backup-cron-29919240";

/// A scheduled backup with a run that goes on, one that failed, and one that is only in the history.
fn objects(namespace: &str, node: &str) -> Vec<Value> {
    let entry = |minutes: &str, status: &str| {
        json!({"runID": format!("nightly-backup-cron-{minutes}"), "status": status,
                                                     "startTime": "2026-11-19T06:00:00Z", "artifactFilename": "x.backup"})
    };
    let backup = json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "metadata": {"name": "nightly", "namespace": namespace},
        "spec": {"instanceRef": "prod", "database": "neo4j", "schedule": "0 6 * * *",
                 "storage": {"type": "pvc", "pvc": {"name": "backup-pvc", "size": "20Gi"}}},
        "status": {"phase": "Scheduled", "history": [entry("29919240", "Failed"), entry("29917800", "Succeeded")]},
    });
    let failed = [("FailureTarget", "BackoffLimitExceeded"), ("Failed", "BackoffLimitExceeded")].map(|(kind, reason)| {
        json!({"type": kind, "status": "True", "reason": reason, "message": "", "lastTransitionTime": "2026-11-20T06:03:00Z"})
    });
    vec![
        backup,
        job(
            namespace,
            RUN,
            &json!({"startTime": "2026-11-21T06:00:00Z", "active": 1, "ready": 1}),
        ),
        job(
            namespace,
            FAILED,
            &json!({"startTime": "2026-11-20T06:00:00Z", "failed": 1, "conditions": failed}),
        ),
        pod(namespace, node, RUN, "x7k2p"),
    ]
}

fn job(namespace: &str, name: &str, status: &Value) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "status": status,
        "metadata": {"name": name, "namespace": namespace,
                     "labels": {"app.kubernetes.io/name": "neo4j-backup", "app.kubernetes.io/instance": "nightly"}},
        "spec": {"template": {"spec": {"containers": [{"name": "backup", "image": "neo4j:2025.11.0-enterprise"}]}}},
    })
}

/// A pod of a run whose first container has ended and whose second one runs.
fn pod(namespace: &str, node: &str, job: &str, end: &str) -> Value {
    let container = |name: &str| json!({"name": name, "image": "neo4j:2025.11.0-enterprise"});
    let status = |name: &str, state: Value| {
        json!({"name": name, "state": state, "image": "i", "imageID": "i",
                                                   "ready": true, "restartCount": 0, "lastState": {}})
    };
    let ended = json!({"terminated": {"exitCode": 0, "startedAt": "2026-11-21T06:00:01Z", "finishedAt": "2026-11-21T06:00:02Z"}});
    let runs = json!({"running": {"startedAt": "2026-11-21T06:00:03Z"}});
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("{job}-{end}"), "namespace": namespace,
                     "labels": {"batch.kubernetes.io/job-name": job, "job-name": job}},
        "spec": {"nodeName": node, "initContainers": [container("prepare")], "containers": [container("backup")]},
        "status": {"phase": "Running", "initContainerStatuses": [status("prepare", ended)],
                   "containerStatuses": [status("backup", runs)]},
    })
}

/// A namespace with those objects, and a kubelet.
fn played(prefix: &str) -> (&'static ControlPlane, String, Kubelet) {
    let control_plane = &World::rendered().control_plane;
    let namespace = control_plane.create_namespace(prefix).unwrap();
    let kubelet = Kubelet::register(control_plane, &format!("node-{namespace}"));
    play(
        &mut control_plane.api_client().unwrap(),
        objects(&namespace, &kubelet.node),
    );
    (control_plane, namespace, kubelet)
}

fn logs(control_plane: &ControlPlane, namespace: &str, further: &[&str]) -> neo4jbackup_tests::plugin::Run {
    let words = ["logs", "backup/nightly", "-n", namespace];
    run(
        control_plane,
        &words.into_iter().chain(further.iter().copied()).collect::<Vec<_>>(),
    )
}

#[test]
fn every_container_of_a_run_is_printed_in_the_order_of_time() {
    let (control_plane, namespace, kubelet) = played("logs");
    let of = |container: &str| format!("{namespace}/{RUN}-x7k2p/{container}");
    let long = format!("2026-11-21T06:00:05Z {}", "y".repeat(1 << 20));
    kubelet.write(
        &of("prepare"),
        &["2026-11-21T06:00:01.5Z ready", "2026-11-21T06:00:04Z late"],
    );
    kubelet.write(
        &of("backup"),
        &[
            "2026-11-21T06:00:03Z \u{1b}[2Jstart\tof",
            "2026-11-21T06:00:04.5Z java.io.IOException: No space left on device",
            &long,
        ],
    );
    let printed = logs(control_plane, &namespace, &[]);
    assert_eq!(printed.exit, Exit::Good, "{}", printed.stderr);
    let lines: Vec<&str> = printed.stdout.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "x7k2p/prepare | ready",
            "x7k2p/backup  | \\u{1b}[2Jstart\tof",
            "x7k2p/prepare | late",
            "x7k2p/backup  x [no-space-left] java.io.IOException: No space left on device",
        ]
    );
    assert!(
        lines[4].ends_with("yyy… (cut; the line has 1048576 bytes)"),
        "{}",
        lines[4].len()
    );
    for said in [
        &format!("{RUN}: goes on"),
        "these lines tell: failure no-space-left x1",
        "first cause: no-space-left: ",
    ] {
        assert!(printed.stderr.contains(said), "{said}: {}", printed.stderr);
    }
    let plain = ["--no-prefix", "--timestamps", "--container", "prepare", "--tail", "1"];
    let plain = logs(control_plane, &namespace, &plain);
    assert_eq!(plain.stdout, "2026-11-21T06:00:04Z late\n", "{plain:?}");
}

#[test]
fn what_is_not_there_any_more_is_told_with_what_can_still_be_had() {
    let (control_plane, namespace, kubelet) = played("gone");
    let container = format!("{namespace}/{RUN}-x7k2p/backup");
    kubelet.write(
        &format!("{namespace}/{RUN}-x7k2p/prepare"),
        &["2026-11-21T06:00:01Z ready"],
    );
    for (run, said) in [
        ("29917800", "the Job of run nightly-backup-cron-29917800 is gone"),
        ("29917800", &format!("There are pods of {RUN}: take one with --run")),
        ("last-failed", "Job nightly-backup-cron-29919240 has no pods any more: "),
        ("7", "there is no such run"),
    ] {
        let printed = logs(control_plane, &namespace, &["--run", run]);
        assert_eq!(printed.exit, Exit::Incomplete, "{printed:?}");
        assert!(printed.stderr.contains(said), "{said}: {printed:?}");
    }
    // The node has lost one of two logs.
    kubelet.refuse(&container, 404, "the container is not here");
    let printed = logs(control_plane, &namespace, &[]);
    assert_eq!(printed.exit, Exit::Incomplete, "{printed:?}");
    assert_eq!(printed.stdout, "x7k2p/prepare | ready\n", "{printed:?}");
    assert!(
        printed.stderr.contains("the log of x7k2p/backup cannot be read: "),
        "{printed:?}"
    );

    let list = logs(control_plane, &namespace, &["--list"]);
    let column = |name: &str| {
        let line = list.stdout.lines().find(|line| line.starts_with(name));
        line.unwrap_or_default().to_owned()
    };
    assert!(column(RUN).ends_with("2 containers of 1 pod"), "{list:?}");
    assert!(column(FAILED).ends_with("none: its pods are gone"), "{list:?}");
    assert!(
        column("nightly-backup-cron-29917800").ends_with("none: its Job is gone"),
        "{list:?}"
    );
}

/// What has come of it is printed.
#[test]
fn a_log_that_stalls_keeps_nobody_waiting() {
    let (control_plane, namespace, kubelet) = played("stall");
    let of = |container: &str| format!("{namespace}/{RUN}-x7k2p/{container}");
    // The API server hands on what fills its buffer.
    let long = format!("2026-11-21T06:00:05Z {}", "y".repeat(1 << 17));
    kubelet.write(&of("backup"), &["2026-11-21T06:00:03Z begun", &long, &long]);
    kubelet.stall(&of("backup"));
    let only = ["--container", "backup", "--request-timeout", "2s"];
    let printed = logs(control_plane, &namespace, &only);
    assert_eq!(printed.exit, Exit::Incomplete, "{}", printed.stderr);
    assert!(printed.stdout.contains("| begun\n"), "{}", printed.stderr);
    assert!(printed.stderr.contains("no answer within 2s"), "{}", printed.stderr);
    let end = logs(control_plane, &namespace, &[&only[..], &["--tail", "3"]].concat());
    assert_eq!(end.exit, Exit::Incomplete, "{}", end.stderr);
}

#[test]
fn logs_that_may_not_be_read_are_named_with_the_right() {
    let (control_plane, namespace, _kubelet) = played("may");
    let rules = json!([
        {"apiGroups": ["neo4j.neo4j.com"], "resources": ["neo4jbackups"], "verbs": ["get"]},
        {"apiGroups": ["batch", ""], "resources": ["jobs", "cronjobs", "pods"], "verbs": ["list"]},
    ]);
    let account = grant(control_plane, &namespace, "reader", &rules);
    let printed = logs(control_plane, &namespace, &["--as", &account, "--operator"]);
    assert_eq!(printed.exit, Exit::Incomplete, "{printed:?}");
    for right in [
        format!("the right to get pods/log in namespace {namespace} is missing"),
        "the right to list deployments.apps in all namespaces is missing".to_owned(),
    ] {
        assert!(printed.stderr.contains(&right), "{right}: {printed:?}");
    }
}

#[test]
fn what_is_followed_is_taken_up_again_and_ends_with_the_job() {
    let (control_plane, namespace, kubelet) = played("follow");
    let of = |end: &str, container: &str| format!("{namespace}/{RUN}-{end}/{container}");
    kubelet.write(&of("x7k2p", "prepare"), &["2026-11-21T06:00:01Z ready"]);
    kubelet.end(&of("x7k2p", "prepare"));
    kubelet.write(
        &of("x7k2p", "backup"),
        &["2026-11-21T06:00:03.1Z one", "2026-11-21T06:00:03.1Z two"],
    );
    let following = Background::start(control_plane, &["logs", "nightly", "-n", &namespace, "-f"]);
    following.await_printed("x7k2p/backup  | two\n");
    kubelet.write(&of("x7k2p", "backup"), &["2026-11-21T06:00:03.1Z three"]);
    following.await_printed("x7k2p/backup  | three\n");
    kubelet.break_connections();
    kubelet.write(&of("x7k2p", "backup"), &["2026-11-21T06:00:03.2Z four"]);
    following.await_printed("x7k2p/backup  | four\n");
    kubelet.end(&of("x7k2p", "backup"));
    // The pod failed, and the Job makes another one.
    kubelet.write(&of("h9d4w", "prepare"), &["2026-11-21T06:01:01Z ready again"]);
    kubelet.end(&of("h9d4w", "prepare"));
    kubelet.write(&of("h9d4w", "backup"), &["2026-11-21T06:01:03Z five"]);
    let mut client = control_plane.api_client().unwrap();
    play(&mut client, [pod(&namespace, &kubelet.node, RUN, "h9d4w")]);
    following.await_printed("h9d4w/backup  | five\n");
    kubelet.end(&of("h9d4w", "backup"));
    for end in ["x7k2p", "h9d4w"] {
        let ended = json!({"terminated": {"exitCode": 0, "startedAt": "2026-11-21T06:00:03Z", "finishedAt": "2026-11-21T06:02:00Z"}});
        let status = json!([{"name": "backup", "state": ended, "image": "i", "imageID": "i", "ready": false, "restartCount": 0, "lastState": {}}]);
        let path = format!("/api/v1/namespaces/{namespace}/pods/{RUN}-{end}/status");
        client.merge(
            &path,
            &json!({"status": {"phase": "Succeeded", "containerStatuses": status}}),
        );
    }
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": "2026-11-21T06:02:01Z"});
    let status = json!({"active": null, "ready": null, "completionTime": "2026-11-21T06:02:01Z",
                        "conditions": [condition("SuccessCriteriaMet"), condition("Complete")]});
    client.merge(
        &format!("/apis/batch/v1/namespaces/{namespace}/jobs/{RUN}/status"),
        &json!({"status": status}),
    );
    let run = following.end();
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    let mut texts: Vec<&str> = run
        .stdout
        .lines()
        .filter_map(|line| line.split_once("| "))
        .map(|(_, text)| text)
        .collect();
    let (of_first, of_second): (Vec<&str>, Vec<&str>) = {
        let second = texts.split_off(5.min(texts.len()));
        (texts, second)
    };
    assert_eq!(of_first, ["ready", "one", "two", "three", "four"], "{run:?}");
    assert!(
        of_second.contains(&"ready again") && of_second.contains(&"five") && of_second.len() == 2,
        "{run:?}"
    );
}

#[test]
fn the_operator_and_the_servers_are_heard_on_the_matter() {
    let (control_plane, namespace, kubelet) = played("heard");
    kubelet.write(
        &format!("{namespace}/{RUN}-x7k2p/prepare"),
        &["2026-11-21T06:00:01Z ready"],
    );
    kubelet.write(
        &format!("{namespace}/{RUN}-x7k2p/backup"),
        &["2026-11-21T06:00:04Z start"],
    );
    let labels = json!({"control-plane": "controller-manager"});
    let container =
        |name: &str| json!({"name": name, "image": "ghcr.io/neo4j-partners/neo4j-kubernetes-operator:v1.19.0"});
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "neo4j-operator-controller-manager", "namespace": namespace, "labels": labels},
        "spec": {"selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels}, "spec": {"containers": [container("manager")]}}},
    });
    let runs = |name: &str| {
        json!([{"name": name, "state": {"running": {"startedAt": "2026-11-21T05:00:00Z"}}, "image": "i",
                                    "imageID": "i", "ready": true, "restartCount": 0, "lastState": {}}])
    };
    let other = |name: &str, container: Value, labels: &Value| {
        let status = runs(container["name"].as_str().unwrap());
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
               "spec": {"nodeName": kubelet.node, "containers": [container]},
               "status": {"phase": "Running", "containerStatuses": status}})
    };
    let standalone = json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jEnterpriseStandalone",
        "metadata": {"name": "prod", "namespace": namespace},
        "spec": {"image": {"repo": "neo4j", "tag": "2025.11.0-enterprise"}, "storage": {"className": "standard", "size": "100Gi"}},
    });
    let operator = "neo4j-operator-controller-manager-7d9f-abcde";
    play(
        &mut control_plane.api_client().unwrap(),
        [
            deployment,
            other(operator, container("manager"), &labels),
            standalone,
            other("prod-0", container("neo4j"), &json!({"app": "prod"})),
        ],
    );
    let entry = |time: &str, name: &str, text: &str| {
        let fields = json!({"level": "info", "msg": text, "controllerKind": "Neo4jBackup", "namespace": namespace, "name": name});
        format!("{time} {fields}")
    };
    kubelet.write(
        &format!("{namespace}/{operator}/manager"),
        &[
            &entry("2026-11-20T06:00:00Z", "nightly", "the day before"),
            &entry("2026-11-21T06:00:02Z", "nightly", "made a Job"),
            &entry("2026-11-21T06:00:02Z", "hourly", "of another"),
        ],
    );
    kubelet.write(
        &format!("{namespace}/prod-0/neo4j"),
        &[
            "2026-11-21T06:00:02.5Z 2026-11-21 06:00:02.5+0000 INFO Bolt enabled.",
            "2026-11-21T06:00:03Z 2026-11-21 06:00:03.0+0000 INFO Backup of neo4j begins.",
        ],
    );
    let printed = logs(control_plane, &namespace, &["--operator", "--servers"]);
    let order = ["| ready", "made a Job", "Backup of neo4j begins.", "| start"].map(|text| printed.stdout.find(text));
    assert!(
        order.iter().all(Option::is_some) && order.is_sorted(),
        "{order:?}: {printed:?}"
    );
    for absent in ["the day before", "of another", "Bolt"] {
        assert!(!printed.stdout.contains(absent), "{absent}: {printed:?}");
    }
    assert!(
        printed.stdout.contains("prod-0/neo4j") && printed.stdout.contains("operator"),
        "{printed:?}"
    );
}
