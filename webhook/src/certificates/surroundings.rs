//! What looking after certificates has to do with the rest of the program.

use std::sync::Arc;

use crate::ops::metrics::Metrics;
use crate::ops::readiness::Readiness;
use crate::tls::served_certificate::ServedCertificate;

/// What looking after certificates has to do with the rest of the program.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) readiness: Arc<Readiness>,
    pub(crate) served: Arc<ServedCertificate>,
}
