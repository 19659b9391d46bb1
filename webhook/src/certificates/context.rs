//! What looking after certificates has to do with the rest of the program.

use std::sync::Arc;

use crate::ops::telemetry::Telemetry;
use crate::tls::served_certificate::ServedCertificate;

/// What looking after certificates has to do with the rest of the program.
#[derive(Debug, Clone)]
pub(crate) struct CertificateContext {
    pub(crate) telemetry: Telemetry,
    pub(crate) served: Arc<ServedCertificate>,
}
