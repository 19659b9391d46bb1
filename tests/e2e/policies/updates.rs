//! Updates: the policies deny what the engine denies, and nothing when the fields that a rule reads mean what they meant.

use std::collections::BTreeSet;

use neo4jbackup_harness::report_progress;
use serde_json::json;

use super::equality::{Said, findings, said, texts};
use super::objects::{Mutations, of_fixtures, prepared};
use super::policed::Policed;

#[test]
fn updates_are_denied_as_the_engine_denies_them() {
    let policed = Policed::warning();
    let mut client = policed.client();
    let originals = of_fixtures();
    let mut mutations = Mutations::new(&originals, 0x7570_6461);
    let (mut stored, mut denied, mut ratcheted) = (0, 0, 0);
    let wanted = if super::is_long() { 1500 } else { 120 };
    for number in 0.. {
        if stored == wanted {
            break;
        }
        let mut object = prepared(mutations.next(), policed.version, number);
        object["metadata"]["name"] = json!(format!("updated-{number}"));
        let kind = object["kind"].as_str().unwrap().to_owned();
        let path = policed.path("default", &kind);
        let answer = client.send("POST", &path, &object);
        if answer.status != 201 || !object["spec"].is_object() {
            continue;
        }
        stored += 1;
        let old = answer.body;
        let path = format!("{path}/updated-{number}?dryRun=All&fieldValidation=Ignore");
        let mut labelled = old.clone();
        labelled["metadata"]["labels"] = json!({"touched": "true"});
        let mut rewritten = old.clone();
        rewritten["spec"]["suspend"] = json!(false);
        let changed = mutations.changed(old.clone());
        for new in [labelled, rewritten, changed] {
            let answer = client.send("PUT", &path, &new);
            if answer.status != 200 {
                continue;
            }
            let findings = findings(&answer.body, Some(&old));
            let from_engine: Said = findings.iter().filter(|finding| finding.denies()).map(said).collect();
            let texts = texts(&answer.warnings);
            let from_policies: Said = texts.into_keys().filter(|(.., denies)| *denies).collect();
            assert_eq!(
                from_policies, from_engine,
                "{:#}\n{:#}",
                old["spec"], answer.body["spec"]
            );
            denied += from_engine.len();
            ratcheted += findings.iter().filter(|finding| finding.ratcheted).count();
        }
    }
    report_progress(&format!(
        "{stored} objects updated: {denied} denials, {ratcheted} passed because nothing changed"
    ));
    assert!(denied > stored / 10 && ratcheted > stored / 10);
}

/// What the operator was seen to write when it adds its finalizer.
#[test]
fn what_the_operator_rewrites_is_no_change() {
    let policed = Policed::warning();
    let mut client = policed.client();
    // Each is wrong in a field that the operator writes in another form.
    let limits = |memory: &str| json!({"resources": {"limits": {"memory": memory}}});
    let backup = json!({
        "instanceRef": "catalog", "allDatabases": true, "suspend": false, "options": limits("-1024Mi"),
        "storage": {"type": "s3", "path": "", "cloud": {"provider": "gcp", "forcePathStyle": false, "identity": {"provider": "gcp"}}},
    });
    let rewritten = json!({
        "instanceRef": "catalog", "allDatabases": true, "options": limits("-1Gi"),
        "storage": {"type": "s3", "cloud": {"provider": "gcp", "identity": {"provider": "gcp"}}},
    });
    let restore = |time: &str| json!({"source": {"type": "backup", "backupRef": "nightly", "pointInTime": time}});
    let cases = [
        (
            "Neo4jBackup",
            backup,
            rewritten,
            ["NB3001", "NB7001", "NB7006"].as_slice(),
        ),
        (
            "Neo4jRestore",
            restore("2026-11-21T09:38:30.5+02:00"),
            restore("2026-11-21T07:38:30Z"),
            ["NB1007"].as_slice(),
        ),
    ];
    for (kind, first, second, codes) in cases {
        let object = json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": kind, "metadata": {"name": "rewritten"}, "spec": first,
        });
        let path = policed.path("default", kind);
        let created = client.send("POST", &path, &object);
        assert_eq!(created.status, 201, "{created:?}");
        let said: BTreeSet<String> = denials(&created.warnings);
        assert_eq!(
            said,
            codes.iter().map(|code| (*code).to_owned()).collect(),
            "{:#?}",
            created.warnings
        );
        let mut update = created.body;
        update["spec"] = second;
        let updated = client.send("PUT", &format!("{path}/rewritten"), &update);
        assert_eq!(updated.status, 200, "{updated:?}");
        assert_eq!(denials(&updated.warnings), BTreeSet::new(), "{:#?}", updated.warnings);
    }
}

fn denials(warnings: &[String]) -> BTreeSet<String> {
    let said = texts(warnings).into_keys();
    said.filter(|(.., denies)| *denies).map(|(code, ..)| code).collect()
}
