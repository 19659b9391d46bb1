//! Thousands of mutants of real backups, each with the verdict of the operator's own validator and of its CRD.
//!
//! An object that either of them refuses gets an error of ours, and one that both take gets none. They are read where they
//! lie, and the test says so when they are not there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::fix::FixKind;
use neo4jbackup_core::lint::{self, FileOutcome, Located, Options};
use neo4jbackup_core::values::placeholder::Notation;
use neo4jbackup_harness::shared;
use serde_json::Value;

use crate::support;

/// The files, each with the version of the operator by which its objects are judged.
const VERSIONS: [(&str, &str); 4] = [("1.12", "1.12"), ("1.13", "1.13"), ("1.14", "1.14"), ("main", "1.15")];

/// Findings about what the operator's validator takes, by code and field, each with the reason why they are right.
const GAPS: &[(&str, &str, &str)] = &[
    (
        "NB1009",
        "metadata.name",
        "the API server refuses a Job whose pods would carry a label of more than 63 characters",
    ),
    (
        "NB1014",
        "metadata.name",
        "the API server stores no object with such a name",
    ),
    ("NB1016", "spec.allDatabases", REPLICATION),
    ("NB1016", "spec.shardedDatabase", REPLICATION),
    ("NB1016", "spec.retention", REPLICATION),
    (
        "NB2007",
        "spec.options.backupType",
        "neo4j-admin takes no differential backup where there is no full one",
    ),
    ("NB5003", "spec.schedule", "no calendar has the day"),
    (
        "NB7002",
        "spec.storage.bucket",
        "the validator looks at characters only, and no store has a bucket of that name",
    ),
    (
        "NB7006",
        "spec.storage.pvc.size",
        "the operator panics, or the API server refuses the volume claim, when it is made",
    ),
];

const REPLICATION: &str = "the operator refuses it in a check of its own, after that of the validator";

/// One mutant with the verdicts.
struct Vector {
    /// `1.12.jsonl:7`.
    place: String,
    operator: &'static str,
    object: Value,
    /// What the validator, or else the CRD, refuses.
    refused: Vec<String>,
    /// Fields that the CRD does not have.
    dropped: Vec<String>,
    is_refused: bool,
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// Every mutant; `None` when the folder is not there.
fn vectors() -> Option<Vec<Vector>> {
    let folder = shared("vectors/validator")?;
    let mut vectors = Vec::new();
    for (name, operator) in VERSIONS {
        let file = format!("{name}.jsonl");
        let text = fs::read_to_string(folder.join(&file)).unwrap();
        for (index, line) in text.lines().enumerate() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let mut refused = texts(&line["schemaRefuses"]);
            let by_operator = line["operatorRefuses"].as_bool().unwrap();
            if by_operator {
                refused.extend(texts(&line["fields"]));
            }
            vectors.push(Vector {
                place: format!("{file}:{}", index + 1),
                operator,
                object: line["object"].take(),
                is_refused: by_operator || !texts(&line["schemaRefuses"]).is_empty(),
                dropped: texts(&line["dropped"]),
                refused,
            });
        }
    }
    Some(vectors)
}

