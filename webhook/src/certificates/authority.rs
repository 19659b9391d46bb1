//! The authority that signs leaves: its certificate goes into `caBundle`, its key stays in the Secret and in memory.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_core::values::validity::Validity;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::timings::{BACKDATE, earlier, later, whole_second};

/// The beginning of the name of every authority that this program makes; the instant of its making follows.
const NAME: &str = "neo4jbackup-webhook authority";

/// The certificate of an authority. Two of them are equal when their bytes are.
#[derive(Clone)]
pub(crate) struct Root(Arc<Certificate>);

struct Certificate {
    der: CertificateDer<'static>,
    pem: String,
    name: String,
    validity: Validity,
}

impl Root {
    /// `None` when the certificate is not that of an authority, or cannot be read. A leaf never becomes a root.
    pub(crate) fn of(der: &CertificateDer<'_>) -> Option<Self> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        let is_authority = certificate.basic_constraints().ok()??.value.ca;
        if !rest.is_empty() || !is_authority {
            return None;
        }
        let name = certificate.subject().iter_common_name().next();
        let name = name.and_then(|name| name.as_str().ok()).unwrap_or("without a name");
        Some(Self(Arc::new(Certificate {
            name: name.to_owned(),
            pem: pem_text(der),
            validity: Validity::of(der)?,
            der: der.clone().into_owned(),
        })))
    }

    /// Every authority in a text in PEM format. What is none is passed over: in a bundle, others may have written.
    pub(crate) fn all_in(pem: &[u8]) -> Vec<Self> {
        let certificates = CertificateDer::pem_slice_iter(pem);
        certificates
            .filter_map(Result::ok)
            .filter_map(|der| Self::of(&der))
            .collect()
    }

    /// Returns the certificate in DER.
    pub(crate) fn der(&self) -> &CertificateDer<'static> {
        &self.0.der
    }

    /// Returns the certificate in PEM, with a line feed at its end.
    pub(crate) fn pem(&self) -> &str {
        &self.0.pem
    }

    /// What logs and readiness call it.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns when the certificate is valid.
    pub(crate) fn validity(&self) -> Validity {
        self.0.validity
    }
}

impl PartialEq for Root {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Root {}

impl fmt::Debug for Root {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.name)
    }
}

/// An authority with its key.
#[derive(Clone)]
pub(crate) struct Authority {
    root: Root,
    key_pem: Arc<str>,
}

/// Why a certificate and a key are no authority.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthorityError {
    #[error("the certificate cannot be read, or is not that of an authority")]
    Certificate,
    #[error("there are {0} certificates where one is expected")]
    Count(usize),
    #[error("the key cannot be read, or is not that of the certificate")]
    Key,
}

impl Authority {
    /// Makes a new one with a P-256 key.
    pub(crate) fn make(now: Timestamp, lifetime: Duration) -> Result<Self, rcgen::Error> {
        let now = whole_second(now);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        // No two of them have one name: a verifier that finds an issuer by name finds the right one at once.
        let serial = hex(&key.public_key_raw()[1..5]);
        parameters
            .distinguished_name
            .push(DnType::CommonName, format!("{NAME} {now} {serial}"));
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let validity = Validity {
            not_before: earlier(now, BACKDATE),
            not_after: later(now, lifetime),
        };
        set_validity(&mut parameters, validity);
        let key_pem = key.serialize_pem();
        let issuer = CertifiedIssuer::self_signed(parameters, key)?;
        let root = Root::of(issuer.der()).ok_or(rcgen::Error::CouldNotParseCertificate)?;
        Ok(Self {
            root,
            key_pem: key_pem.into(),
        })
    }

    /// Reads one from its two PEM texts.
    pub(crate) fn read(certificate: &[u8], key: &[u8]) -> Result<Self, AuthorityError> {
        let certificates: Result<Vec<CertificateDer<'static>>, _> =
            CertificateDer::pem_slice_iter(certificate).collect();
        let certificates = certificates.map_err(|_| AuthorityError::Certificate)?;
        let [der] = certificates.as_slice() else {
            return Err(AuthorityError::Count(certificates.len()));
        };
        let root = Root::of(der).ok_or(AuthorityError::Certificate)?;
        let key_pem = std::str::from_utf8(key).map_err(|_| AuthorityError::Key)?;
        let key = rustls::pki_types::PrivateKeyDer::from_pem_slice(key).map_err(|_| AuthorityError::Key)?;
        let provider = rustls::crypto::ring::default_provider();
        // Says whether the two belong together.
        CertifiedKey::from_der(certificates, key, &provider).map_err(|_| AuthorityError::Key)?;
        Ok(Self {
            root,
            key_pem: key_pem.into(),
        })
    }

    /// Returns the certificate, which everybody may see.
    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    /// Returns the private key in PEM. It goes into the Secret and nowhere else.
    pub(crate) fn key_pem(&self) -> &str {
        &self.key_pem
    }
}

impl PartialEq for Authority {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

impl Eq for Authority {}

impl fmt::Debug for Authority {
    /// Without the key.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(formatter)
    }
}

/// Sets both ends, to the second.
pub(crate) fn set_validity(parameters: &mut CertificateParams, validity: Validity) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let seconds = |instant: Timestamp| Duration::from_secs(u64::try_from(instant.as_second()).unwrap_or(0));
    parameters.not_before = epoch + seconds(validity.not_before);
    parameters.not_after = epoch + seconds(validity.not_after);
}

fn pem_text(der: &[u8]) -> String {
    let pem = pem::Pem::new("CERTIFICATE", der);
    pem::encode_config(&pem, pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

    fn now() -> Timestamp {
        "2026-11-21T12:00:00.5Z".parse().unwrap()
    }

    #[test]
    fn an_authority_lasts_a_year_and_begins_an_hour_ago() {
        let authority = Authority::make(now(), YEAR).unwrap();
        let validity = authority.root().validity();
        assert_eq!(validity.not_before.to_string(), "2026-11-21T11:00:00Z");
        assert_eq!(validity.not_after.to_string(), "2027-11-21T12:00:00Z");
        assert!(
            authority
                .root()
                .name()
                .starts_with("neo4jbackup-webhook authority 2026-11-21T12:00:00Z ")
        );
        let read = Authority::read(authority.root().pem().as_bytes(), authority.key_pem().as_bytes()).unwrap();
        assert_eq!(read, authority);
        assert!(!format!("{authority:?}").contains("KEY"));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let [one, other] = [(); 2].map(|()| Authority::make(now(), YEAR).unwrap());
        let read = |certificate: &str, key: &str| Authority::read(certificate.as_bytes(), key.as_bytes()).unwrap_err();
        assert_eq!(read(one.root().pem(), other.key_pem()), AuthorityError::Key);
        assert_eq!(read(one.root().pem(), "garbage"), AuthorityError::Key);
        assert_eq!(read("garbage", one.key_pem()), AuthorityError::Count(0));
        let both = format!("{}{}", one.root().pem(), other.root().pem());
        assert_eq!(read(&both, one.key_pem()), AuthorityError::Count(2));
        assert_eq!(Root::all_in(both.as_bytes()).len(), 2);
    }

    #[test]
    fn a_leaf_is_no_authority() {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let leaf = leaf.self_signed(&key).unwrap();
        assert_eq!(Root::of(leaf.der()), None);
        let read = Authority::read(leaf.pem().as_bytes(), key.serialize_pem().as_bytes());
        assert_eq!(read, Err(AuthorityError::Certificate));
    }
}
