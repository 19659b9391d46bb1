//! Which address leads where.

use std::sync::Arc;

use axum::Router;
use axum::routing::post;

use crate::app::App;
use crate::ops::status_server;
use crate::serve::handlers::{self, Handler};

/// What is served over TLS: `POST /validate`, the same for one mode each, and `POST /mutate`.
pub fn routes(app: Arc<App>) -> Router {
    let routes = Router::new()
        .route("/validate", post(handlers::validate))
        .route("/validate/enforce", post(handlers::validate_enforce))
        .route("/validate/warn", post(handlers::validate_warn))
        .route("/validate/audit", post(handlers::validate_audit))
        .route("/mutate", post(handlers::mutate));
    let routes = routes
        .fallback(handlers::not_found)
        .method_not_allowed_fallback(handlers::method_not_allowed);
    routes.with_state(Handler::new(app))
}

/// What is served in the clear: `/livez`, `/readyz`, `/metrics` and `/version`.
pub fn status_routes(app: &App) -> Router {
    status_server::routes(app.status())
}
