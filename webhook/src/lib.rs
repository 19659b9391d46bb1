//! The admission webhook: one door of the rule engine, for the API server.
//!
//! ```text
//! socket ─→ server (TLS, limits of time) ─→ handlers (size, deadline, overload) ─→ App::answer
//!                                                                                     │
//!            reply (one buffer) ←─ judge (rules, ratchet, verdict, patch) ←─ review (borrowed decode)
//! ```
//!
//! [`App`] is the webhook without sockets; [`app`] and [`status_app`] are its routers; [`run`] is the program.

pub mod args;
mod ensure;
mod handlers;
mod health;
mod judge;
mod limits;
mod metrics;
mod paced;
mod reload;
mod reply;
mod review;
mod run;
mod self_signed;
mod server;
mod settings;
mod state;
mod tls;
mod validity;
mod workload;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub use limits::Limits;
pub use review::{DecodeError, GroupVersionKind, Request};
pub use run::{StartError, no_references, run};
pub use self_signed::{SelfSigned, self_signed};
pub use server::{Leaving, serve};
pub use settings::SettingsError;
pub use state::{App, Fault, Hook, Reply, SharedInventory};
pub use tls::{Pem, ServedCertificate, TlsError};
pub use validity::Validity;

use handlers::Handler;
use server::Gate;

/// What is served over TLS: `POST /validate` and `POST /mutate`.
pub fn app(state: Arc<App>) -> Router {
    let gate = Gate::new(state.limits.in_flight);
    let routes = Router::new()
        .route("/validate", post(handlers::validate))
        .route("/mutate", post(handlers::mutate));
    routes.with_state(Handler { app: state, gate })
}

/// What is served in the clear: `/livez`, `/readyz`, `/metrics` and `/version`.
pub fn status_app(state: Arc<App>) -> Router {
    let routes = Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz));
    let routes = routes
        .route("/metrics", get(health::metrics))
        .route("/version", get(health::version));
    routes.with_state(state)
}
