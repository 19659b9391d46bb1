//! What the policies cost: types, the budget of their expressions on the largest objects, and the time that they take.

use std::time::{Duration, Instant};

use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::{Answer, report_progress};
use serde_json::{Value, json};

use super::policed::{Actions, Policed};

/// A little less than the API server stores of one object.
const LARGEST: usize = 1_400_000;

#[test]
fn the_largest_objects_are_judged_within_the_budget() {
    let policed = Policed::rendered(Era::V1_14, Actions::Warn);
    let mut client = policed.client();
    let mut took_judged = Vec::new();
    for (name, code, kind, object) in largest() {
        let start = Instant::now();
        let answer: Answer = policed.create(&mut client, kind, &object);
        took_judged.push(start.elapsed());
        assert_eq!(answer.status, 201, "{name}: {}", answer.body["message"]);
        // What an expression could not do would be told in other words.
        let said = answer.warnings.join("\n");
        let in_words = |warning: &String| warning.contains("[NB") || warning.chars().count() == 256;
        assert!(answer.warnings.iter().all(in_words), "{name}: {said}");
        assert!(
            !said.contains("budget") && !said.contains("failed expression"),
            "{name}: {said}"
        );
        assert!(
            code.is_empty() || said.contains(code),
            "{name} is not refused as {code}: {said}"
        );
    }
    policed.remove_policies(&mut client);
    for ((name, _, kind, object), judged) in largest().into_iter().zip(took_judged) {
        let start = Instant::now();
        policed.create(&mut client, kind, &object);
        let alone = start.elapsed();
        report_progress(&format!(
            "{name}, {} bytes: {judged:?} with the policies, {alone:?} without",
            object.to_string().len()
        ));
        // Generous, because other programs share the machine.
        assert!(
            judged < alone * 5 + Duration::from_secs(5),
            "{name} took {judged:?}, not {alone:?}"
        );
    }
}

type Large = (&'static str, &'static str, &'static str, Value);

/// Objects with something in them that is as large as the API server takes: what it is, the rule that must still see it,
/// the kind, the object.
fn largest() -> Vec<Large> {
    let object = |(name, code, spec): (&'static str, &'static str, Value)| {
        let is_restore = spec["source"].is_object();
        let kind = if is_restore { "Neo4jRestore" } else { "Neo4jBackup" };
        let object = json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": kind, "metadata": {"name": "large"}, "spec": spec,
        });
        (name, code, kind, object)
    };
    largest_specs().into_iter().map(object).collect()
}

fn largest_specs() -> Vec<(&'static str, &'static str, Value)> {
    let long = |start: &str, end: &str| format!("{start}{}{end}", "x".repeat(LARGEST));
    let backup = |change: &dyn Fn(&mut Value)| {
        let mut spec = json!({
            "instanceRef": "catalog", "allDatabases": true,
            "storage": {"type": "s3", "bucket": "acme-backups", "cloud": {"provider": "aws"}},
        });
        change(&mut spec);
        spec
    };
    let annotated = |key: &str, value: String| {
        backup(&|spec| {
            spec["storage"]["cloud"]["identity"] =
                json!({"provider": "aws", "autoCreate": {"annotations": {key: value.clone()}}});
        })
    };
    let fields = [
        "1-2/3,".repeat(160).trim_end_matches(',').to_owned(),
        "* * * 9-8".to_owned(),
    ]
    .join(" ");
    let many: Vec<String> = (0..LARGEST / 8).map(|_| "-x=y".to_owned()).collect();
    let resources: Value = (0..LARGEST / 24)
        .map(|number| (format!("example.com/r{number}"), json!("1")))
        .collect();
    vec![
        (
            "a schedule of 1 KiB",
            "[NB5001]",
            backup(&|spec| spec["schedule"] = json!(fields)),
        ),
        (
            "a schedule of 1 MiB",
            "",
            backup(&|spec| spec["schedule"] = json!("1,".repeat(LARGEST / 2) + " * * * *")),
        ),
        (
            "a bucket",
            "[NB7002]",
            backup(&|spec| spec["storage"]["bucket"] = json!(long("a", "b"))),
        ),
        (
            "a path",
            "[NB7003]",
            backup(&|spec| spec["storage"]["path"] = json!("/".repeat(LARGEST))),
        ),
        (
            "a path with a character",
            "[NB7004]",
            backup(&|spec| spec["storage"]["path"] = json!(long("?", ""))),
        ),
        (
            "a retention",
            "",
            backup(&|spec| spec["retention"] = json!({"maxCount": 1})),
        ),
        (
            "a role",
            "[NB3005]",
            annotated(
                "eks.amazonaws.com/role-arn",
                long("arn:aws:iam::123456789012:role/", ""),
            ),
        ),
        (
            "a service account",
            "[NB3006]",
            annotated(
                "iam.gke.io/gcp-service-account",
                long("backup@", ".iam.gserviceaccount.com"),
            ),
        ),
        (
            "a client id",
            "[NB3007]",
            annotated("azure.workload.identity/client-id", long("", "")),
        ),
        (
            "a size",
            "[NB7006]",
            backup(&|spec| {
                spec["storage"] = json!({"type": "pvc", "pvc": {"name": "backups", "size": long("1GB", "")}});
            }),
        ),
        (
            "arguments",
            "",
            backup(&|spec| spec["options"] = json!({"additionalArgs": many})),
        ),
        (
            "resources",
            "",
            backup(&|spec| spec["options"] = json!({"resources": {"limits": resources}})),
        ),
        ("a restore", "[NB7002]", large_restore()),
    ]
}

fn large_restore() -> Value {
    json!({
        "instanceRef": "catalog", "database": "neo4j", "timeout": "1".repeat(LARGEST / 2) + "h",
        "source": {"type": "pitr", "pointInTime": "2025-01-15T14:30:00.".to_owned() + &"0".repeat(LARGEST / 4) + "Z", "pitr": {
            "baseBackup": {"type": "storage", "backupPath": "/".repeat(LARGEST / 8), "storage": {"type": "gcs", "bucket": "/".repeat(LARGEST / 8)}},
        }},
    })
}

#[test]
fn the_types_of_all_expressions_fit() {
    let policed = Policed::with_types_checked(Era::V1_14);
    let mut client = policed.client();
    let path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
    let checked = neo4jbackup_harness::await_something("the type check", || {
        let policies = client.send("GET", path, &json!(null)).body;
        let items = policies["items"].as_array().cloned().unwrap_or_default();
        let unchecked = items
            .iter()
            .filter(|item| !item["status"]["typeChecking"].is_object())
            .count();
        if unchecked == 0 && !items.is_empty() {
            Ok(items)
        } else {
            Err(format!("{unchecked} are not checked"))
        }
    });
    for policy in checked {
        assert_eq!(
            policy["status"]["typeChecking"],
            json!({}),
            "{}",
            policy["metadata"]["name"]
        );
    }
}
