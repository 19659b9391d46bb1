//! `doctor` on a real API server: what it says there is what it says of the same objects in a folder, and what may not be
//! read is listed with the right that is missing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{ControlPlane, play};
use neo4jbackup_tests::plugin::{Run, Surroundings};
use neo4jbackup_tests::scenario;
use serde_json::Value;

use crate::background::Watched;
use crate::reader::grant;
use crate::world::World;

/// Scenarios whose diagnoses depend on nothing that only a node or the time of creation tells, and their namespaces.
const PLAYED: [&str; 1] = ["run-failure-in-log"];

fn scenario(name: &str) -> PathBuf {
    scenario::scenarios().join(name)
}

/// The objects of a scenario, in a namespace of another name.
fn objects(name: &str, namespace: &str) -> Vec<Value> {
    let objects = scenario::objects(&scenario(name)).into_iter();
    objects
        .map(|mut object| {
            object["metadata"]["namespace"] = namespace.into();
            object
        })
        .collect()
}

/// Runs `doctor` at the time of a scenario.
fn doctor(kubeconfig: &str, now: &str, arguments: &[&str]) -> Run {
    plugin_at(kubeconfig, now, &[&["doctor"], arguments].concat())
}

/// Runs the plugin at a time, without a line that is broken.
pub(crate) fn plugin_at(kubeconfig: &str, now: &str, arguments: &[&str]) -> Run {
    let folder = std::env::temp_dir();
    let mut surroundings = Surroundings::of_cluster(&folder, Path::new(kubeconfig), now.parse().unwrap());
    surroundings.environment.insert("COLUMNS".to_owned(), "1000".to_owned());
    surroundings.run(arguments)
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

/// The code and the object of each finding.
fn codes(report: &Value) -> BTreeSet<(String, String)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .map(|finding| (text(&finding["code"]), text(&finding["object"]["name"])))
        .collect()
}

fn played(control_plane: &ControlPlane, name: &str) -> String {
    let namespace = control_plane.create_namespace("doctor").unwrap();
    play(&mut control_plane.api_client().unwrap(), objects(name, &namespace));
    namespace
}

fn kubeconfig(control_plane: &ControlPlane) -> String {
    control_plane.kubeconfig().to_str().unwrap().to_owned()
}

/// The time of every scenario that is played: `takenAt` of its bundle.
const NOW: &str = "2026-11-21T06:10:00Z";

/// Of a namespace without accounts and Secrets the API server writes no list, but null.
#[test]
fn where_nothing_is_everything_was_read() {
    let control_plane = &World::rendered().control_plane;
    let namespace = control_plane.create_namespace("empty").unwrap();
    let run = doctor(&kubeconfig(control_plane), NOW, &["-n", &namespace, "-o", "json"]);
    let skipped = report(&run)["skipped"].to_string();
    assert!(!skipped.contains("no list"), "{skipped}");
}

#[test]
fn what_is_said_of_a_cluster_is_what_is_said_of_its_objects() {
    let control_plane = &World::rendered().control_plane;
    for name in PLAYED {
        let namespace = played(control_plane, name);
        let live = doctor(&kubeconfig(control_plane), NOW, &["-n", &namespace, "-o", "json"]);
        let folder = scenario(name);
        let bundle = doctor("", NOW, &["--from-bundle", folder.to_str().unwrap(), "-o", "json"]);
        let (live, bundle) = (report(&live), report(&bundle));
        // No kubelet, no logs: the check is listed as not made.
        let mut expected = codes(&bundle);
        expected.retain(|(code, _)| code != "NB6003");
        assert_eq!(codes(&live), expected, "{name}: {live:#}");
        let skipped = live["skipped"].as_array().unwrap();
        assert!(
            skipped.iter().any(|skipped| skipped["code"] == "NB6003"),
            "{name}: {live:#}"
        );
        assert_eq!(live["complete"], false);
    }
}

