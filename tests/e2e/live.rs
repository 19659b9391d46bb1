//! `lint --live` on a real API server: what would break if the files were applied.

mod identities;
mod runs;

use std::collections::{BTreeMap, BTreeSet};

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{ControlPlane, play};
use neo4jbackup_tests::plugin::{Run, run_with};
use serde_json::{Value, json};

use crate::reader::grant;
use crate::world::World;

fn backup(name: &str, schedule: &str) -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "metadata": {"name": name},
        "spec": {
            "instanceRef": "prod", "database": "sales", "schedule": schedule,
            "storage": {
                "type": "s3", "bucket": "acme-backups", "path": name,
                "cloud": {"provider": "aws", "credentialsSecretRef": "cloud"},
            },
        },
    })
}

fn restore(of: &str) -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jRestore", "metadata": {"name": "back"},
        "spec": {
            "instanceRef": "prod", "databaseName": "sales", "stopCluster": true, "force": true,
            "source": {"type": "backup", "backupRef": of},
        },
    })
}

/// A namespace with an instance, a Secret and a backup that is there.
fn inhabited(control_plane: &ControlPlane) -> String {
    let namespace = control_plane.create_namespace("live").unwrap();
    let instance = json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jEnterpriseStandalone", "metadata": {"name": "prod"},
        "spec": {
            "image": {"repo": "neo4j", "tag": "2025.11.0-enterprise"}, "acceptLicenseAgreement": "eval",
            "storage": {"className": "standard", "size": "10Gi"},
        },
    });
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cloud"},
        "stringData": {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s3cret", "AWS_REGION": "eu-central-1"},
    });
    let objects = [instance, secret, backup("nightly", "0 2 * * *")].map(|mut object| {
        object["metadata"]["namespace"] = namespace.as_str().into();
        object
    });
    play(&mut control_plane.api_client().unwrap(), objects);
    namespace
}

/// Lints an object over the cluster.
fn lint(control_plane: &ControlPlane, namespace: &str, object: &Value, more: &[&str]) -> (Run, Value) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("backup.yaml"), object.to_string()).unwrap();
    let kubeconfig = control_plane.kubeconfig().to_str().unwrap().to_owned();
    let environment = BTreeMap::from([("KUBECONFIG".to_owned(), kubeconfig)]);
    let arguments = ["lint", "backup.yaml", "--live", "-n", namespace, "-o", "json"];
    let run = run_with(folder.path(), "", environment, arguments.iter().chain(more));
    let report = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    (run, report)
}

fn codes(report: &Value) -> BTreeSet<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.filter_map(|finding| finding["code"].as_str()).collect()
}

/// An account that may list these resources of a namespace and nothing else, as what it is impersonated by.
fn may_list(control_plane: &ControlPlane, namespace: &str, resources: &[(&str, &str)]) -> String {
    let rule = |(group, resource): &(&str, &str)| json!({"apiGroups": [group], "resources": [resource], "verbs": ["get", "list"]});
    let rules: Value = resources.iter().map(rule).collect();
    grant(control_plane, namespace, "reader", &rules)
}

#[test]
fn what_was_applied_unchanged_has_no_finding() {
    let control_plane = &World::rendered().control_plane;
    let namespace = inhabited(control_plane);
    let (run, report) = lint(control_plane, &namespace, &backup("nightly", "0 2 * * *"), &[]);
    assert_eq!(codes(&report), BTreeSet::new(), "{report:#}");
    assert_eq!(
        (run.exit, &report["complete"]),
        (Exit::Good, &true.into()),
        "{report:#}"
    );
    let (run, report) = lint(control_plane, &namespace, &backup("hourly", "30 5 * * *"), &["-A"]);
    assert_eq!((run.exit, codes(&report)), (Exit::Good, BTreeSet::new()), "{report:#}");
}

