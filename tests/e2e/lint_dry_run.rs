//! `lint --server-dry-run` on a real API server: what it, webhooks and policies say, each thing once.

use std::collections::BTreeMap;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{ControlPlane, play};
use neo4jbackup_tests::plugin::{Run, run_with};
use serde_json::{Value, json};

use crate::policies::policed::Policed;
use crate::reader::grant;
use crate::world::World;

/// A backup that nobody objects to.
const GOOD: &str = "\
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata:
  name: nightly
spec:
  instanceRef: ledger
  allDatabases: true
  schedule: 0 2 * * *
  storage:
    type: s3
    bucket: acme-backups
    path: nightly
    cloud:
      provider: aws
      credentialsSecretRef: cloud
";

fn lint(control_plane: &ControlPlane, namespace: &str, manifest: &str, more: &[&str]) -> (Run, Value) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("backup.yaml"), manifest).unwrap();
    let kubeconfig = control_plane.kubeconfig().to_str().unwrap().to_owned();
    let environment = BTreeMap::from([("KUBECONFIG".to_owned(), kubeconfig)]);
    let arguments = ["lint", "backup.yaml", "--server-dry-run", "-n", namespace, "-o", "json"];
    let run = run_with(folder.path(), "", environment, arguments.iter().chain(more));
    let report = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    (run, report)
}

/// `LINE severity code field: message | evidence`, without what is only remarked.
fn found(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|finding| finding["severity"] != "info");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings
        .map(|finding| {
            let evidence = finding["evidence"].as_array().unwrap().iter();
            let evidence: Vec<String> = evidence
                .map(text)
                .filter(|text| text.contains("says so, too"))
                .collect();
            format!(
                "{} {} {} {}: {} | {}",
                finding["location"]["line"],
                text(&finding["severity"]),
                text(&finding["code"]),
                text(&finding["field"]),
                text(&finding["message"]),
                evidence.join("; ")
            )
        })
        .collect()
}

