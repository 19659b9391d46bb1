//! Manifests that exist: the operator's own examples and documents, and what the operator said of objects it was given.
//!
//! They are read where they lie, and the tests say so when they are not there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use neo4jbackup_core::facts::{Coverage, Inventory, Need};
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::lint::{self, Options};
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::shared;
use serde_json::Value;

use crate::support;

/// The codes of the errors of each object that has any, by its name.
fn errors(text: &str, options: &Options, mut inventory: Inventory) -> BTreeMap<String, BTreeSet<&'static str>> {
    let file = lint::read(text, &options.limits);
    lint::collect(&file, options, &mut inventory);
    let mut errors: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for located in lint::judge(&file, &inventory, options).findings {
        if located.finding.severity == Severity::Error {
            let name = located
                .finding
                .object
                .map_or_else(|| "-".to_owned(), |object| object.name.clone());
            errors.entry(name).or_default().insert(located.finding.code);
        }
    }
    errors
}

fn options(era: Option<Era>) -> Options {
    let mut options = Options::at(support::now());
    options.operator = era.map(Operator::of_era);
    options
}

fn alone() -> Inventory {
    Inventory::partial("it is not among the linted files")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// The fenced blocks of a Markdown text, and the here-documents within them.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if !line.trim_start().starts_with("```") {
            continue;
        }
        let body: Vec<&str> = lines
            .by_ref()
            .take_while(|line| !line.trim_start().starts_with("```"))
            .collect();
        for (start, _) in body.iter().enumerate().filter(|(_, line)| line.contains("<<")) {
            let rest = body[start + 1..].iter().take_while(|line| line.trim() != "EOF");
            blocks.push(rest.copied().collect::<Vec<_>>().join("\n"));
        }
        blocks.push(body.join("\n"));
    }
    blocks
}

#[test]
fn every_manifest_and_every_document_is_judged_by_every_dialect() {
    let (Some(manifests), Some(seeds)) = (shared("upstream/manifests"), shared("seeds")) else {
        return;
    };
    let mut texts: Vec<String> = Vec::new();
    for folder in files(&manifests) {
        texts.extend(files(&folder).iter().map(|file| fs::read_to_string(file).unwrap()));
    }
    for file in files(&seeds)
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "md"))
    {
        texts.extend(blocks(&fs::read_to_string(file).unwrap()));
    }
    assert!(texts.len() > 100, "only {} texts were found", texts.len());
    for text in &texts {
        for era in [None].into_iter().chain(Era::ALL.map(Some)) {
            errors(text, &options(era), alone());
        }
    }
}

/// The objects that lint calls wrong in the examples and documents of operator 1.14 and of the version after it. Every
/// other object in those files is clean, or only warned of.
const EXPECTED: &[(&str, &str, &str, &[&str])] = &[
    // An absolute `backupPath` below a cloud path names `…//backup/…`, which no backup writes: the defect for which the
    // shipped `restore-pitr-basic.yaml` is rejected as well. The operator finds out after it has stopped the database.
    (
        "F",
        "docs-user-guide-guides-backup-restore-md-L1225.yaml",
        "pitr-storage-restore",
        &["NB7003"],
    ),
    // Two fragments of a guide, without a name, an instance and a scope; the account number of the first has nine digits.
    (
        "F",
        "docs-user-guide-troubleshooting-backup-restore-md-L115.yaml",
        "",
        &["NB1007", "NB1008", "NB3005"],
    ),
    (
        "F",
        "docs-user-guide-troubleshooting-backup-restore-md-L179.yaml",
        "",
        &["NB1007", "NB1008"],
    ),
    // Not here: the fragment of a design page without an apiVersion, which is no object of the operator yet.
];

#[test]
fn errors_in_the_operator_s_examples_are_those_that_it_rejects_itself() {
    let Some(manifests) = shared("upstream/manifests") else {
        return;
    };
    let mut found: BTreeSet<(String, String, String, Vec<&'static str>)> = BTreeSet::new();
    for (folder, era) in [("F", Era::V1_14), ("G", Era::V1_15)] {
        for file in files(&manifests.join(folder)) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&file).unwrap();
            for (object, codes) in errors(&text, &options(Some(era)), alone()) {
                found.insert((folder.to_owned(), name.clone(), object, codes.into_iter().collect()));
            }
        }
    }
    let expected = EXPECTED.iter().map(|(folder, file, object, codes)| {
        (
            (*folder).to_owned(),
            (*file).to_owned(),
            (*object).to_owned(),
            codes.to_vec(),
        )
    });
    assert_eq!(found, expected.collect());
}

/// The file alone does not show that its target is a cluster, and its backup one of all databases.
#[test]
fn what_only_other_objects_show_is_an_error_once_they_are_there() {
    let name = "upstream/manifests/F/examples-backup-restore-restore-overwrite-yaml-L1.yaml";
    let Some(file) = shared(name) else { return };
    let text = fs::read_to_string(file).unwrap();
    let options = options(Some(Era::V1_14));
    let others = r#"{"apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jEnterpriseCluster",
         "metadata": {"name": "my-neo4j-cluster"},
         "spec": {"image": {"repo": "neo4j", "tag": "5.26.0-enterprise"}, "topology": {"servers": 3}}}
        {"apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "metadata": {"name": "full-backup"},
         "spec": {"instanceRef": "my-neo4j-cluster", "allDatabases": true,
                  "storage": {"type": "pvc", "pvc": {"name": "backups"}}}}"#;
    assert!(errors(&text, &options, alone()).is_empty());
    let mut inventory = alone();
    lint::collect(&lint::read(others, &options.limits), &options, &mut inventory);
    let found = errors(&text, &options, inventory);
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [("restore-orders".to_owned(), BTreeSet::from(["NB8012"]))]
    );
}

#[test]
fn verdicts_agree_with_the_operator() {
    let Some(folder) = shared("recordings/v-backup") else {
        return;
    };
    let summary: Value = serde_json::from_str(&fs::read_to_string(folder.join("summary.json")).unwrap()).unwrap();
    let instances: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("neo4jenterprisestandalones.json")).unwrap()).unwrap();
    let mut options = options(Some(Era::V1_14));
    options.namespace = summary["namespace"].as_str().unwrap().to_owned();
    let mut inventory = alone();
    for need in [Need::Instance, Need::Backups, Need::ShardedDatabases] {
        inventory.set_coverage(need, Coverage::Full);
    }
    for instance in instances["items"].as_array().unwrap() {
        let text = instance.to_string();
        lint::collect(&lint::read(&text, &options.limits), &options, &mut inventory);
    }
    let objects = summary["objects"].as_array().unwrap();
    let mut judged = 0;
    let mut wrong = Vec::new();
    for applied in summary["applied"].as_array().unwrap() {
        let id = applied["obj"].as_str().unwrap();
        let Some(name) = id.strip_prefix("Neo4jBackup/") else {
            continue;
        };
        let object = objects.iter().find(|object| object["obj"] == id);
        let phase = object.map_or("", |object| object["phase"].as_str().unwrap_or_default());
        // What kubectl alone refused was sent again without its validation, so only what is not stored counts as refused.
        let was_refused = object.is_none() || matches!(phase, "Invalid" | "Failed");
        let errors = errors(applied["manifest"].as_str().unwrap(), &options, inventory.clone());
        judged += 1;
        if errors.contains_key(name) != was_refused {
            wrong.push(format!("{name}: refused: {was_refused} ({phase}), errors: {errors:?}"));
        }
    }
    assert!(judged > 40, "only {judged} objects were recorded");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