#[test]
fn what_would_break_is_found_with_the_object_of_the_cluster() {
    let control_plane = &World::rendered().control_plane;
    let namespace = inhabited(control_plane);
    let (_, report) = lint(control_plane, &namespace, &backup("hourly", "0 * * * *"), &[]);
    assert_eq!(codes(&report), BTreeSet::from(["NB5004"]), "{report:#}");
    let related = &report["findings"][0]["related"][0];
    assert_eq!(related["inCluster"], true, "{report:#}");
    assert_eq!(related["object"]["name"], "nightly");
    let mut lost = backup("lost", "30 5 * * *");
    lost["spec"]["instanceRef"] = "prdo".into();
    lost["spec"]["storage"]["cloud"]["credentialsSecretRef"] = "clod".into();
    let (_, report) = lint(control_plane, &namespace, &lost, &[]);
    assert_eq!(codes(&report), BTreeSet::from(["NB2001", "NB2005"]), "{report:#}");
    // Two namespaces write to one directory of one bucket.
    let elsewhere = inhabited(control_plane);
    let (_, report) = lint(control_plane, &elsewhere, &backup("nightly", "0 2 * * *"), &["-A"]);
    let finding = &report["findings"][0];
    assert_eq!(finding["code"], "NB7010", "{report:#}");
    let named: Vec<&str> = finding["related"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|place| place["object"]["namespace"].as_str())
        .collect();
    assert!(!named.contains(&elsewhere.as_str()), "{named:?}");
}

/// A claim, a chain and the backup of a restore are looked for in the cluster.
#[test]
fn what_a_file_names_is_looked_for_in_the_cluster() {
    let control_plane = &World::rendered().control_plane;
    let namespace = inhabited(control_plane);
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "volume", "namespace": namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    });
    play(&mut control_plane.api_client().unwrap(), [claim]);
    let on_volume = |claim: &str| {
        let mut backup = backup("on-volume", "30 5 * * *");
        backup["spec"]["storage"] = json!({"type": "pvc", "pvc": {"name": claim}});
        backup
    };
    let differential = |parent: &str| {
        let mut backup = backup("differential", "30 5 * * *");
        backup["spec"]["chainFromBackup"] = parent.into();
        backup["spec"]["options"] = json!({"backupType": "DIFF"});
        backup["spec"]["storage"]["path"] = "nightly".into();
        backup
    };
    for (there, missing, code) in [
        (on_volume("volume"), on_volume("volmue"), "NB2009"),
        (differential("nightly"), differential("nigthly"), "NB2004"),
        (restore("nightly"), restore("nigthly"), "NB2003"),
    ] {
        let (_, report) = lint(control_plane, &namespace, &there, &[]);
        assert!(!codes(&report).contains(code), "{code}: {report:#}");
        let (_, report) = lint(control_plane, &namespace, &missing, &[]);
        assert!(codes(&report).contains(code), "{code}: {report:#}");
    }
}

#[test]
fn a_secret_that_may_not_be_read_is_told_with_the_right_that_is_missing() {
    let control_plane = &World::rendered().control_plane;
    let namespace = inhabited(control_plane);
    let resources = [
        ("neo4j.neo4j.com", "*"),
        ("batch", "cronjobs"),
        ("", "persistentvolumeclaims"),
    ];
    let account = may_list(control_plane, &namespace, &resources);
    let (run, report) = lint(
        control_plane,
        &namespace,
        &backup("nightly", "0 2 * * *"),
        &["--as", &account],
    );
    assert_eq!(
        (run.exit, codes(&report)),
        (Exit::Incomplete, BTreeSet::new()),
        "{report:#}"
    );
    let skipped = report["skipped"].as_array().unwrap();
    let of_secret = skipped.iter().find(|skipped| skipped["code"] == "NB2005").unwrap();
    let right = &of_secret["causes"][0]["right"];
    assert_eq!(
        (&right["verbs"], &right["resource"], &right["name"], &right["namespace"]),
        (&json!(["get"]), &json!("secrets"), &json!("cloud"), &json!(namespace)),
        "{report:#}"
    );
    // It also may not see which fields are taken, and that is no reason to say nothing.
    assert!(
        skipped
            .iter()
            .any(|skipped| skipped["causes"][0]["right"]["resource"] == "customresourcedefinitions")
    );
    let (run, _) = lint(
        control_plane,
        &namespace,
        &backup("nightly", "0 2 * * *"),
        &["--as", &account, "--allow-incomplete"],
    );
    assert_eq!(run.exit, Exit::Good);
}
