//! Objects that are too large to judge, and those that only look as if they were.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use neo4jbackup_core::settings::{Mode, Oversize, Settings};
use neo4jbackup_webhook::{App, Limits, no_references, routes, status_routes};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{app, app_with, bad_backup, causes, create, good_backup, response, review, update};

/// As many braces as once made a review "hold too many values", all in one text.
fn braces() -> Value {
    let mut backup = bad_backup();
    backup["spec"]["options"] = json!({"additionalArgs": [format!("--x{}", "{".repeat(152_000))]});
    backup
}

/// The status, and the response or what was said instead.
async fn call(app: &Arc<App>, path: &str, review: &Value) -> (u16, Value) {
    let request = Request::post(path).header("content-type", "application/json");
    let request = request.body(Body::from(written(review))).unwrap();
    let answer = routes(Arc::clone(app)).oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let said = if status == 200 {
        response(&body)
    } else {
        json!(String::from_utf8_lossy(&body))
    };
    (status, said)
}

/// The members in the order in which the API server writes them: what is asked comes before the objects.
fn written(review: &Value) -> String {
    let request = &review["request"];
    let members = [
        "uid",
        "kind",
        "resource",
        "subResource",
        "name",
        "namespace",
        "operation",
        "userInfo",
        "object",
        "oldObject",
        "dryRun",
        "options",
    ];
    let members = members
        .into_iter()
        .filter_map(|name| Some(format!("\"{name}\":{}", request.get(name)?)));
    let members: Vec<String> = members.collect();
    format!(
        r#"{{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{{{}}}}}"#,
        members.join(",")
    )
}

