//! Which certificates are believed.

use std::path::Path;
use std::sync::Arc;

use neo4jbackup_core::quoted::name;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use crate::class::Class;
use crate::report::Failure;

/// Believes the authorities of the system, those of the file, and those of Mozilla where the system has none, as in an image
/// that holds nothing but a program.
pub(crate) fn configuration(authorities: Option<&Path>) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(path) = authorities {
        let unusable = |why: String| {
            let path = path.display().to_string();
            Failure::of(
                Class::TlsUntrustedCa,
                format!("the authorities in {} cannot be used: {why}", name(&path)),
            )
        };
        let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        let named: Vec<_> = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect();
        let (added, _) = roots.add_parsable_certificates(named);
        if added == 0 {
            return Err(unusable("there is no certificate in it".to_owned()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Failure::of(Class::TlsHandshakeFailed, error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The class of a handshake that failed.
pub(crate) fn class_of(error: &rustls::Error) -> Class {
    let rustls::Error::InvalidCertificate(error) = error else {
        return Class::TlsHandshakeFailed;
    };
    match error {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Class::TlsCertExpired,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Class::TlsHostnameMismatch
        }
        // The last is a certificate that signs itself and says that it is an authority.
        CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Other(_) => {
            Class::TlsUntrustedCa
        }
        _ => Class::TlsHandshakeFailed,
    }
}
