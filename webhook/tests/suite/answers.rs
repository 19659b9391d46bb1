//! What is said of which review.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::settings::{Level, Mode, Settings};
use serde_json::{Value, json};

use crate::support::{
    app, app_with, backup_without_provider, bad_backup, causes, create, good_backup, mutate, review, update, validate,
};

fn settings(mode: Mode) -> Settings {
    Settings {
        mode,
        ..Settings::default()
    }
}

fn with_settings(settings: Settings) -> neo4jbackup_webhook::App {
    app_with(settings, neo4jbackup_webhook::no_references())
}

#[test]
fn a_new_object_with_a_bad_schedule_is_denied_in_words_that_stand_alone() {
    let response = validate(&app(), &create(&bad_backup()));
    assert_eq!(response["allowed"], false);
    let status = &response["status"];
    assert_eq!(
        (&status["code"], &status["reason"], &status["status"]),
        (&json!(422), &json!("Invalid"), &json!("Failure"))
    );
    let details = &status["details"];
    assert_eq!(
        (&details["group"], &details["kind"], &details["name"]),
        (&json!("neo4j.neo4j.com"), &json!("Neo4jBackup"), &json!("nightly"))
    );
    let causes = causes(&response);
    assert_eq!(causes.len(), 1);
    assert_eq!(causes[0].0, "spec.schedule");
    assert!(
        causes[0].1.contains("0 0 2 * * *") && causes[0].1.ends_with("[NB5001]"),
        "{}",
        causes[0].1
    );
    assert!(
        status["message"]
            .as_str()
            .unwrap()
            .starts_with("1 problem; first: spec.schedule: ")
    );
    assert_eq!(response["auditAnnotations"]["denied"], "NB5001");
    assert_eq!(response["auditAnnotations"]["mode"], "enforce");
}

#[test]
fn a_generated_name_stands_for_a_name_that_is_not_there_yet() {
    let mut backup = bad_backup();
    backup["metadata"] = json!({"generateName": "nightly-", "namespace": "graph"});
    assert_eq!(
        validate(&app(), &create(&backup))["status"]["details"]["name"],
        "nightly-"
    );
}

#[test]
fn an_update_is_denied_for_what_it_breaks_and_only_warned_for_what_it_leaves_alone() {
    let broken = validate(&app(), &update(&good_backup(), &bad_backup()));
    assert_eq!(broken["allowed"], false);

    let mut labelled = bad_backup();
    labelled["metadata"]["labels"] = json!({"team": "a"});
    labelled["spec"]["suspend"] = json!(true);
    let unchanged = validate(&app(), &update(&bad_backup(), &labelled));
    assert_eq!(unchanged["allowed"], true);
    assert!(
        unchanged["warnings"][0].as_str().unwrap().contains("[NB5001]"),
        "{unchanged}"
    );
    assert_eq!(unchanged["auditAnnotations"]["ratcheted"], "NB5001");

    let mut worse = bad_backup();
    worse["spec"]["schedule"] = json!("every day");
    assert_eq!(validate(&app(), &update(&bad_backup(), &worse))["allowed"], false);
}

#[test]
fn what_is_on_its_way_out_is_never_held_back() {
    let mut going = bad_backup();
    going["metadata"]["deletionTimestamp"] = json!("2026-11-21T11:59:00Z");
    going["metadata"]["finalizers"] = json!(["neo4j.com/backup-finalizer"]);
    let mut gone = going.clone();
    gone["metadata"]["finalizers"] = json!([]);
    gone["spec"]["schedule"] = json!("even worse");
    assert_eq!(validate(&app(), &update(&going, &gone))["allowed"], true);
    // Some clients drop what they do not know.
    gone["metadata"].as_object_mut().unwrap().remove("deletionTimestamp");
    assert_eq!(validate(&app(), &update(&going, &gone))["allowed"], true);
}

#[test]
fn an_operation_that_the_api_does_not_have_is_a_fault_and_no_denial() {
    let review = review("APPROVE", &bad_backup(), &Value::Null).to_string();
    for reply in [
        app().validate_bytes(review.as_bytes()),
        app().mutate_bytes(review.as_bytes()),
    ] {
        assert_eq!(reply.status.as_u16(), 400);
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(
            text.starts_with("the body is not an AdmissionReview") && !text.contains("APPROVE"),
            "{text}"
        );
    }
}

#[test]
fn there_is_no_opinion_on_deletions_subresources_and_other_kinds() {
    let silent = json!({"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": true});
    let mut reviews = vec![
        review("DELETE", &Value::Null, &bad_backup()),
        review("CONNECT", &bad_backup(), &Value::Null),
    ];
    for subresource in ["status", "finalizers", "scale"] {
        let mut review = update(&good_backup(), &bad_backup());
        review["request"]["subResource"] = json!(subresource);
        reviews.push(review);
    }
    for (key, value) in [("kind", "Neo4jPlugin"), ("kind", "neo4jbackup"), ("group", "neo4j.com")] {
        let mut review = create(&bad_backup());
        review["request"]["kind"][key] = json!(value);
        reviews.push(review);
    }
    for review in &reviews {
        assert_eq!(validate(&app(), review), silent, "{review}");
        assert_eq!(mutate(&app(), review), silent, "{review}");
    }
}

