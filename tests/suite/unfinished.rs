//! Nothing is said of an unfinished manifest that is wrong about a finished one.

use std::collections::BTreeSet;

use neo4jbackup_core::document::Path;
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::lint::{self, FileOutcome};
use neo4jbackup_core::registry;
use neo4jbackup_core::schema::Kind;
use neo4jbackup_core::unknown::Unknown;
use neo4jbackup_core::values::placeholder::Notation;
use neo4jbackup_tests::fixture::{self, Case};
use serde_json::Value;

use crate::{rules, support};

/// The objects of the operator's kinds in the cases that files have, each with its case.
fn objects() -> Vec<(String, Case, Value)> {
    let mut objects = Vec::new();
    for fixture in fixture::all() {
        for case in fixture.cases {
            if case.attribute("door").is_some() || case.attribute("inventory").is_some() {
                continue;
            }
            let options = rules::options(&case);
            for document in lint::read(&case.manifest, &options.limits).documents {
                // A text that is no YAML is another matter, and its tree is not the text.
                if Kind::of(&document.root).is_some() && document.problems.is_empty() {
                    let object = serde_json::to_value(&document.root).unwrap();
                    objects.push((format!("{} «{}»", fixture.rule, case.title), case.clone(), object));
                }
            }
        }
    }
    objects
}

fn judge(case: &Case, object: &Value, is_patch: bool) -> FileOutcome {
    let options = rules::options(case);
    let text = object.to_string();
    let mut file = lint::read(&text, &options.limits);
    file.is_patch = is_patch;
    let inventory = rules::inventory(case, &file, &options);
    lint::judge(&file, &inventory, &options)
}

fn findings(outcome: &FileOutcome) -> BTreeSet<(&'static str, Path, String)> {
    let findings = outcome.findings.iter().map(|located| &located.finding);
    let findings = findings.filter(|finding| finding.severity > Severity::Info);
    findings
        .map(|finding| (finding.code, finding.path.clone(), finding.message.clone()))
        .collect()
}

/// The JSON pointers of all values below `spec`, blocks and lists included.
fn pointers(value: &Value, pointer: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let pointer = format!("{pointer}/{key}");
        found.push(pointer.clone());
        pointers(child, &pointer, found);
    }
}

/// Judges every object of the fixtures with each of its values changed by `change`, which says whether it did, and fails
/// where that brings a finding that the object as it was does not have.
fn assert_nothing_new(is_patch: bool, change: impl Fn(&mut Value, &str) -> bool) {
    let (mut variants, mut wrong) = (0, Vec::new());
    for (name, case, object) in objects() {
        let before = findings(&judge(&case, &object, false));
        let is_old = |code: &str, path: &Path| before.iter().any(|(old, place, _)| *old == code && place == path);
        let mut all = Vec::new();
        pointers(&object["spec"], "/spec", &mut all);
        for pointer in all {
            let mut variant = object.clone();
            if !change(&mut variant, &pointer) {
                continue;
            }
            variants += 1;
            let after = findings(&judge(&case, &variant, is_patch));
            let new: Vec<_> = after.iter().filter(|(code, path, _)| !is_old(code, path)).collect();
            if !new.is_empty() {
                wrong.push(format!("{name}: {pointer}: {new:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{} of {variants}", wrong.join("\n"), wrong.len());
    assert!(variants > 3_000, "only {variants} variants");
}

#[test]
fn a_placeholder_in_a_field_brings_no_finding() {
    assert_nothing_new(false, |object, pointer| {
        let value = object.pointer_mut(pointer).unwrap();
        let is_scalar = !value.is_object() && !value.is_array();
        if is_scalar {
            *value = Value::from("${PLACEHOLDER}");
        }
        is_scalar
    });
}

#[test]
fn what_a_patch_leaves_out_brings_no_finding() {
    assert_nothing_new(true, |object, pointer| {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let fields = object.pointer_mut(parent).and_then(Value::as_object_mut);
        let key = key.replace("~1", "/").replace("~0", "~");
        fields.is_some_and(|fields| fields.remove(&key).is_some())
    });
}

#[test]
fn a_rule_whose_fields_are_all_there_speaks_of_a_patch() {
    let manifest =
        "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {name: a}\nspec: {schedule: 61 2 * * *}\n";
    let options = lint::Options::at(support::now());
    let mut file = lint::read(manifest, &options.limits);
    file.is_patch = true;
    let inventory = neo4jbackup_core::facts::Inventory::partial("it is not among the linted files");
    let outcome = lint::judge(&file, &inventory, &options);
    let codes: Vec<&str> = outcome.findings.iter().map(|located| located.finding.code).collect();
    assert_eq!(codes, ["NB5001"]);
    assert_eq!(outcome.skipped, []);
}

#[test]
fn no_rule_but_those_of_the_schema_reads_everything() {
    let object = lint::read("spec: {storage: '${X}'}", &lint::Options::at(support::now()).limits);
    let object = &object.documents[0].root;
    let unknown = Unknown::of(object, false, Notation::Manifest);
    let certain = registry::all().iter().map(|rule| rule.meta()).filter(|meta| {
        let below = |read: &&str| read.starts_with("spec.storage");
        meta.reads.iter().any(below) && !unknown.hides_rule(meta, object)
    });
    assert_eq!(certain.map(|meta| meta.code).collect::<Vec<_>>(), [""; 0]);
}
