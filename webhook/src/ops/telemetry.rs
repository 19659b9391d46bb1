//! Where parts of the server say how they fare.

use std::sync::Arc;

use crate::ops::metrics::Metrics;
use crate::ops::readiness::Readiness;

/// Metrics and readiness, as they are handed to each part that has something to say.
#[derive(Debug, Clone)]
pub(crate) struct Telemetry {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) readiness: Arc<Readiness>,
}
