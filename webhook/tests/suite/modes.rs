//! Addresses, settings and levels: how far a finding reaches, and what is filled in.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt as _;
use neo4jbackup_core::settings::{Level, Mode, Mutation, Settings};
use neo4jbackup_webhook::{App, no_references, routes};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{
    app_with, backup_without_provider, bad_backup, create, good_backup, mutate, response, review, update, validate,
};

fn with(settings: Settings) -> App {
    app_with(settings, no_references())
}

/// The response at an address.
async fn ask(app: &Arc<App>, path: &str, review: &Value) -> Value {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(review.to_string())).unwrap();
    let answer = routes(Arc::clone(app)).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    response(&answer.into_body().collect().await.unwrap().to_bytes())
}

/// `denied`, `warned`, `audited`, or `nothing`: what a user sees of the finding of a bad schedule.
fn reach(response: &Value) -> &'static str {
    let warned = response["warnings"].as_array().is_some_and(|warnings| {
        warnings
            .iter()
            .any(|warning| warning.as_str().unwrap().contains("[NB5001]"))
    });
    let annotations = &response["auditAnnotations"];
    match (response["allowed"] == false, warned, annotations["audited"] == "NB5001") {
        (true, false, false) => "denied",
        (false, true, false) => "warned",
        (false, false, true) => "audited",
        (false, false, false) if annotations.is_null() => "nothing",
        other => panic!("{other:?}: {response}"),
    }
}

#[tokio::test]
async fn the_weaker_of_mode_and_level_wins_whether_the_mode_comes_from_the_address_the_namespace_or_the_file() {
    let modes = [
        (Mode::Enforce, "/validate/enforce"),
        (Mode::Warn, "/validate/warn"),
        (Mode::Audit, "/validate/audit"),
    ];
    let levels = [
        (Level::Enforce, ["denied", "warned", "audited"]),
        (Level::Warn, ["warned", "warned", "audited"]),
        (Level::Audit, ["audited", "audited", "audited"]),
        (Level::Off, ["nothing", "nothing", "nothing"]),
    ];
    for (level, reaches) in levels {
        for ((mode, path), wanted) in modes.into_iter().zip(reaches) {
            for rule in ["NB5001", "schedule-invalid"] {
                let rules = BTreeMap::from([(rule.to_owned(), level)]);
                let elsewhere = if mode == Mode::Enforce {
                    Mode::Audit
                } else {
                    Mode::Enforce
                };
                let by_file = Settings {
                    mode,
                    rules: rules.clone(),
                    ..Settings::default()
                };
                let by_path = Settings {
                    mode: elsewhere,
                    rules: rules.clone(),
                    ..Settings::default()
                };
                let by_namespace = Settings {
                    mode: elsewhere,
                    namespaces: BTreeMap::from([("graph".to_owned(), mode)]),
                    rules,
                    ..Settings::default()
                };
                let other_path = if mode == Mode::Enforce {
                    "/validate/audit"
                } else {
                    "/validate/enforce"
                };
                for (settings, path) in [(by_file, "/validate"), (by_path, path), (by_namespace, other_path)] {
                    let response = ask(&Arc::new(with(settings)), path, &create(&bad_backup())).await;
                    assert_eq!(reach(&response), wanted, "{rule} {level:?} {mode:?} {path}: {response}");
                    if wanted != "nothing" {
                        let name = path_of(mode);
                        assert_eq!(response["auditAnnotations"]["mode"], name);
                        assert_eq!(response["auditAnnotations"]["rules"], "NB5001");
                    }
                }
            }
        }
    }
}

fn path_of(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Warn => "warn",
        Mode::Audit => "audit",
    }
}

