//! Pods of strangers that hold thousands of connections to both ports of a pod of ours.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use neo4jbackup_harness::{Scale, drill_scale, report_progress, workspace_program};

use crate::cluster::{Cluster, turn};
use crate::load::{Expected, Load};
use crate::release::{FAIL, Release};

/// Addresses of the node that nobody else has: each attacker comes from its own, as a pod does.
const SOURCES: [&str; 2] = ["10.99.0.2", "10.99.0.3"];

#[test]
fn thousands_of_unfinished_headers_end_no_pod_and_hold_up_no_call() {
    let Some(turn) = turn() else { return };
    let cluster = turn.cluster;
    let program = workspace_program("neo4jbackup-emulator").unwrap();
    let release = Release::install(cluster, &FAIL);
    let namespace = cluster.guarded_namespace("flood");
    let authority = cluster.node.directory().join("flood-authority.crt");
    std::fs::write(&authority, bundle(&release)).unwrap();
    for source in SOURCES {
        run(cluster, &["ip", "address", "add", &format!("{source}/32"), "dev", "lo"]);
    }
    let connections = drill_scale().choose(1000, 10_000).to_string();
    let seconds = drill_scale().choose("8", "60");
    let load = Load::start(cluster, &namespace.name, Expected::Judged);
    load.await_calls(100);
    let pods = release.pods();
    let mut attackers = Vec::new();
    // One of the two: its calls must not be worth less than those of the other.
    for pod in &pods[..1] {
        let address = field(&release, pod, "{.status.podIP}");
        for source in SOURCES {
            let tls = ["--authority", authority.to_str().unwrap(), "--name", &release.host()];
            let plain: &[&str] = &[];
            for (port, options) in [("10250", &tls[..]), ("8081", plain)] {
                let target = format!("{address}:{port}");
                let arguments = [&[target.as_str(), source, &connections, seconds], options].concat();
                attackers.push(attacker(cluster, &program, &arguments));
            }
        }
    }
    let (mut slowest, mut probes, mut most) = (Duration::ZERO, 0, 0);
    while attackers
        .iter_mut()
        .any(|attacker| attacker.try_wait().unwrap().is_none())
    {
        for pod in &pods {
            let asked = Instant::now();
            assert!(release.status_of(pod, "/readyz").ends_with("ready\n"));
            slowest = slowest.max(asked.elapsed());
            probes += 1;
            most = most.max(memory(cluster, &release, pod));
        }
    }
    for attacker in attackers {
        let output = attacker.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let tally = load.stop("two attackers, both ports of a pod");
    report_progress(&format!(
        "figure: {connections} unfinished headers from each of two addresses to each port of a pod, {seconds} s: slowest call \
         {:?}; {probes} probes by way of kubectl, slowest {slowest:?}; at most {} MiB of 256",
        tally.slowest,
        most >> 20
    ));
    for pod in &pods {
        assert_eq!(field(&release, pod, "{.status.containerStatuses[0].restartCount}"), "0");
    }
    assert_eq!(release.pods(), pods);
    assert!(most < 256 * 1024 * 1024 / 5 * 4, "{most}");
    if drill_scale() == Scale::Long {
        assert!(tally.slowest < Duration::from_secs(1), "{:?}", tally.slowest);
    }
    tally.assert_nothing_failed();
}

/// The authority that the API server believes.
fn bundle(release: &Release) -> Vec<u8> {
    let path = "--output=jsonpath={.webhooks[0].clientConfig.caBundle}";
    let answer = release.must_kubectl(&["get", "validatingwebhookconfiguration", &release.configuration(), path]);
    STANDARD.decode(answer.stdout.trim()).unwrap()
}

fn field(release: &Release, pod: &str, path: &str) -> String {
    release
        .must_kubectl(&["get", "pod", pod, &format!("--output=jsonpath={path}")])
        .stdout
}

fn run(cluster: &Cluster, command: &[&str]) -> String {
    let output = cluster.node.command(command[0]).args(&command[1..]).output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn attacker(cluster: &Cluster, program: &Path, arguments: &[&str]) -> Child {
    let mut command = cluster.node.command(program.to_str().unwrap());
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command.spawn().unwrap()
}

/// What the container has allocated, in bytes, as its control group counts it.
fn memory(cluster: &Cluster, release: &Release, pod: &str) -> u64 {
    let id = field(release, pod, "{.status.containerStatuses[0].containerID}").replace("containerd://", "");
    let metrics = run(
        cluster,
        &["ctr", "--namespace=k8s.io", "tasks", "metrics", "--format=json", &id],
    );
    let metrics: serde_json::Value = serde_json::from_str(&metrics).unwrap();
    metrics["memory"]["total_rss"].as_u64().unwrap()
}
