//! The admission webhook: one door of the rule engine, for the API server.
//!
//! ```text
//! socket ─→ server (TLS, limits of time) ─→ handlers (size, deadline, overload) ─→ App::answer
//!                                                                                     │
//!            reply (one buffer) ←─ judge (rules, ratchet, verdict, patch) ←─ review (borrowed decode)
//! ```
//!
//! [`App`] is the webhook without sockets; [`app`] and [`status_app`] are its routers; [`run`] is the program.

mod admission;
mod app;
mod certificates;
mod commands;
mod limits;
mod ops;
mod serve;
mod tls;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub use admission::fault::Fault;
pub use admission::hook::Hook;
pub use admission::review::{DecodeError, GroupVersionKind, Request};
pub use app::{App, Reply, SharedInventory};
pub use certificates::{CertificateArguments, CertificateArgumentsError, CertificateStartError};
pub use commands::arguments::{
    Arguments, CheckArguments, Command, LogFormat, Phase, RemoveArguments, ServeArguments, SwitchArguments,
};
pub use commands::check_admission::Failure;
pub use commands::serve::{StartError, no_references, run};
pub use commands::switch::SwitchError;
pub use limits::Limits;
pub use ops::settings_file::SettingsError;
pub use serve::server::{Leaving, serve, serve_status};
pub use tls::client_check::{ClientCheck, OwnIdentity};
pub use tls::self_signed::{SelfSigned, self_signed};
pub use tls::served_certificate::{Pem, ServedCertificate, TlsError};
pub use tls::validity::Validity;

use ops::readiness as health;
use serve::handlers::{self, Handler};

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
