//! The guard's expressions: their types, and their cost on objects as large as the API server stores.

use neo4jbackup_harness::{await_something, report_progress};
use serde_json::{Value, json};

use super::guarded::{Guarded, manifest};
use super::places::Place;
use super::with_each_crds;

with_each_crds!(
    the_types_of_all_expressions_fit,
    the_largest_objects_are_judged_within_the_budget,
    more_entries_than_can_be_judged_are_refused_in_words,
);

/// The API server checks types only where versions are named, so a copy without a binding names them.
fn the_types_of_all_expressions_fit(guarded: &'static Guarded) {
    let manifest = manifest();
    let (policy, _binding) = manifest.split_once("\n---\n").unwrap();
    let copy = policy
        .replace("name: neo4jbackup-guard", "name: neo4jbackup-guard-typed")
        .replace(r#"apiVersions: ["*"]"#, "apiVersions: [v1beta1]");
    guarded.control_plane.apply_yaml(&copy).unwrap();
    for name in ["neo4jbackup-guard", "neo4jbackup-guard-typed"] {
        let status = await_something("the type check", || {
            let arguments = ["get", "validatingadmissionpolicies", name, "--output=json"];
            let answer = guarded.must("default", &arguments, "");
            let object: Value = serde_json::from_str(&answer.stdout).unwrap();
            let status = object["status"].clone();
            if status["typeChecking"].is_object() {
                Ok(status)
            } else {
                Err(answer.stdout)
            }
        });
        assert_eq!(status["typeChecking"], json!({}), "{name}");
    }
}

const MEBIBYTE: usize = 1 << 20;

fn the_largest_objects_are_judged_within_the_budget(guarded: &'static Guarded) {
    let long = |start: &str, end: &str| json!(format!("{start}{}{end}", "0".repeat(MEBIBYTE - 1000)));
    let judge = |place: Place, value: &Value| {
        let object = place.object("large", value).to_string();
        report_progress(&format!("{place:?}: {} bytes", object.len()));
        let arguments = ["create", "--dry-run=server", "--validate=false", "-f", "-"];
        guarded.kubectl("default", &arguments, &object)
    };
    let good = judge(Place::PointInTime, &long("2025-01-15T14:30:00.", "Z"));
    assert!(good.success(), "{good:?}");
    let poison = judge(Place::PointInTime, &long("2025-01-15T14:30:00.", "z"));
    assert!(poison.stderr.contains("[NB8001]"), "{poison:?}");
    for place in [Place::BackupLimits, Place::BeforeRestore] {
        let good = judge(place, &long("1", "e3"));
        assert!(good.success(), "{good:?}");
        let poison = judge(place, &long("1", "e1.5"));
        assert!(poison.stderr.contains("[NB7006]"), "{poison:?}");
    }
    for (poison, is_good) in [("1", true), ("1e1.5", false)] {
        let object = with_variables(neo4jbackup_policies::guard::MOST_ENTRIES, poison);
        let answer = guarded.kubectl(
            "default",
            &["create", "--dry-run=server", "-f", "-"],
            &object.to_string(),
        );
        assert_eq!(answer.success(), is_good, "{answer:?}");
        assert_eq!(answer.stderr.contains("[name=LAST]"), !is_good, "{answer:?}");
    }
}

fn more_entries_than_can_be_judged_are_refused_in_words(guarded: &'static Guarded) {
    let object = with_variables(neo4jbackup_policies::guard::MOST_ENTRIES + 1, "1");
    let answer = guarded.kubectl(
        "default",
        &["create", "--dry-run=server", "-f", "-"],
        &object.to_string(),
    );
    assert!(answer.stderr.contains("more than 5000 entries"), "{answer:?}");
}

/// A restore with so many environment variables, filled up to a mebibyte, of which the last has the given divisor.
fn with_variables(count: usize, last: &str) -> Value {
    let variable = |name: &str, divisor: &str| {
        json!({"name": name, "valueFrom": {"resourceFieldRef": {
            "resource": "limits.cpu", "divisor": divisor, "containerName": "x".repeat(MEBIBYTE / count - 110),
        }}})
    };
    let mut object = Place::BeforeRestore.object("many", &json!("1"));
    let mut variables = vec![variable("FIRST", "1e3"); count - 1];
    variables.push(variable("LAST", last));
    object["spec"]["options"]["preRestore"]["job"]["template"]["container"]["env"] = json!(variables);
    object
}