#[test]
fn modes_and_levels_decide_how_far_a_finding_reaches() {
    let warned = validate(&with_settings(settings(Mode::Warn)), &create(&bad_backup()));
    assert_eq!(
        (&warned["allowed"], &warned["auditAnnotations"]["mode"]),
        (&json!(true), &json!("warn"))
    );
    assert!(warned["warnings"][0].as_str().unwrap().contains("[NB5001]"));

    let audited = validate(&with_settings(settings(Mode::Audit)), &create(&bad_backup()));
    assert_eq!(
        (&audited["allowed"], &audited["auditAnnotations"]["audited"]),
        (&json!(true), &json!("NB5001"))
    );
    assert_eq!(audited.get("warnings"), None);

    let here = Settings {
        namespaces: BTreeMap::from([("graph".to_owned(), Mode::Warn)]),
        ..Settings::default()
    };
    assert_eq!(validate(&with_settings(here), &create(&bad_backup()))["allowed"], true);

    let relaxed = Settings {
        rules: BTreeMap::from([("NB5001".to_owned(), Level::Off)]),
        ..Settings::default()
    };
    let silent = validate(&with_settings(relaxed), &create(&bad_backup()));
    assert_eq!(
        (&silent["allowed"], silent.get("auditAnnotations")),
        (&json!(true), None)
    );
}

#[test]
fn settings_that_change_count_from_the_next_review_on() {
    let app = app();
    assert_eq!(validate(&app, &create(&bad_backup()))["allowed"], false);
    app.set_settings(settings(Mode::Warn));
    assert_eq!(validate(&app, &create(&bad_backup()))["allowed"], true);
}

#[test]
fn warnings_are_short_enough_for_the_api_server() {
    let mut backup = bad_backup();
    backup["spec"]["schedule"] = json!("é ".repeat(2000));
    let response = validate(&with_settings(settings(Mode::Warn)), &create(&backup));
    for warning in response["warnings"].as_array().unwrap() {
        assert!(warning.as_str().unwrap().chars().count() <= 256, "{warning}");
    }
}

fn patch_of(response: &Value) -> Vec<Value> {
    assert_eq!(response["patchType"], "JSONPatch");
    let patch = STANDARD.decode(response["patch"].as_str().unwrap()).unwrap();
    serde_json::from_slice(&patch).unwrap()
}

#[test]
fn a_default_only_adds_and_the_second_time_there_is_nothing_to_do() {
    let mut backup = backup_without_provider();
    let first = mutate(&app(), &create(&backup));
    assert_eq!(first["allowed"], true);
    let patch = patch_of(&first);
    assert!(
        !patch.is_empty() && patch.iter().all(|operation| operation["op"] == "add"),
        "{patch:?}"
    );
    let written = backup.clone();
    let operations: json_patch::Patch = serde_json::from_value(Value::Array(patch)).unwrap();
    json_patch::patch(&mut backup, &operations).unwrap();
    assert_eq!(backup["spec"]["storage"]["cloud"]["provider"], "aws");
    assert_eq!(
        backup["spec"]["storage"]["bucket"],
        written["spec"]["storage"]["bucket"]
    );
    assert!(
        first["auditAnnotations"]["defaulted"]
            .as_str()
            .unwrap()
            .contains("NB3001")
    );

    let second = mutate(&app(), &create(&backup));
    assert_eq!((second.get("patch"), second.get("patchType")), (None, None), "{second}");
}

#[test]
fn nothing_is_filled_in_on_update_or_where_rules_are_only_recorded() {
    let backup = backup_without_provider();
    assert_eq!(mutate(&app(), &update(&good_backup(), &backup)).get("patch"), None);
    assert_eq!(
        mutate(&with_settings(settings(Mode::Audit)), &create(&backup)).get("patch"),
        None
    );
}

#[test]
fn an_unknown_reference_never_denies_and_a_known_one_does() {
    let restore = json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jRestore",
        "metadata": {"name": "back", "namespace": "graph"},
        "spec": {
            "instanceRef": "prod", "database": "neo4j", "stopCluster": true,
            "source": {"type": "pitr", "pointInTime": "2026-11-20T12:00:00Z",
                       "pitr": {"baseBackup": {"type": "backup", "backupRef": "nightly"}}},
        },
    });
    let denied = |app: &neo4jbackup_webhook::App| -> Vec<String> {
        let response = validate(app, &create(&restore));
        causes(&response)
            .into_iter()
            .map(|(_, message)| message)
            .filter(|message| message.contains("NB8002"))
            .collect()
    };
    assert_eq!(denied(&app()), Vec::<String>::new());
    let mut inventory = Inventory::default();
    let standalone = json!({"spec": {"image": {"repo": "neo4j", "tag": "5.26.0-enterprise"}}});
    let kind = neo4jbackup_core::schema::Kind::Neo4jEnterpriseStandalone;
    inventory.insert(kind, "graph", "prod", &standalone.into());
    let app = app_with(Settings::default(), Arc::new(ArcSwap::from_pointee(inventory)));
    assert_eq!(denied(&app).len(), 1);
}

#[test]
fn no_shape_of_an_object_is_more_than_the_webhook_can_take() {
    let wrong = [
        json!(null),
        json!(0),
        json!("x"),
        json!(true),
        json!([]),
        json!([null]),
        json!({}),
        json!({"a": []}),
    ];
    let mut pointers = Vec::new();
    collect(&good_backup(), String::new(), &mut pointers);
    for pointer in &pointers {
        for value in &wrong {
            let mut backup = good_backup();
            *backup.pointer_mut(pointer).unwrap() = value.clone();
            if !backup.is_object() {
                continue;
            }
            let review = {
                let mut review = create(&good_backup());
                review["request"]["object"] = backup;
                review.to_string()
            };
            for reply in [
                app().validate_bytes(review.as_bytes()),
                app().mutate_bytes(review.as_bytes()),
            ] {
                assert_eq!(reply.status, 200, "{pointer} = {value}");
            }
        }
    }
}

fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    if let Value::Object(map) = value {
        for (key, value) in map {
            collect(value, format!("{pointer}/{key}"), pointers);
        }
    }
    pointers.push(pointer);
}
