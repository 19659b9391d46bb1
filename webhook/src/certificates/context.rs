//! What looking after certificates has to do with the rest of the program.

use std::sync::Arc;

use crate::ops::telemetry::Telemetry;
use crate::tls::served_certificate::ServedCertificate;

/// What looking after certificates has to do with the rest of the program.
#[derive(Debug, Clone)]
pub(crate) struct CertificateContext {
    /// Where it is said how certificates fare.
    pub(crate) telemetry: Telemetry,
    /// The certificate that the server shows.
    pub(crate) served: Arc<ServedCertificate>,
}
