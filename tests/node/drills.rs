//! What goes wrong in clusters, on purpose, while a hundred calls a second arrive and `failurePolicy` is `Fail`.

use std::process::Command;

use neo4jbackup_harness::{await_that, drill_scale, report_progress};
use serde_json::Value;

use crate::cluster::{Cluster, turn};
use crate::load::{CONNECTIONS, Expected, Load};
use crate::release::{FAIL, Release};

#[test]
fn rolling_restarts_lose_no_call() {
    let Some(turn) = turn() else { return };
    let release = Release::install(turn.cluster, &FAIL);
    let namespace = turn.cluster.guarded_namespace("restarts");
    let restarts = drill_scale().choose(2, 20);
    let load = Load::start(turn.cluster, &namespace.name, Expected::Judged);
    for _ in 0..restarts {
        release.restart();
    }
    load.stop(&format!("{restarts} rolling restarts"))
        .assert_nothing_failed();
}

/// The control: that nothing is lost must be the drain's doing.
#[test]
fn without_the_drain_rolling_restarts_lose_calls() {
    let Some(turn) = turn() else { return };
    let release = Release::install(turn.cluster, &[&FAIL[..], &["lameDuckSeconds=0"]].concat());
    let namespace = turn.cluster.guarded_namespace("restarts-without-drain");
    let mut lost = 0;
    let mut restarts = 0;
    // Now and then none is under way at the wrong moment.
    while restarts < drill_scale().choose(2, 20) || (lost == 0 && restarts < 20) {
        let load = Load::start(turn.cluster, &namespace.name, Expected::Judged);
        release.restart();
        restarts += 1;
        lost += load.stop("a rolling restart without a drain").failures.len();
    }
    report_progress(&format!(
        "{restarts} rolling restarts without a drain: {lost} calls lost"
    ));
    assert!(lost > 0, "the drain is not what the other drill shows");
}

/// Nobody can save the calls that a killed process was answering: at most one for each connection. Others meet its closed
/// port until Kubernetes has noticed, which the chart cannot hasten. From then on, no call may fail.
#[test]
fn a_killed_replica_loses_only_what_was_under_way() {
    let Some(turn) = turn() else { return };
    let release = Release::install(turn.cluster, &FAIL);
    let namespace = turn.cluster.guarded_namespace("killed");
    for pod in release.pods() {
        let load = Load::start(turn.cluster, &namespace.name, Expected::Judged);
        load.await_calls(100);
        kill(turn.cluster, &release, &pod);
        await_that("the restart of the killed container", || restarts(&release, &pod) == 1);
        // For what is on its way to the API server.
        load.await_calls(50);
        let killed = load.stop("one of two replicas killed");
        let refused = killed.count_failures("connect: connection refused");
        let broken = killed.failures.len() - refused;
        report_progress(&format!(
            "  {broken} of them under way, {refused} before Kubernetes had noticed"
        ));
        assert!(broken <= CONNECTIONS as usize, "{killed}");

        let load = Load::start(turn.cluster, &namespace.name, Expected::Judged);
        release.await_rollout();
        load.await_calls(300);
        load.stop("while it recovered").assert_nothing_failed();
    }
}

/// Ends the server in a pod as the kernel would that has no memory left.
fn kill(cluster: &Cluster, release: &Release, pod: &str) {
    let container = container_status(release, pod)["containerID"]
        .as_str()
        .unwrap()
        .replace("containerd://", "");
    let mut kill: Command = cluster.node.command("ctr");
    kill.args(["--namespace=k8s.io", "tasks", "kill", "--signal=SIGKILL", &container]);
    let killed = kill.output().unwrap();
    assert!(killed.status.success(), "{killed:?}");
}

fn restarts(release: &Release, pod: &str) -> u64 {
    container_status(release, pod)["restartCount"].as_u64().unwrap()
}

fn container_status(release: &Release, pod: &str) -> Value {
    let answer = release.must_kubectl(&["get", "pod", pod, "--output=jsonpath={.status.containerStatuses[0]}"]);
    serde_json::from_str(&answer.stdout).unwrap()
}
