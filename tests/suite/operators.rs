//! Two operators serve kinds of the same names. The objects of the other one are named once and else left alone: by `lint`, by
//! the webhook, by the policies, and by the rules that look at what is around an object.

use std::fs;
use std::path::Path;

use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::lint::{self, Options};
use neo4jbackup_core::schema::Group;
use neo4jbackup_harness::{root, shared};
use neo4jbackup_policies::manifest;
use neo4jbackup_tests::plugin;
use serde_json::{Value, json};

use crate::parity::{review, webhook};
use crate::support;

const RESTORE: &str = "\
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jRestore
metadata: {name: back, namespace: graph}
spec:
  instanceRef: prod
  database: orders
  stopCluster: true
  source: {type: backup, backupRef: nightly}
  options: {replaceExisting: true}
";

/// What the restore names, of the other operator.
const OTHERS: &str = "\
apiVersion: neo4j.com/v1
kind: Neo4j
metadata: {name: prod, namespace: graph}
spec: {edition: enterprise, version: 2026.05.0, topology: {mode: Cluster}}
---
apiVersion: neo4j.com/v1
kind: Neo4jBackup
metadata: {name: nightly, namespace: graph}
spec:
  neo4jRef: {name: prod}
  databases: [customers]
  destination: {type: s3, url: \"s3://graph-backups/nightly/\"}
";

struct Run {
    exit: u8,
    report: Value,
}

impl Run {
    fn codes(&self) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["code"].as_str().unwrap()).collect()
    }

    /// What was not judged of whole files.
    fn notes(&self) -> Vec<String> {
        let skipped = self.report["skipped"].as_array().unwrap().iter();
        let of_files = skipped.filter(|skipped| skipped["code"].is_null());
        let line = |skipped: &Value| {
            format!(
                "{} {}",
                skipped["file"].as_str().unwrap(),
                skipped["reason"].as_str().unwrap()
            )
        };
        of_files.map(line).collect()
    }
}

fn run(folder: &Path, path: &str) -> Run {
    let run = plugin::run(folder, "", ["lint", path, "-o", "json"]);
    Run {
        exit: run.exit.code(),
        report: serde_json::from_str(&run.stdout).unwrap(),
    }
}

#[test]
fn objects_of_the_other_operator_are_named_once_and_not_judged() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("a.yaml", OTHERS);
    let alone = run(folder.path(), ".");
    let what = "of `neo4j.com`, the API of another operator, which this version does not judge";
    assert_eq!((alone.exit, alone.codes().len()), (3, 0), "nothing was judged");
    assert_eq!(alone.notes(), [format!("a.yaml has 2 objects {what}")]);

    write(
        "b.yaml",
        "apiVersion: neo4j.com/v1beta1\nkind: Neo4jBackupSchedule\nmetadata: {name: nightly}\n",
    );
    write("c.yaml", RESTORE);
    let together = run(folder.path(), ".");
    assert_eq!((together.exit, together.codes().len()), (0, 0), "{}", together.report);
    assert_eq!(
        together.notes(),
        [format!("a.yaml and 1 more file have 3 objects {what}")]
    );
    assert_eq!(together.report["summary"]["judged"], 1);
}

#[test]
fn a_restore_that_names_an_object_of_the_other_operator_is_judged_without_it() {
    let options = Options::at(support::now());
    let of = |text: &str| {
        let file = lint::read(text, &options.limits);
        let mut inventory = Inventory::partial("it is not among the linted files");
        lint::collect(&file, &options, &mut inventory);
        let outcome = lint::judge(&file, &inventory, &options);
        let findings = outcome.findings.into_iter().map(|located| located.finding.sentence());
        (findings.collect::<Vec<_>>(), outcome.skipped, inventory)
    };
    let (findings, skipped, inventory) = of(&format!("{OTHERS}---\n{RESTORE}"));
    let (findings_alone, skipped_alone, inventory_alone) = of(RESTORE);
    assert_eq!(findings, findings_alone);
    assert_eq!(skipped, skipped_alone);
    assert!(
        !skipped.is_empty(),
        "a known cluster and a known backup would leave nothing open"
    );
    assert_eq!(inventory, inventory_alone);
}

