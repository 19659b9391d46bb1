//! What a finding rests on beside its own field, and what could not be known, as programs and people get it.

use serde_json::Value;

use crate::support::Sandbox;

/// Two backups of one instance that start in the same minute.
const OVERLAP: &str = "\
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata:
  name: nightly
spec:
  instanceRef: prod
  allDatabases: true
  schedule: \"0 2 * * *\"
  storage: {type: pvc, pvc: {name: backups}}
---
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata:
  name: sales
  namespace: default # as the other, which does not say
spec:
  instanceRef: prod
  database: sales
  schedule: \"0 2 * * 1\"
  storage: {type: pvc, pvc: {name: sales}}
";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_place_in_another_document_is_in_every_format_that_has_room_for_it() {
    let sandbox = Sandbox::with(OVERLAP);
    let run = |format: &str| {
        sandbox
            .run(&["lint", "backup.yaml", "--only", "NB5004", "-o", format])
            .stdout
    };
    let finding = &json(&run("json"))["findings"][0];
    assert_eq!(finding["object"]["name"], "nightly");
    let related = &finding["related"][0];
    assert_eq!(related["object"]["kind"], "Neo4jBackup");
    assert_eq!(related["object"]["name"], "sales");
    assert_eq!(related["field"], "spec.schedule");
    assert_eq!(related["location"]["line"], 19);
    assert_eq!(related["text"], finding["evidence"][0]);
    let sarif = json(&run("sarif"));
    let place = &sarif["runs"][0]["results"][0]["relatedLocations"][0];
    assert_eq!(place["physicalLocation"]["region"]["startLine"], 19);
    assert_eq!(
        place["logicalLocations"][0]["fullyQualifiedName"],
        "Neo4jBackup/default/sales spec.schedule"
    );
    let text = run("text");
    assert!(text.contains("(backup.yaml:19:13)"), "{text}");
}

#[test]
fn another_field_of_the_same_object_is_related() {
    let both = OVERLAP
        .split("---")
        .next()
        .unwrap()
        .replace("  allDatabases: true\n", "  allDatabases: true\n  database: sales\n");
    let sandbox = Sandbox::with(&both);
    let report = json(
        &sandbox
            .run(&["lint", "backup.yaml", "--only", "NB1008", "-o", "json"])
            .stdout,
    );
    let related = &report["findings"][0]["related"][0];
    assert_eq!(related["object"], Value::Null);
    assert_eq!(related["field"], "spec.database");
    assert_eq!(related["location"]["line"], 8);
}

#[test]
fn what_could_not_be_known_is_data() {
    let sandbox = Sandbox::with(OVERLAP);
    let report = json(
        &sandbox
            .run(&["lint", "backup.yaml", "--only", "NB2001", "-o", "json"])
            .stdout,
    );
    let skipped = &report["skipped"][0];
    assert_eq!(skipped["need"], "instance");
    assert_eq!(skipped["causes"][0]["kind"], "notAsked");
    assert_eq!(skipped["causes"][0]["right"], Value::Null);
    let reason = skipped["reason"].as_str().unwrap();
    let cause = skipped["causes"][0]["text"].as_str().unwrap();
    assert_eq!(reason, format!("whether the instance `prod` exists: {cause}"));
}
