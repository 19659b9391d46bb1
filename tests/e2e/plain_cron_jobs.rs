//! A `CronJob` without the operator whose Job ends well although its backup failed: only a log says so, and `status` reads it.

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{later, play};
use neo4jbackup_tests::plugin::Run;
use neo4jbackup_tests::scenario::{Moved, logs};
use serde_json::{Value, json};

use crate::doctor::plugin_at;
use crate::kubelet::Kubelet;
use crate::world::World;

/// The node that its pod ran on.
const NODE: &str = "node-of-a-plain-cron-job";

#[test]
fn a_good_job_of_a_backup_that_failed_is_not_called_healthy() {
    let control_plane = &World::rendered().control_plane;
    let namespace = control_plane.create_namespace("plain").unwrap();
    let scenario = Moved::to_the_present("seed-step-1");
    let objects = scenario.objects.iter().map(|object| {
        let mut object = object.clone();
        object["metadata"]["namespace"] = namespace.as_str().into();
        if object["kind"] == "Pod" {
            object["spec"]["nodeName"] = NODE.into();
        }
        object
    });
    play(&mut control_plane.api_client().unwrap(), objects);
    let kubelet = Kubelet::register(control_plane, NODE);
    let time = scenario.now();
    let place = |pod: &str, container: &str| {
        let pod = later(&pod.into(), scenario.minutes);
        format!("{namespace}/{}/{container}", pod.as_str().unwrap())
    };
    let status = || -> (Run, Value) {
        let kubeconfig = control_plane.kubeconfig().to_str().unwrap();
        let run = plugin_at(kubeconfig, &time, &["status", "-n", &namespace, "-o", "json"]);
        let list: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
        (run, list)
    };
    for log in logs(&scenario.folder) {
        let lines: Vec<String> = log.text.lines().map(|line| format!("{time} {line}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        kubelet.write(&place(&log.pod, &log.container), &lines);
    }
    let (run, list) = status();
    let item = &list["items"][0];
    assert_eq!(
        (&item["kind"], &item["state"]),
        (&json!("CronJob"), &json!("Failing")),
        "{list:#}"
    );
    assert_eq!((&item["lastGood"], run.exit), (&Value::Null, Exit::NotGood), "{list:#}");
    // Where no log can be read, nobody knows.
    for log in logs(&scenario.folder) {
        kubelet.refuse(&place(&log.pod, &log.container), 500, "the disk of the node is gone");
    }
    let (run, list) = status();
    assert_eq!(
        (run.exit, &list["complete"]),
        (Exit::Incomplete, &json!(false)),
        "{run:?}"
    );
    assert!(run.stderr.contains("log of container neo4j-backup of pod"), "{run:?}");
}