#[test]
fn no_example_of_the_other_operator_has_a_finding() {
    let Some(folder) = shared("upstream-official/manifests") else {
        return;
    };
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 30, "only {} files are there", files.len());
    let mut with_objects = 0;
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let run = run(file.parent().unwrap(), name);
        let of_text = |code: &&str| ["NB1001", "NB1002"].contains(code);
        assert!(run.codes().iter().all(of_text), "{name}: {:?}", run.codes());
        // Fragments without an apiVersion belong to nobody.
        let has_objects = fs::read_to_string(&file).unwrap().contains("apiVersion: neo4j.com/");
        with_objects += usize::from(has_objects);
        assert_eq!(run.notes().len(), usize::from(has_objects), "{name}: {:?}", run.notes());
        assert_eq!(run.report["summary"]["judged"], 0, "{name}");
        assert_eq!(run.exit, if run.codes().is_empty() { 3 } else { 1 }, "{name}");
    }
    assert!(with_objects > 30, "only {with_objects} files have objects");
}

#[test]
fn a_schedule_of_the_other_operator_beside_a_backup_of_ours_is_no_mistake() {
    let Some(file) = shared("cases/031-backup-of-the-other-operator.yaml") else {
        return;
    };
    let run = run(file.parent().unwrap(), file.file_name().unwrap().to_str().unwrap());
    assert_eq!(
        (run.exit, run.codes().len(), run.notes().len()),
        (0, 0, 1),
        "{}",
        run.report
    );
    assert_eq!(run.report["summary"]["judged"], 1);
}

/// Nothing sends them, and if somebody does, they pass as they are.
#[test]
fn a_review_of_the_other_operator_passes_untouched() {
    let options = Options::at(support::now());
    let webhook = webhook(&options, &Inventory::default());
    let object = json!({
        "apiVersion": "neo4j.com/v1", "kind": "Neo4jBackup", "metadata": {"name": "nightly", "namespace": "graph"},
        "spec": {"schedule": "nonsense", "storage": {"type": "s3"}},
    });
    for reply in [
        webhook.validate_bytes(&review(&object)),
        webhook.mutate_bytes(&review(&object)),
    ] {
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        let response = &answer["response"];
        assert_eq!(response["allowed"], true, "{response}");
        assert!(
            response["warnings"].is_null() && response["patch"].is_null(),
            "{response}"
        );
    }
}

/// The groups that a text names in any list of `apiGroups`.
fn groups(text: &str) -> Vec<String> {
    let lines = text
        .lines()
        .filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("apiGroups: ["));
    let lists = lines.map(|line| line.trim_end().trim_end_matches(']'));
    let mut groups: Vec<String> = lists
        .flat_map(|list| list.split(','))
        .map(|group| group.trim().trim_matches('"').to_owned())
        .collect();
    groups.sort();
    groups.dedup();
    groups
}

#[test]
fn policies_match_the_groups_whose_kinds_have_tables_and_no_other_operator_s() {
    let ours = Group::Neo4jNeo4jCom.name();
    assert_eq!(groups(&manifest::guard()), [ours]);
    assert_eq!(groups(&manifest::rules(&manifest::Choice::default())), [ours]);
    // The defaults also label the pods of Jobs and annotate the accounts that they run as.
    assert_eq!(groups(&manifest::defaults(None)), ["", "batch", ours]);
}

#[test]
fn the_webhook_is_registered_for_no_group_of_another_operator() {
    let chart = root().join("charts/neo4jbackup-webhook/templates");
    let configurations = fs::read_to_string(chart.join("_configurations.tpl")).unwrap();
    assert_eq!(groups(&configurations), ["", "batch", Group::Neo4jNeo4jCom.name()]);
    // Nor may it read their objects.
    let rights = groups(&fs::read_to_string(chart.join("rbac.yaml")).unwrap());
    assert!(
        !rights.iter().any(|group| group == Group::Neo4jCom.name()),
        "{rights:?}"
    );
}
