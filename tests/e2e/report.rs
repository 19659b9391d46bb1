//! `report` of a real API server: what `doctor` says of the archive is what it says of the cluster, word for word.

use std::path::PathBuf;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{ControlPlane, play};
use neo4jbackup_tests::plugin::{Run, Surroundings};
use neo4jbackup_tests::scenario;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::reader::grant;
use crate::world::World;

/// The time of every look: `takenAt` of what is played.
const NOW: &str = "2026-11-21T06:10:00Z";

/// Scenarios that need nothing but objects of a namespace.
const PLAYED: [&str; 6] = [
    "run-failure-in-log",
    "secret-missing",
    "restore-failed",
    "pod-cannot-start",
    "job-cannot-create-pods",
    "backup-port-closed",
];

/// Plays a scenario in a namespace of its own.
fn played(control_plane: &ControlPlane, name: &str) -> String {
    let namespace = control_plane.create_namespace("report").unwrap();
    let objects = scenario::objects(&scenario::scenarios().join(name)).into_iter();
    let objects: Vec<Value> = objects
        .filter(|object| object["metadata"]["namespace"] == "graph")
        .map(|mut object| {
            object["metadata"]["namespace"] = namespace.as_str().into();
            if object.get("involvedObject").is_some() {
                object["involvedObject"]["namespace"] = namespace.as_str().into();
            }
            object
        })
        .collect();
    assert!(!objects.is_empty(), "{name}");
    play(&mut control_plane.api_client().unwrap(), objects);
    namespace
}

/// Runs the plugin in a folder.
fn plugin(control_plane: &ControlPlane, folder: &TempDir, words: &[&str]) -> Run {
    let now = NOW.parse().unwrap();
    Surroundings::of_cluster(folder.path(), control_plane.kubeconfig(), now).run(words)
}

/// What `doctor` says, but for where it was looked.
fn doctor(control_plane: &ControlPlane, folder: &TempDir, words: &[&str]) -> (Exit, Value) {
    let run = plugin(control_plane, folder, &[&["doctor", "-o", "json"], words].concat());
    let mut report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    for place in ["context", "bundle"] {
        report[place] = Value::Null;
    }
    (run.exit, report)
}

/// How often a cluster is looked at until two looks say the same: the tests beside this one play objects, too.
const MOST_LOOKS: usize = 20;

/// Makes a report, and proves that it says what the cluster says just before and just after.
fn proven(control_plane: &ControlPlane, words: &[&str]) -> (Value, Value) {
    let folder = TempDir::new().unwrap();
    let archive = PathBuf::from("UNREDACTED.tar.gz");
    let archive = archive.to_str().unwrap();
    let mut before = doctor(control_plane, &folder, words);
    let mut last = before.clone();
    for _ in 0..MOST_LOOKS {
        let make = [
            "report",
            "-o",
            archive,
            "--no-redact",
            "--yes",
            "--force",
            "--allow-incomplete",
        ];
        let made = plugin(control_plane, &folder, &[&make, words].concat());
        assert_eq!(made.exit, Exit::Good, "{made:?}");
        let redacted = ["report", "-o", "redacted.tar.gz", "--force", "--allow-incomplete"];
        let made = plugin(control_plane, &folder, &[&redacted, words].concat());
        assert_eq!(made.exit, Exit::Good, "{made:?}");
        let after = doctor(control_plane, &folder, words);
        if before == after {
            let read = doctor(control_plane, &folder, &["--from-bundle", archive]);
            assert_eq!(read, after, "{words:?}");
            let redacted = doctor(control_plane, &folder, &["--from-bundle", "redacted.tar.gz"]);
            assert_eq!(redacted.0, after.0);
            return (after.1, redacted.1);
        }
        last = std::mem::replace(&mut before, after);
    }
    assert_eq!(last, before, "no two looks at the cluster say the same: {words:?}");
    unreachable!("the last two looks were compared before");
}

