//! Would the API server believe this certificate?

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_core::values::validity::Validity;
use rustls::RootCertStore;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName, UnixTime};

/// Why the API server would not believe a certificate.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// There is no certificate to believe.
    #[error("no certificate is served")]
    NothingServed,
    /// The bundle vouches for nobody.
    #[error("there is no authority in it that is valid now")]
    NoAuthority,
    /// The authorities cannot be used.
    #[error(transparent)]
    Authorities(#[from] VerifierBuilderError),
    /// The name is none that a certificate can have.
    #[error(transparent)]
    Name(#[from] InvalidDnsNameError),
    /// The certificate is not believed.
    #[error("{0}")]
    Certificate(rustls::CertificateError),
    /// The verification failed in another way.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

/// The certificates of a text in PEM format; what is none is passed over.
pub fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect()
}

/// From when and until when the certificates of a text in PEM format are valid.
pub fn validities(pem: &[u8]) -> Vec<Validity> {
    certificates(pem)
        .iter()
        .filter_map(|certificate| Validity::of(certificate))
        .collect()
}

/// Verifies a chain, leaf first, against a `caBundle` as the API server does: with the name that it calls, when one is
/// given, and authorities that are valid now, which rustls alone does not ask for.
pub fn verify(
    bundle: &[u8],
    chain: &[CertificateDer<'_>],
    name: Option<&str>,
    now: Timestamp,
) -> Result<(), TrustError> {
    let (leaf, intermediates) = chain.split_first().ok_or(TrustError::NothingServed)?;
    let roots = roots(bundle, now);
    if roots.is_empty() {
        return Err(TrustError::NoAuthority);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let verifier = verifier?;
    // Without a name, any that the certificate has will do; verification of a name comes last.
    let asked = name.unwrap_or("no-name-was-asked-for.invalid").to_owned();
    let asked = ServerName::try_from(asked)?;
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    match verifier.verify_server_cert(leaf, intermediates, &asked, &[], now) {
        Err(rustls::Error::InvalidCertificate(error)) if name.is_none() && is_of_name(&error) => Ok(()),
        Err(rustls::Error::InvalidCertificate(error)) => Err(TrustError::Certificate(error)),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

/// The authorities of a bundle that are valid now.
pub fn roots(bundle: &[u8], now: Timestamp) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(bundle).filter_map(Result::ok) {
        if Validity::of(&certificate).is_some_and(|validity| validity.contains(now)) {
            // What is no authority is passed over, as Go does.
            let _ = roots.add(certificate);
        }
    }
    roots
}

fn is_of_name(error: &rustls::CertificateError) -> bool {
    matches!(
        error,
        rustls::CertificateError::NotValidForName | rustls::CertificateError::NotValidForNameContext { .. }
    )
}
