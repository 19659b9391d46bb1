//! What those who run the server see and set: readiness, metrics, log, settings, the clock, files that change.

pub(crate) mod check;
pub(crate) mod clock;
pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod operator;
pub(crate) mod rbac_metrics;
pub(crate) mod readiness;
pub(crate) mod reload;
pub(crate) mod settings_file;
pub(crate) mod status_server;
pub(crate) mod telemetry;