/// The code, the object and the severity of each finding.
fn verdict(report: &Value) -> Vec<Value> {
    let findings = report["findings"].as_array().unwrap().iter();
    let part = |finding: &Value| {
        json!([
            finding["code"],
            finding["object"],
            finding["severity"],
            finding["causedBy"]
        ])
    };
    findings.map(part).collect()
}

#[test]
fn a_report_says_what_the_cluster_says() {
    let control_plane = &World::rendered().control_plane;
    for name in PLAYED {
        let namespace = played(control_plane, name);
        let (live, redacted) = proven(control_plane, &["-n", &namespace]);
        assert!(!live["findings"].as_array().unwrap().is_empty(), "{name}: {live:#}");
        assert_eq!(verdict(&redacted), verdict(&live), "{name}");
    }
}

#[test]
fn a_report_of_one_backup_says_what_the_cluster_says_of_it() {
    let control_plane = &World::rendered().control_plane;
    let namespace = played(control_plane, PLAYED[0]);
    let (live, redacted) = proven(control_plane, &["-n", &namespace, "backup/nightly"]);
    assert!(!live["findings"].as_array().unwrap().is_empty(), "{live:#}");
    assert_eq!(verdict(&redacted), verdict(&live));
}

/// Also what may not be read, with the verbs and names of the rights that are missing, is in it.
#[test]
fn what_may_not_be_read_is_the_same_in_a_report() {
    let control_plane = &World::rendered().control_plane;
    let namespace = played(control_plane, "secret-missing");
    let rules = json!([
        {"apiGroups": ["neo4j.neo4j.com"], "resources": ["neo4jbackups"], "verbs": ["get", "list"]},
        {"apiGroups": ["batch"], "resources": ["cronjobs"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
    ]);
    let account = grant(control_plane, &namespace, "some", &rules);
    let (live, _) = proven(control_plane, &["-n", &namespace, "--as", &account]);
    let skipped = live["skipped"].as_array().unwrap().iter();
    let rights: Vec<_> = skipped
        .filter_map(|skipped| skipped["cause"]["right"]["resource"].as_str())
        .collect();
    for resource in ["jobs", "events", "secrets"] {
        assert!(rights.contains(&resource), "{resource}: {live:#}");
    }
    assert_eq!(live["complete"], false);
    let folder = TempDir::new().unwrap();
    let words = ["report", "-n", &namespace, "--as", &account];
    let run = plugin(control_plane, &folder, &words);
    assert_eq!(run.exit, Exit::Incomplete, "{run:?}");
    assert!(run.stdout.contains("that could not be read"), "{run:?}");
}

/// Values of Secrets are nowhere, and the version of the API server is in it.
#[test]
fn no_value_of_a_secret_is_in_a_report() {
    let control_plane = &World::rendered().control_plane;
    let namespace = played(control_plane, "secret-missing");
    let value = "only-the-cluster-knows";
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "spaces", "namespace": namespace},
        "stringData": {"only-here": value},
    });
    let mut client = control_plane.api_client().unwrap();
    client.delete(&format!("/api/v1/namespaces/{namespace}/secrets/spaces"));
    play(&mut client, [secret]);
    let folder = TempDir::new().unwrap();
    let words = [
        "report",
        "-n",
        &namespace,
        "-o",
        "a.tar.gz",
        "--no-redact",
        "--yes",
        "--allow-incomplete",
    ];
    let run = plugin(control_plane, &folder, &words);
    assert_eq!(run.exit, Exit::Good, "{run:?}");
    let file = folder.path().join("UNREDACTED-a.tar.gz");
    let bundle = kubectl_neo4jbackup::bundle::open(&file).unwrap();
    assert!(bundle.server_version.is_some_and(|version| version.starts_with('v')));
    let packed = std::process::Command::new("gzip")
        .arg("-dc")
        .arg(&file)
        .output()
        .unwrap();
    let all = String::from_utf8_lossy(&packed.stdout);
    // The key is there, and its value is not.
    assert!(all.contains("only-here") && !all.contains(value));
    assert!(!all.contains("b25seS10aGUtY2x1c3Rlci1rbm93cw"));
}
