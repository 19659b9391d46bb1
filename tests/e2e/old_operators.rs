//! What depends on which operator is installed, asked of a cluster with an old one: the whole cluster is asked, as a person
//! does who does not know where to look.

use kubectl_neo4jbackup::Exit;
use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::{Binaries, ControlPlane, Options, play, report_progress};
use neo4jbackup_tests::crds;
use neo4jbackup_tests::scenario::Moved;
use serde_json::{Value, json};

use crate::doctor::plugin_at;

/// The answer to a question about all namespaces, as JSON.
fn asked(control_plane: &ControlPlane, now: &str, command: &str) -> (Exit, Value) {
    let kubeconfig = control_plane.kubeconfig().to_str().unwrap();
    let run = plugin_at(kubeconfig, now, &[command, "-A", "-o", "json"]);
    let report = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    (run.exit, report)
}

fn finding<'r>(report: &'r Value, code: &str) -> Option<&'r Value> {
    let mut findings = report["findings"].as_array().unwrap().iter();
    findings.find(|finding| finding["code"] == code)
}

#[test]
fn the_backup_pods_and_the_version_of_an_old_operator_are_found_in_the_whole_cluster() {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
    control_plane.install_crds(&crds::rendered_of(Era::V0_2)).unwrap();
    let mut client = control_plane.api_client().unwrap();
    let mut scenario = Moved::to_the_present("backup-pod-not-ready");
    let now = scenario.now();
    for namespace in ["graph", "neo4j-operator-system"] {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        play(&mut client, [namespace]);
    }
    // Not every old operator labels them, and of all pods of a cluster only those with certain labels are listed.
    for object in &mut scenario.objects {
        if object["metadata"]["name"] == "prod-backup-0" {
            object["metadata"]["labels"] = json!({"app": "prod"});
        }
    }
    play(&mut client, scenario.objects);
    let (exit, report) = asked(&control_plane, &now, "doctor");
    let told = finding(&report, "NB6015").unwrap_or_else(|| panic!("{report:#}"));
    assert_eq!(exit, Exit::NotGood, "{report:#}");
    let evidence = told["evidence"].to_string();
    assert!(
        evidence.contains("has unbound immediate PersistentVolumeClaims"),
        "{told:#}"
    );
    // Operators before 1.0 run one backup of an instance after the other.
    let (_, schedule) = asked(&control_plane, &now, "schedule");
    assert_eq!(schedule["runsSideBySide"], false, "{schedule:#}");
    let deployments = "/apis/apps/v1/namespaces/neo4j-operator-system/deployments/neo4j-operator-controller-manager";
    let image = "ghcr.io/neo4j-partners/neo4j-kubernetes-operator:v1.14.0";
    let container = json!({"name": "manager", "image": image, "args": ["--leader-elect=true"]});
    client.merge(
        deployments,
        &json!({"spec": {"template": {"spec": {"containers": [container]}}}}),
    );
    let (_, schedule) = asked(&control_plane, &now, "schedule");
    assert_eq!(schedule["runsSideBySide"], true, "{schedule:#}");
}