#[test]
fn what_may_not_be_read_is_listed_with_the_right_that_is_missing() {
    let control_plane = &World::rendered().control_plane;
    let namespace = played(control_plane, PLAYED[0]);
    for resource in ["neo4jbackups", "jobs", "pods", "events"] {
        let all = [
            (
                "neo4j.neo4j.com",
                vec![
                    "neo4jbackups",
                    "neo4jrestores",
                    "neo4jenterpriseclusters",
                    "neo4jenterprisestandalones",
                    "neo4jdatabases",
                    "neo4jshardeddatabases",
                ],
            ),
            ("batch", vec!["jobs", "cronjobs"]),
            (
                "",
                vec![
                    "pods",
                    "events",
                    "persistentvolumeclaims",
                    "serviceaccounts",
                    "pods/log",
                ],
            ),
        ];
        let rules: Value = all
            .iter()
            .map(|(group, resources)| {
                let allowed: Vec<_> = resources.iter().filter(|allowed| **allowed != resource).collect();
                serde_json::json!({"apiGroups": [group], "resources": allowed, "verbs": ["get", "list"]})
            })
            .collect();
        let name = format!("all-but-{resource}");
        let account = grant(control_plane, &namespace, &name, &rules);
        let run = doctor(
            &kubeconfig(control_plane),
            NOW,
            &["-n", &namespace, "-o", "json", "--as", &account],
        );
        let report = report(&run);
        let missing: BTreeSet<&str> = report["skipped"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|skipped| skipped["cause"]["right"]["resource"].as_str())
            .collect();
        assert!(missing.contains(resource), "{resource}: {report:#}");
        assert_eq!(report["complete"], false, "{resource}");
        assert!(
            matches!(run.exit, Exit::NotGood | Exit::Incomplete),
            "{resource}: {run:?}"
        );
        let delete = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings/{name}");
        control_plane.api_client().unwrap().delete(&delete);
    }
}

/// Starts empty, sees a backup that failed come and go, and ends with the exit code of what it saw last.
#[test]
fn what_changes_is_said_until_somebody_interrupts() {
    let control_plane = &World::rendered().control_plane;
    let namespace = control_plane.create_namespace("watched").unwrap();
    let watched = Watched::start(
        control_plane.kubeconfig(),
        &["doctor", "-n", &namespace, "--watch=200ms"],
    );
    watched.await_line(|line| line.contains(&format!("namespace {namespace}")));
    play(&mut control_plane.api_client().unwrap(), objects(PLAYED[0], &namespace));
    let line = watched.await_line(|line| line.contains(" new error Neo4jBackup ") && line.ends_with("[NB6001]"));
    assert!(line.contains(&format!("{namespace}/nightly: ")), "{line}");
    let delete = format!("/apis/neo4j.neo4j.com/v1beta1/namespaces/{namespace}/neo4jbackups/nightly");
    let mut client = control_plane.api_client().unwrap();
    client.delete(&delete);
    // As the operator does.
    client.merge(&delete, &serde_json::json!({"metadata": {"finalizers": null}}));
    watched.await_line(|line| line.contains(" gone error Neo4jBackup ") && line.ends_with("[NB6001]"));
    let now = jiff::Timestamp::now().to_string();
    let once = doctor(&kubeconfig(control_plane), &now, &["-n", &namespace]);
    let expected = (Some(once.exit.code().into()), Vec::new());
    assert_eq!(watched.interrupt(), expected);
}

#[test]
fn a_cluster_that_does_not_answer_is_no_healthy_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let server = "https://127.0.0.1:1";
    let config = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\nusers: [{{name: u, user: {{token: t}}}}]\n"
    );
    std::fs::write(&file, config).unwrap();
    let run = doctor(file.to_str().unwrap(), NOW, &["-n", "graph"]);
    assert_eq!(run.exit, Exit::Incomplete, "{run:?}");
    assert!(run.stdout.is_empty() && run.stderr.contains(server), "{run:?}");
}
