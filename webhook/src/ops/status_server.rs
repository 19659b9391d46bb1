//! `/livez`, `/readyz`, `/metrics` and `/version`: plain HTTP, for the kubelet and Prometheus.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use neo4jbackup_cluster::SharedInventory;
use neo4jbackup_core::facts::{Coverage, Need};

use crate::ops::clock::Now;
use crate::ops::metrics::Metrics;
use crate::ops::readiness::Readiness;

/// What is asked of other objects. Secrets are left out: they are never watched here.
const NEEDS: [(Need, &str); 5] = [
    (Need::Instance, "instances"),
    (Need::Backups, "backups"),
    (Need::Restores, "restores"),
    (Need::ShardedDatabases, "sharded_databases"),
    (Need::Namespace, "namespaces"),
];

/// What the status port tells.
pub(crate) struct Status {
    /// For `/metrics`.
    pub(crate) metrics: Arc<Metrics>,
    /// For `/readyz`.
    pub(crate) readiness: Arc<Readiness>,
    /// What both say of other objects: whether they are known.
    pub(crate) inventory: SharedInventory,
    /// The time for `/readyz`, where the API server tells none.
    pub(crate) now: Now,
}

/// The routes of the status port.
pub(crate) fn routes(status: Status) -> Router {
    let routes = Router::new().route("/livez", get(livez)).route("/readyz", get(readyz));
    let routes = routes.route("/metrics", get(metrics)).route("/version", get(version));
    routes.with_state(Arc::new(status))
}

async fn livez() -> &'static str {
    "ok\n"
}

async fn readyz(State(status): State<Arc<Status>>) -> impl IntoResponse {
    let (ready, mut text) = status.readiness.page((status.now)());
    let inventory = status.inventory.load();
    for (need, name) in NEEDS {
        let _ = match inventory.coverage(need) {
            Coverage::Full => writeln!(text, "[+] {name}"),
            Coverage::Partial(why) => writeln!(text, "[?] {name}: {why}"),
        };
    }
    let code = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    text.push_str(if ready { "ready\n" } else { "not ready\n" });
    (code, text)
}

async fn metrics(State(status): State<Arc<Status>>) -> impl IntoResponse {
    let inventory = status.inventory.load();
    for (need, name) in NEEDS {
        status
            .metrics
            .references_complete(name, *inventory.coverage(need) == Coverage::Full);
    }
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, media_type)], status.metrics.text())
}

async fn version() -> impl IntoResponse {
    let version = concat!(
        r#"{"name":"neo4jbackup-webhook","version":""#,
        env!("CARGO_PKG_VERSION"),
        "\"}\n"
    );
    ([(header::CONTENT_TYPE, "application/json")], version)
}