fn skipped(report: &Value) -> Vec<String> {
    let skipped = report["skipped"].as_array().unwrap().iter();
    let of_server = skipped.filter(|skipped| skipped["code"].is_null());
    of_server
        .map(|skipped| skipped["reason"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_good_backup_is_welcome_and_not_stored() {
    let world = World::rendered();
    let namespace = world.namespace();
    let (run, report) = lint(&world.control_plane, &namespace.name, GOOD, &[]);
    assert_eq!(found(&report), [""; 0], "{report:#}");
    assert_eq!(
        (run.exit, run.stderr.contains("Warning")),
        (Exit::Good, false),
        "{run:?}"
    );
    assert_eq!(namespace.stored("neo4jbackup/nightly"), None);
}

#[test]
fn the_schema_speaks_where_the_field_stands() {
    let world = World::rendered();
    let namespace = world.namespace();
    // A field that is unknown to the rules as well, and a value that only the schema of the cluster judges.
    let manifest = GOOD.replace("  allDatabases: true\n", "  allDatabases: true\n  foo: 1\n");
    let (run, report) = lint(&world.control_plane, &namespace.name, &manifest, &[]);
    assert_eq!(run.exit, Exit::NotGood);
    let found_fields = found(&report);
    assert_eq!(found_fields.len(), 1, "{found_fields:#?}");
    assert!(
        found_fields[0].starts_with("8 error NB1003 spec.foo: "),
        "{found_fields:#?}"
    );
    assert!(
        found_fields[0].ends_with("| the API server says so, too"),
        "{found_fields:#?}"
    );
    // The rule that would say it is left out: then it is the API server alone.
    let (run, report) = lint(&world.control_plane, &namespace.name, &manifest, &["--skip", "NB1003"]);
    assert_eq!(
        found(&report),
        ["8 error server spec.foo: the API server would refuse it: the field is unknown | "]
    );
    assert_eq!(run.exit, Exit::NotGood);
    // A name that no object can have is nobody's field but the server's.
    let manifest = GOOD.replace("name: nightly", "name: nightly_backup");
    let (_, report) = lint(&world.control_plane, &namespace.name, &manifest, &["--only", "NB8001"]);
    let said = found(&report);
    assert!(
        said.len() == 1
            && said[0].starts_with("4 error server metadata.name: the API server would refuse it: Invalid value"),
        "{said:#?}"
    );
}

#[test]
fn what_the_webhook_says_and_a_rule_finds_is_said_once() {
    let world = World::rendered();
    let namespace = world.guarded_namespace();
    let manifest = GOOD.replace("0 2 * * *", "0 0 2 * * *").replace("ledger", "lost");
    let (run, report) = lint(&world.control_plane, &namespace.name, &manifest, &[]);
    let said = found(&report);
    let of = |code: &str| said.iter().filter(|line| line.contains(code)).collect::<Vec<_>>();
    assert_eq!(of("NB5001").len(), 1, "{said:#?}");
    assert!(
        of("NB5001")[0].starts_with("8 error NB5001 spec.schedule: "),
        "{said:#?}"
    );
    assert!(of("NB5001")[0].contains("| the webhook "), "{said:#?}");
    assert_eq!((of(" server ").len(), run.exit), (0, Exit::NotGood), "{said:#?}");
    // What only somebody who looks into the cluster can know comes from the webhook.
    let manifest = GOOD.replace("ledger", "lost");
    let (run, report) = lint(&world.control_plane, &namespace.name, &manifest, &[]);
    let said = found(&report);
    assert!(
        said.iter()
            .any(|line| line.starts_with("6 warning NB2001 spec.instanceRef: a webhook of the cluster warns: ")),
        "{said:#?}"
    );
    assert_eq!(run.exit, Exit::Good);
}

#[test]
fn a_policy_is_named() {
    let policed = Policed::denying();
    let namespace = policed.control_plane.create_namespace("linted").unwrap();
    let manifest = GOOD.replace("0 2 * * *", "0 0 2 * * *");
    let (run, report) = lint(&policed.control_plane, &namespace, &manifest, &[]);
    let said = found(&report);
    assert_eq!((said.len(), run.exit), (1, Exit::NotGood), "{said:#?}");
    assert!(said[0].starts_with("8 error NB5001 spec.schedule: "), "{said:#?}");
    assert!(
        said[0].ends_with("| the policy neo4jbackup-rules says so, too"),
        "{said:#?}"
    );
    let (_, report) = lint(&policed.control_plane, &namespace, GOOD, &[]);
    assert_eq!(found(&report), [""; 0], "{report:#}");
}

#[test]
fn a_change_is_judged_as_a_change() {
    let world = World::rendered();
    let namespace = world.namespace();
    let mut stored: Value = serde_saphyr::from_str(&GOOD.replace("0 2 * * *", "0 0 2 * * *")).unwrap();
    stored["metadata"]["namespace"] = namespace.name.as_str().into();
    play(&mut world.control_plane.api_client().unwrap(), [stored]);
    namespace.guard_with(&world.webhook);
    // The webhook lets what is stored already stay as it is; so it is a warning of the cluster, of which nobody knows whose it
    // is, and an error of the rules. A refusal would name its webhook.
    let manifest = GOOD
        .replace("0 2 * * *", "0 0 2 * * *")
        .replace("path: nightly", "path: other");
    let (run, report) = lint(&world.control_plane, &namespace.name, &manifest, &[]);
    let said = found(&report);
    let of_rule: Vec<&String> = said.iter().filter(|line| line.contains(" NB5001 ")).collect();
    assert!(
        of_rule.len() == 1
            && of_rule[0].starts_with("8 error NB5001 spec.schedule: ")
            && of_rule[0].ends_with(" | a webhook of the cluster says so, too"),
        "{said:#?}"
    );
    assert_eq!(run.exit, Exit::NotGood);
    // Without the rule nothing is left of that but a warning, which is left out with it.
    let (run, report) = lint(&world.control_plane, &namespace.name, &manifest, &["--skip", "NB5001"]);
    assert!(!found(&report).iter().any(|line| line.contains("NB5001")), "{report:#}");
    assert_eq!(run.exit, Exit::Good);
    // What would be new is refused, and no flag of this program makes that a success.
    let new = manifest.replace("name: nightly", "name: weekly");
    let (run, report) = lint(&world.control_plane, &namespace.name, &new, &["--skip", "NB5001"]);
    let said = found(&report);
    assert!(
        said.iter()
            .any(|line| line.starts_with("8 error NB5001 spec.schedule: the webhook ")
                && line.contains(" would refuse it: ")),
        "{said:#?}"
    );
    assert_eq!(
        (run.exit, namespace.stored("neo4jbackup/weekly")),
        (Exit::NotGood, None)
    );
    assert_eq!(
        namespace.stored("neo4jbackup/nightly").unwrap()["spec"]["storage"]["path"],
        "nightly"
    );
}

#[test]
fn who_cannot_be_asked_leaves_a_gap() {
    let world = World::rendered();
    let control_plane = &world.control_plane;
    let (run, report) = lint(control_plane, "nowhere", GOOD, &[]);
    assert_eq!(
        skipped(&report),
        ["what the API server would say to Neo4jBackup nightly: there is no namespace nowhere"]
    );
    assert_eq!(run.exit, Exit::Incomplete);
    let namespace = world.namespace();
    let rules = json!([{"apiGroups": ["neo4j.neo4j.com"], "resources": ["neo4jbackups"], "verbs": ["get"]}]);
    let account = grant(control_plane, &namespace.name, "reader", &rules);
    let (run, report) = lint(control_plane, &namespace.name, GOOD, &["--as", &account]);
    let said = skipped(&report);
    let right = format!(
        "(missing: create neo4jbackups.neo4j.neo4j.com in namespace {})",
        namespace.name
    );
    assert!(said.len() == 1 && said[0].ends_with(&right), "{said:#?}");
    assert_eq!(run.exit, Exit::Incomplete);
    // What is not served cannot be asked about; findings of the rules win over that.
    let old = GOOD.replace("v1beta1", "v1alpha1");
    let (_, report) = lint(control_plane, &namespace.name, &old, &[]);
    let said = skipped(&report);
    assert!(
        said.iter()
            .any(|line| line.contains("does not serve the kind in this version")),
        "{said:#?}"
    );
    let (run, _) = lint(control_plane, "nowhere", &GOOD.replace("0 2 * * *", "0 0 2 * * *"), &[]);
    assert_eq!(run.exit, Exit::NotGood);
    // What is unfinished is not sent.
    let (run, report) = lint(
        control_plane,
        "nowhere",
        &GOOD.replace("acme-backups", "${BUCKET}"),
        &[],
    );
    let said = skipped(&report);
    assert!(said.len() == 1 && said[0].contains("placeholder"), "{said:#?}");
    assert_eq!(run.exit, Exit::Good, "{run:?}");
}
