//! The admission webhook: one door of the rule engine, for the API server.
//!
//! ```text
//! serve      socket ─→ connection (TLS, limits of time) ─→ handlers (size, deadline, load) ─→ App::answer
//! admission  review (borrowed decode) ─→ judge (rules, verdict, patch) ─→ response (one buffer)
//! ```
//!
//! [`App`] is the webhook without sockets; [`routes`] and [`status_routes`] are its routers; [`run`] is the program. Each
//! wing uses only those that come before it: `admission`, `tls`, `limits` and `durations` know of nobody, `ops` tells those
//! who run the server how it fares, `serve` and `certificates` run, and `commands` puts all of it together.

mod admission;
mod app;
mod certificates;
mod commands;
mod durations;
mod limits;
mod ops;
mod serve;
mod tls;

pub use admission::fault::Fault;
pub use admission::hook::Hook;
pub use admission::review::{DecodeError, GroupVersionKind, Operation, Request};
pub use app::{App, Reply, SharedInventory, no_references};
pub use certificates::{CertificateArguments, CertificateArgumentsError, CertificateStartError};
pub use commands::arguments::{Arguments, Command, ServeArguments};
pub use commands::check_admission::{CheckArguments, CheckError};
pub use commands::remove_configurations::{RemoveArguments, RemoveError};
pub use commands::serve::error::StartError;
pub use commands::switch::{PlanError, SwitchArguments, SwitchError, SwitchPhase};
pub use commands::{CommandError, run};
pub use limits::Limits;
pub use neo4jbackup_core::values::validity::Validity;
pub use ops::log::{LogError, LogFormat};
pub use ops::settings_file::{InvalidSettings, SettingsError};
pub use serve::routes::{routes, status_routes};
pub use serve::server::{Leaving, serve, serve_status};
pub use tls::client_check::{ClientCheck, ClientCheckError, OwnIdentity};
pub use tls::self_signed::{SelfSigned, self_signed};
pub use tls::served_certificate::{Pem, ServedCertificate, TlsError};