#[tokio::test]
async fn each_review_is_counted_under_its_own_kind_operation_and_mode() {
    let app = Arc::new(with(Settings::default()));
    let deletion = review("DELETE", &Value::Null, &bad_backup());
    ask(&app, "/validate/warn", &deletion).await;
    ask(&app, "/validate/audit", &update(&good_backup(), &bad_backup())).await;
    let mut dry = create(&bad_backup());
    dry["request"]["dryRun"] = json!(true);
    ask(&app, "/validate", &dry).await;
    let mut other = create(&good_backup());
    other["request"]["kind"]["kind"] = json!("Neo4jNonsense");
    ask(&app, "/mutate", &other).await;
    ask(&app, "/mutate", &create(&backup_without_provider())).await;

    let page = Request::get("/metrics").body(Body::empty()).unwrap();
    let page = neo4jbackup_webhook::status_routes(&app).oneshot(page).await.unwrap();
    let page = page.into_body().collect().await.unwrap().to_bytes();
    let page = String::from_utf8(page.to_vec()).unwrap();
    let prefix = "neo4j_backup_webhook_";
    for line in [
        "requests_total{hook=\"validate\",kind=\"Neo4jBackup\",operation=\"DELETE\",mode=\"warn\",allowed=\"true\",dry_run=\"false\"} 1",
        "requests_total{hook=\"validate\",kind=\"Neo4jBackup\",operation=\"UPDATE\",mode=\"audit\",allowed=\"true\",dry_run=\"false\"} 1",
        "requests_total{hook=\"validate\",kind=\"Neo4jBackup\",operation=\"CREATE\",mode=\"enforce\",allowed=\"false\",dry_run=\"true\"} 1",
        "requests_total{hook=\"mutate\",kind=\"other\",operation=\"CREATE\",mode=\"enforce\",allowed=\"true\",dry_run=\"false\"} 1",
        "requests_total{hook=\"mutate\",kind=\"Neo4jBackup\",operation=\"CREATE\",mode=\"enforce\",allowed=\"true\",dry_run=\"false\"} 1",
        "findings_total{rule=\"NB5001\",outcome=\"denied\"} 1",
        "findings_total{rule=\"NB5001\",outcome=\"audited\"} 1",
        "patches_total 1",
        "suggestions_total 0",
        "settings_in_force 1",
    ] {
        assert!(
            page.lines().any(|found| found.strip_prefix(prefix) == Some(line)),
            "{line} is not in\n{page}"
        );
    }
}

#[test]
fn what_would_be_filled_in_can_be_suggested_instead_or_left_alone() {
    let mutating = |mutation| {
        with(Settings {
            mutation,
            ..Settings::default()
        })
    };
    let review = create(&backup_without_provider());
    assert!(mutate(&mutating(Mutation::Apply), &review).get("patch").is_some());

    let suggested = mutate(&mutating(Mutation::Suggest), &review);
    assert_eq!((&suggested["allowed"], suggested.get("patch")), (&json!(true), None));
    let warnings: Vec<&str> = suggested["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect();
    assert!(
        warnings[0].starts_with("spec.storage: write `cloud: {provider: aws"),
        "{warnings:?}"
    );
    assert!(
        suggested["auditAnnotations"]["suggested"]
            .as_str()
            .unwrap()
            .contains("NB3001")
    );

    // Whoever writes what is suggested gets no suggestion.
    let mut written = backup_without_provider();
    for warning in warnings {
        let (place, rest) = warning.split_once(": write `").unwrap();
        let yaml = rest.rsplit_once('`').unwrap().0;
        let addition: BTreeMap<String, Value> = serde_saphyr::from_str(yaml).unwrap();
        let place = written.pointer_mut(&format!("/{}", place.replace('.', "/"))).unwrap();
        place.as_object_mut().unwrap().extend(addition);
    }
    assert_eq!(
        mutate(&mutating(Mutation::Suggest), &create(&written)).get("warnings"),
        None,
        "{written}"
    );

    let silent = mutate(&mutating(Mutation::Off), &review);
    assert_eq!(
        silent,
        json!({"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": true})
    );
    // What is not filled in is judged as it stands.
    assert_eq!(validate(&mutating(Mutation::Off), &review)["allowed"], false);
}