async fn metrics(app: &Arc<App>) -> String {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let answer = status_routes(app).oneshot(request).await.unwrap();
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn small(settings: Settings) -> Arc<App> {
    Arc::new(app_with(settings, no_references()).with_limits(Limits {
        body: 20_000,
        ..Limits::default()
    }))
}

/// More than `small` takes.
fn padded(mut object: Value) -> Value {
    object["metadata"]["annotations"] = json!({"filler": "x".repeat(40_000)});
    object
}

#[tokio::test]
async fn what_stands_in_texts_makes_no_object_too_large() {
    let app = Arc::new(app());
    let (status, said) = call(&app, "/validate", &create(&braces())).await;
    assert_eq!(status, 200);
    assert!(
        causes(&said).iter().any(|(_, message)| message.contains("[NB5001]")),
        "{said}"
    );
    let mut old = good_backup();
    old["metadata"]["annotations"] = json!({"a": ",".repeat(250_000)});
    let mut new = bad_backup();
    new["metadata"]["annotations"] = json!({"a": ",".repeat(250_000)});
    let (status, said) = call(&app, "/validate", &update(&old, &new)).await;
    assert_eq!((status, said["allowed"].as_bool()), (200, Some(false)), "{said}");
}

#[tokio::test]
async fn what_is_too_large_is_refused_where_errors_deny_and_passes_elsewhere() {
    let settings = |mode, oversize| Settings {
        mode,
        oversize,
        ..Settings::default()
    };
    for (mode, oversize, allowed, warns) in [
        (Mode::Enforce, Oversize::Deny, false, false),
        (Mode::Enforce, Oversize::Allow, true, true),
        (Mode::Warn, Oversize::Deny, true, true),
        (Mode::Audit, Oversize::Deny, true, false),
    ] {
        let app = small(settings(mode, oversize));
        for review in [
            create(&padded(good_backup())),
            update(&good_backup(), &padded(good_backup())),
        ] {
            let (status, said) = call(&app, "/validate", &review).await;
            assert_eq!(
                (status, said["allowed"].as_bool()),
                (200, Some(allowed)),
                "{mode:?} {oversize:?}: {said}"
            );
            assert_eq!(said.get("warnings").is_some(), warns, "{said}");
            let outcome = if allowed { "allowed" } else { "denied" };
            assert_eq!(said["auditAnnotations"]["oversize"], outcome, "{said}");
            if !allowed {
                let (field, message) = causes(&said).remove(0);
                assert_eq!(field, "spec");
                assert!(
                    message.contains("too large to judge") && message.contains("oversize: allow"),
                    "{message}"
                );
            }
            let (status, said) = call(&app, "/mutate", &review).await;
            assert_eq!(
                (status, said["allowed"].as_bool(), said.get("patch")),
                (200, Some(true), None),
                "{said}"
            );
        }
        let outcome = if allowed { "allowed" } else { "denied" };
        let metrics = metrics(&app).await;
        let line = format!("neo4j_backup_webhook_oversize_total{{outcome=\"{outcome}\"}} 2\n");
        assert!(
            metrics.contains(&line) && !metrics.contains("errors_total{"),
            "{metrics}"
        );
    }
}

#[tokio::test]
async fn the_mode_of_the_address_and_of_the_namespace_counts_for_it_too() {
    let app = small(Settings::default());
    let review = create(&padded(good_backup()));
    assert_eq!(call(&app, "/validate/warn", &review).await.1["allowed"], true);
    assert_eq!(call(&app, "/validate/enforce", &review).await.1["allowed"], false);
    let settings = Settings {
        namespaces: [("graph".to_owned(), Mode::Audit)].into(),
        ..Settings::default()
    };
    assert_eq!(call(&small(settings), "/validate", &review).await.1["allowed"], true);
}

#[tokio::test]
async fn what_is_not_judged_passes_however_large_it_is() {
    let app = small(Settings::default());
    let large = padded(good_backup());
    let mut job = large.clone();
    (job["apiVersion"], job["kind"]) = (json!("batch/v1"), json!("Job"));
    let mut status = update(&large, &large);
    status["request"]["subResource"] = json!("status");
    for review in [review("DELETE", &Value::Null, &large), create(&job), status] {
        for path in ["/validate", "/mutate"] {
            let (status, said) = call(&app, path, &review).await;
            assert_eq!((status, said["allowed"].as_bool()), (200, Some(true)), "{said}");
            assert_eq!(said.get("auditAnnotations"), None, "{said}");
        }
    }
}

#[tokio::test]
async fn what_would_be_too_large_a_tree_is_too_large() {
    let app = app().with_limits(Limits {
        trees: 1024 * 1024,
        ..Limits::default()
    });
    let app = Arc::new(app);
    let mut backup = good_backup();
    backup["spec"]["options"] = json!({"additionalArgs": vec![""; 60_000]});
    let (status, said) = call(&app, "/validate", &create(&backup)).await;
    assert_eq!(
        (status, said["auditAnnotations"]["oversize"].as_str()),
        (200, Some("denied")),
        "{said}"
    );
    // The same bytes in one text are not.
    backup["spec"]["options"] = json!({"additionalArgs": [format!("--{}", "\"\",".repeat(60_000))]});
    let (status, said) = call(&app, "/validate", &create(&backup)).await;
    assert_eq!((status, said["allowed"].as_bool()), (200, Some(true)), "{said}");
}

/// Anything that fits into 1.5 MiB, with what a decoder has trouble with in every place that takes it.
fn hostile() -> impl Strategy<Value = Value> {
    let unit = prop_oneof![
        Just("{"),
        Just("["),
        Just(","),
        Just("\""),
        Just("\\"),
        Just("\u{1}"),
        Just("<"),
        Just("é"),
        Just("\u{10ffff}"),
        Just("x"),
    ];
    (0..6_usize, unit, 0..17_u32).prop_map(|(place, unit, size)| {
        // As the API server writes it, escapes included.
        let width = serde_json::to_string(unit).unwrap().len() - 2;
        let bytes = (1_400_000 >> (16 - size.min(16))).max(1);
        let text = |bytes: usize| unit.repeat((bytes / width).max(1));
        let items = |item: Value, width: usize| vec![item; (bytes / width).max(1)];
        let mut backup = bad_backup();
        match place {
            0 => backup["spec"]["options"] = json!({"additionalArgs": [text(bytes)]}),
            1 => backup["spec"]["options"] = json!({"additionalArgs": items(json!(unit), width + 3)}),
            2 => backup["spec"]["options"] = json!({"additionalArgs": items(json!(""), 3)}),
            3 => backup["metadata"]["annotations"] = json!({"a": text(bytes.min(250_000))}),
            4 => backup["spec"]["env"] = json!(items(json!({"name": "A", "value": ""}), 24)),
            _ => {
                let labels = (0..bytes / 20).map(|number| (format!("label-{number:010}"), json!("")));
                backup["metadata"]["labels"] = Value::Object(labels.collect());
            }
        }
        backup
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_can_be_stored_is_judged(old in hostile(), new in hostile(), is_update: bool) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            // A debug build takes its time.
            let limits = Limits { deadline: std::time::Duration::from_secs(600), ..Limits::default() };
            let app = Arc::new(app().with_limits(limits));
            let review = if is_update { update(&old, &new) } else { create(&new) };
            let (status, said) = call(&app, "/validate", &review).await;
            assert_eq!(status, 200, "{said}");
            assert_eq!(said["auditAnnotations"].get("oversize"), None, "{said}");
            if !is_update {
                assert!(said["auditAnnotations"]["denied"].as_str().unwrap().contains("NB5001"), "{said}");
            }
        });
    }
}
