//! A certificate together with its key, as clients show it.

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Reads a certificate with its chain, and the key of it.
pub(super) fn certified_key(certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, &'static str> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or("it is no certificate in PEM")?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "its key is none in PEM")?;
    let provider = rustls::crypto::ring::default_provider();
    let key = CertifiedKey::from_der(chain, key, &provider);
    key.map_err(|_| "its key is not the one of the certificate, or of a kind that is not known")
}