/// Code and field of an error of ours, with what it says.
type Errors = BTreeMap<(&'static str, String), String>;

fn judge(text: &str, operator: &str) -> FileOutcome {
    let options = options(operator);
    let file = lint::read(text, &options.limits);
    lint::judge(&file, &inventory(&file, &options), &options)
}

fn options(operator: &str) -> Options {
    let mut options = Options::at(support::now());
    options.operator = Some(operator.parse().unwrap());
    options
}

fn inventory(file: &lint::File<'_>, options: &Options) -> Inventory {
    let mut inventory = Inventory::partial("it is not among the linted files");
    lint::collect(file, options, &mut inventory);
    inventory
}

fn errors(outcome: &FileOutcome) -> Errors {
    let findings = outcome.findings.iter().map(|located| &located.finding);
    let errors = findings.filter(|finding| finding.severity == Severity::Error);
    errors
        .map(|finding| ((finding.code, finding.path.to_string()), finding.sentence()))
        .collect()
}

#[test]
fn errors_are_where_the_operator_or_its_schema_refuses() {
    let Some(vectors) = vectors() else { return };
    assert!(vectors.len() > 2_000, "only {} mutants", vectors.len());
    let (mut missed, mut wronged) = (Vec::new(), Vec::new());
    let mut gaps = BTreeSet::new();
    for vector in &vectors {
        let errors = errors(&judge(&vector.object.to_string(), vector.operator));
        let spec = &vector.object["spec"];
        if vector.is_refused {
            if errors.is_empty() {
                missed.push(format!("{} {:?}\n    {spec}", vector.place, vector.refused));
            }
            continue;
        }
        for ((code, path), said) in errors {
            // A field that is dropped is refused by `kubectl apply`, which asks for strict validation.
            let is_dropped = matches!(code, "NB1003" | "NB1004") && !vector.dropped.is_empty();
            let gap = GAPS.iter().find(|(gap, field, _)| *gap == code && *field == path);
            if let Some((gap, field, _)) = gap {
                gaps.insert((gap, field));
            } else if !is_dropped {
                wronged.push(format!("{} {path}: {said}\n    {spec}", vector.place));
            }
        }
    }
    assert!(
        missed.is_empty() && wronged.is_empty(),
        "of {} mutants\n{} are refused and have no error of ours:\n{}\n{} errors of ours are of mutants that are taken:\n{}",
        vectors.len(),
        missed.len(),
        missed.join("\n"),
        wronged.len(),
        wronged.join("\n"),
    );
    for (code, field, _) in GAPS {
        assert!(
            gaps.contains(&(code, field)),
            "{code} at {field} calls nothing wrong that the validator takes: it is no gap any more"
        );
    }
}

#[test]
fn a_safe_fix_leaves_no_error_where_it_mends_and_brings_no_other() {
    let Some(vectors) = vectors() else { return };
    let (mut fixed, mut wrong) = (0, Vec::new());
    for Vector {
        place,
        operator,
        object,
        ..
    } in &vectors
    {
        let text = object.to_string();
        let before = judge(&text, operator);
        let is_safe = |located: &&Located| {
            let fix = located.finding.fix.as_ref();
            fix.is_some_and(|fix| fix.kind == FixKind::Safe)
        };
        let mended: Vec<_> = before.findings.iter().filter(is_safe).collect();
        if mended.is_empty() {
            continue;
        }
        fixed += 1;
        let options = options(operator);
        let judge_file = |file: &lint::File<'_>| lint::judge(file, &inventory(file, &options), &options);
        let after = lint::text::fix(
            &text,
            FixKind::Safe,
            (false, Notation::Manifest),
            &options.limits,
            judge_file,
        )
        .text;
        let outcome = judge(&after, operator);
        let (old, new) = (errors(&before), errors(&outcome));
        for located in mended {
            let is_same = |other: &Located| {
                other.finding.code == located.finding.code && other.finding.path == located.finding.path
            };
            if outcome.findings.iter().any(is_same) {
                wrong.push(format!(
                    "{place} {}: is still there\n    {after}",
                    located.finding.sentence()
                ));
            }
        }
        // What was mended may have hidden another mistake of the same value, but there are never more than before, and the
        // schema finds nothing that it did not find.
        let of_schema = |code: &str| ("NB1003"..="NB1007").contains(&code);
        let brought = new.iter().filter(|(key, _)| !old.contains_key(key));
        for (key, said) in brought.filter(|(key, _)| new.len() > old.len() || of_schema(key.0)) {
            wrong.push(format!("{place} {}: {said}: is new\n    {after}", key.1));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(fixed > 30, "only {fixed} mutants have something to fix");
}
