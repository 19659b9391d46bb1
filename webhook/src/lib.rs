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
mod aside;
mod bodies;
mod body;
mod certificates;
mod client_check;
mod connection;
mod crowd;
mod descriptors;
mod ensure;
mod gate;
mod handlers;
mod health;
mod in_force;
mod judge;
mod limits;
mod log;
mod memory;
mod metrics;
mod paced;
mod reload;
mod reply;
mod review;
mod run;
mod self_signed;
mod server;
mod settings;
mod slots;
mod state;
mod suggestion;
mod switch;
mod tasks;
mod tls;
mod tree_size;
mod validity;
mod workload;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub use certificates::{CertificateArguments, CertificateArgumentsError, CertificateStartError};
pub use client_check::{ClientCheck, OwnIdentity};
pub use limits::Limits;
pub use review::{DecodeError, GroupVersionKind, Request};
pub use run::{StartError, no_references, run};
pub use self_signed::{SelfSigned, self_signed};
pub use server::{Leaving, serve, serve_status};
pub use settings::SettingsError;
pub use state::{App, Fault, Hook, Reply, SharedInventory};
pub use switch::SwitchError;
pub use tasks::Failure;
pub use tls::{Pem, ServedCertificate, TlsError};
pub use validity::Validity;

use handlers::Handler;

/// What is served over TLS: `POST /validate`, the same for one mode each, and `POST /mutate`.
pub fn app(state: Arc<App>) -> Router {
    let routes = Router::new()
        .route("/validate", post(handlers::validate))
        .route("/validate/enforce", post(handlers::validate_enforce))
        .route("/validate/warn", post(handlers::validate_warn))
        .route("/validate/audit", post(handlers::validate_audit))
        .route("/mutate", post(handlers::mutate));
    let routes = routes
        .fallback(handlers::not_found)
        .method_not_allowed_fallback(handlers::method_not_allowed);
    routes.with_state(Handler::new(state))
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
