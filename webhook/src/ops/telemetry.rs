//! Where parts of the server report how they fare.

use std::sync::Arc;

use crate::ops::metrics::Metrics;
use crate::ops::readiness::Readiness;

/// Metrics and readiness, as they are handed to each part that has something to say.
#[derive(Debug, Clone)]
pub(crate) struct Telemetry {
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Whether calls should be sent here.
    pub(crate) readiness: Arc<Readiness>,
}
