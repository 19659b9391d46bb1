//! The routers, without sockets: each status and content.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode, header};
use futures::stream;
use http_body_util::BodyExt as _;
use neo4jbackup_webhook::{App, Limits, routes, status_routes};
use tower::ServiceExt as _;

use crate::support::{app, create, good_backup, response};

async fn send(app: App, request: Request<Body>) -> (StatusCode, String, Bytes) {
    unpack(routes(Arc::new(app)).oneshot(request).await.unwrap()).await
}

async fn unpack(response: Response<Body>) -> (StatusCode, String, Bytes) {
    let media_type = response
        .headers()
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str().unwrap().to_owned());
    let status = response.status();
    (
        status,
        media_type.unwrap_or_default(),
        response.into_body().collect().await.unwrap().to_bytes(),
    )
}

fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    request.body(body.into()).unwrap()
}

fn good_body() -> String {
    create(&good_backup()).to_string()
}

async fn status_of(app: App, request: Request<Body>) -> (StatusCode, String) {
    let (status, media_type, body) = send(app, request).await;
    assert!(
        status == StatusCode::OK || media_type.starts_with("text/plain"),
        "{media_type}"
    );
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_good_object_is_allowed_by_both_hooks() {
    for path in ["/validate", "/validate?timeout=10s", "/mutate"] {
        let (status, media_type, body) = send(app(), post(path, good_body())).await;
        assert_eq!((status, media_type.as_str()), (StatusCode::OK, "application/json"));
        assert_eq!(response(&body)["allowed"], true);
    }
}

#[tokio::test]
async fn a_media_type_may_have_parameters_and_must_be_json() {
    let with = |media_type: &str| {
        let mut request = post("/validate", good_body());
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, media_type.parse().unwrap());
        request
    };
    assert_eq!(
        status_of(app(), with("Application/JSON; charset=utf-8")).await.0,
        StatusCode::OK
    );
    let (status, text) = status_of(app(), with("application/yaml")).await;
    assert_eq!(
        (status, text.as_str()),
        (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the content type must be application/json"
        )
    );
    let mut without = post("/validate", good_body());
    without.headers_mut().remove(header::CONTENT_TYPE);
    assert_eq!(status_of(app(), without).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn what_is_not_a_review_is_a_bad_request_that_quotes_nothing() {
    for body in [
        "",
        "{",
        "null",
        "[]",
        r#"{"apiVersion":"v1","kind":"Pod"}"#,
        "{\"hunter2\"",
        "\u{0}",
        "\"\\ud800\"",
    ] {
        for path in ["/validate", "/mutate"] {
            let (status, text) = status_of(app(), post(path, body)).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
            assert!(text.contains("AdmissionReview") && !text.contains("hunter2"), "{text}");
        }
    }
    for depth in [10_000, 200_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let (status, _) = status_of(app(), post("/validate", deep)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{depth}");
    }
}

#[tokio::test]
async fn other_methods_and_paths_are_not_served() {
    let request = Request::get("/validate").body(Body::empty()).unwrap();
    assert_eq!(send(app(), request).await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(send(app(), post("/readyz", "")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_however_it_comes() {
    let body = good_body();
    let limited = |size| {
        app().with_limits(Limits {
            body: size,
            ..Limits::default()
        })
    };
    assert_eq!(
        status_of(limited(body.len()), post("/validate", body.clone())).await.0,
        StatusCode::OK
    );
    // Its beginning says what is asked: that is answered.
    let (status, text) = status_of(limited(body.len() - 1), post("/validate", body.clone())).await;
    let denial = response(text.as_bytes());
    assert_eq!((status, denial["allowed"].as_bool()), (StatusCode::OK, Some(false)));
    let spaces = " ".repeat(body.len());
    let (status, text) = status_of(limited(body.len() - 1), post("/validate", spaces)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(text, format!("the body is larger than {} bytes", body.len() - 1));
    let chunks: Vec<Result<Bytes, Infallible>> = body
        .as_bytes()
        .chunks(100)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    let streamed = post("/validate", Body::from_stream(stream::iter(chunks)));
    let (status, text) = status_of(limited(body.len() - 1), streamed).await;
    assert_eq!((status, &response(text.as_bytes())), (StatusCode::OK, &denial));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_bad_request() {
    let chunks = [Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("reset"))];
    let (status, text) = status_of(app(), post("/validate", Body::from_stream(stream::iter(chunks)))).await;
    assert_eq!(
        (status, text.as_str()),
        (StatusCode::BAD_REQUEST, "the body ended before it was complete")
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_runs_into_the_deadline_of_the_caller_or_of_the_server() {
    for (path, time) in [
        ("/validate?timeout=1s", 800),
        ("/validate?timeout=30s", 2000),
        ("/mutate", 2000),
    ] {
        let start = tokio::time::Instant::now();
        let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        assert_eq!(status_of(app(), post(path, never)).await.0, StatusCode::GATEWAY_TIMEOUT);
        let taken = start.elapsed();
        assert!(
            taken >= Duration::from_millis(time) && taken < Duration::from_millis(time + 10),
            "{taken:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_review_that_takes_too_long_runs_into_the_deadline() {
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let app = app().with_interruption(move |_| {
        let _ = wait.lock().unwrap().recv();
    });
    let app = app.with_limits(Limits {
        deadline: Duration::from_millis(50),
        ..Limits::default()
    });
    let mut backup = good_backup();
    backup["metadata"]["annotations"] = serde_json::json!({"filler": "x".repeat(200_000)});
    assert_eq!(
        status_of(app, post("/validate", create(&backup).to_string())).await.0,
        StatusCode::GATEWAY_TIMEOUT
    );
    drop(release);
}

#[tokio::test]
async fn a_panic_is_an_error_and_never_a_denial() {
    for path in ["/validate", "/mutate"] {
        let app = app().with_interruption(|_| panic!("hunter2"));
        let (status, text) = status_of(app, post(path, good_body())).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn too_many_calls_at_once_are_turned_away() {
    let app = app().with_limits(Limits {
        in_flight: 0,
        ..Limits::default()
    });
    assert_eq!(
        status_of(app, post("/validate", good_body())).await.0,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn status_pages_say_what_is_known_and_what_was_counted() {
    let app = Arc::new(app());
    let answered = routes(Arc::clone(&app))
        .oneshot(post("/validate", good_body()))
        .await
        .unwrap();
    assert_eq!(answered.status(), StatusCode::OK);
    let broken = routes(Arc::clone(&app)).oneshot(post("/validate", "{")).await.unwrap();
    assert_eq!(broken.status(), StatusCode::BAD_REQUEST);

    let page = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (status, _, body) = unpack(status_routes(&app).oneshot(request).await.unwrap()).await;
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    assert_eq!(page("/livez").await, (StatusCode::OK, "ok\n".to_owned()));
    let (status, text) = page("/readyz").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        text.contains("[?] instances: no cluster was asked\n") && text.ends_with("ready\n"),
        "{text}"
    );
    assert!(page("/version").await.1.contains(env!("CARGO_PKG_VERSION")));
    let metrics = page("/metrics").await.1;
    for line in [
        "neo4j_backup_webhook_requests_total{hook=\"validate\",kind=\"Neo4jBackup\",operation=\"CREATE\",mode=\"enforce\",allowed=\"true\",dry_run=\"false\"} 1",
        "neo4j_backup_webhook_request_duration_seconds_count{hook=\"validate\"} 1",
        "neo4j_backup_webhook_errors_total{stage=\"decode\"} 1",
        "neo4j_backup_webhook_in_flight 0",
        "neo4j_backup_webhook_draining 0",
        "neo4j_backup_webhook_references_complete{need=\"instances\"} 0",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line} is not in\n{metrics}"
        );
    }
}
