//! Who may call: an optional check of the caller's certificate.
//!
//! Without it anybody who reaches the port is answered, which gives away nothing: an answer depends on the question, the
//! settings and on objects that are no secrets. With it a caller without a certificate of the named authority fails in the
//! TLS handshake, before a byte of a request is read.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore, SignatureScheme,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

/// Why callers cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum ClientCheckError {
    /// The file cannot be read.
    #[error("cannot read {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file of authorities for callers holds none.
    #[error("there is no certificate in PEM format in the file of client authorities")]
    NoAuthority,
    /// An authority for callers cannot be used.
    #[error("a client authority cannot be used")]
    UnusableAuthority(#[source] rustls::Error),
    /// The certificate with which the process calls itself cannot be made.
    #[error("cannot make a certificate")]
    OwnIdentity(#[source] rcgen::Error),
}

/// Checks callers. The authorities may change under way, the names may not.
///
/// One caller is trusted beside those of the authorities: this process itself, with a certificate that never leaves its
/// memory ([`ClientCheck::own_identity`]). The readiness probe over loopback needs it, and whoever could use it has the
/// process already.
pub struct ClientCheck {
    authorities: ArcSwap<Arc<dyn ClientCertVerifier>>,
    names: Vec<String>,
    own: OwnIdentity,
    provider: Arc<CryptoProvider>,
}

/// The check of a program, with the file that its authorities come from.
pub(crate) struct Callers {
    /// What every handshake goes through.
    pub(crate) check: Arc<ClientCheck>,
    /// Where the authorities come from (PEM).
    pub(crate) file: PathBuf,
    /// What the file held when the check was made.
    pub(crate) authorities: Vec<u8>,
}

impl Callers {
    /// Reads the file, and makes a check of it for callers of these names.
    pub(crate) fn new(file: &Path, names: Vec<String>) -> Result<Self, ClientCheckError> {
        let authorities = ClientCheck::read(file)?;
        Ok(Self {
            check: ClientCheck::new(&authorities, names)?,
            file: file.to_owned(),
            authorities,
        })
    }
}

/// A certificate that this process trusts as a caller, and its key.
#[derive(Debug)]
pub struct OwnIdentity {
    /// To be sent as the whole chain.
    pub certificate: CertificateDer<'static>,
    /// The key, in PKCS #8.
    pub key: PrivateKeyDer<'static>,
}

impl ClientCheck {
    /// Callers must show a certificate that one of the authorities (PEM) has signed for clients, and that has one of the
    /// names as its common name or as an alternative name (DNS, e-mail or URI). Without names, every certificate of the
    /// authorities will do.
    pub fn new(authorities: &[u8], names: Vec<String>) -> Result<Arc<Self>, ClientCheckError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = verifier(authorities, &provider)?;
        Ok(Arc::new(Self {
            authorities: ArcSwap::from_pointee(verifier),
            names,
            own: OwnIdentity::new().map_err(ClientCheckError::OwnIdentity)?,
            provider,
        }))
    }

    /// Reads the file of the authorities.
    pub(crate) fn read(file: &Path) -> Result<Vec<u8>, ClientCheckError> {
        std::fs::read(file).map_err(|source| ClientCheckError::Read {
            file: file.to_owned(),
            source,
        })
    }

    /// Replaces the authorities (PEM) for every handshake that comes after. When they cannot be used, the last ones stay.
    pub fn replace(&self, authorities: &[u8]) -> Result<(), ClientCheckError> {
        self.authorities.store(Arc::new(verifier(authorities, &self.provider)?));
        Ok(())
    }

    /// Returns the certificate and the key with which this process calls its own port.
    pub fn own_identity(&self) -> OwnIdentity {
        self.own.copy()
    }

    fn check_name(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        if self.names.is_empty() {
            return Ok(());
        }
        let found = names(certificate).ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
        if found.iter().any(|name| self.names.contains(name)) {
            return Ok(());
        }
        Err(Error::InvalidCertificate(CertificateError::Other(OtherError(
            Arc::new(NameRefused(found)),
        ))))
    }
}

impl fmt::Debug for ClientCheck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientCheck")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl OwnIdentity {
    fn new() -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut parameters = CertificateParams::new(Vec::new())?;
        parameters
            .distinguished_name
            .push(DnType::CommonName, "neo4jbackup-webhook calling itself");
        let certificate = parameters.self_signed(&key)?;
        Ok(Self {
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        })
    }

    fn copy(&self) -> Self {
        Self {
            certificate: self.certificate.clone(),
            key: self.key.clone_key(),
        }
    }
}

/// The certificate is valid, but none of its names is allowed.
#[derive(Debug)]
struct NameRefused(Vec<String>);

impl fmt::Display for NameRefused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "none of the names of the caller may call: {}",
            self.0.join(", ")
        )
    }
}

impl std::error::Error for NameRefused {}

fn verifier(
    authorities: &[u8],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, ClientCheckError> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(authorities) {
        let authority = authority.map_err(|_| ClientCheckError::NoAuthority)?;
        roots.add(authority).map_err(ClientCheckError::UnusableAuthority)?;
    }
    if roots.is_empty() {
        return Err(ClientCheckError::NoAuthority);
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    builder.build().map_err(|_| ClientCheckError::NoAuthority)
}

/// Every common name and alternative name of a certificate.
fn names(certificate: &CertificateDer<'_>) -> Option<Vec<String>> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let common = certificate
        .subject()
        .iter_common_name()
        .filter_map(|name| name.as_str().ok());
    let mut names: Vec<String> = common.map(str::to_owned).collect();
    if let Ok(Some(alternatives)) = certificate.subject_alternative_name() {
        let text = |name: &GeneralName<'_>| match name {
            GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => {
                Some((*text).to_owned())
            }
            _ => None,
        };
        names.extend(alternatives.value.general_names.iter().filter_map(text));
    }
    Some(names)
}

impl ClientCertVerifier for ClientCheck {
    /// No hints: a caller sends the certificate that it has, whatever the authorities are at the moment.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        // The certificate is public; that the caller has its key is proven by the signature, which is checked next.
        if *end_entity == self.own.certificate {
            return Ok(ClientCertVerified::assertion());
        }
        let authorities = self.authorities.load();
        let verified = authorities.verify_client_cert(end_entity, intermediates, now)?;
        self.check_name(end_entity)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities
            .load()
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities
            .load()
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
