//! The certificate that a replica signs for itself and keeps in memory only.

use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_core::values::validity::Validity;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};

use super::authority::{Authority, Root, set_validity};
use super::timings::{BACKDATE, earlier, later, whole_second};
use crate::tls::served_certificate::Pem;

/// A leaf, ready to be served.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    /// Certificate and key, as they are served.
    pub(crate) pem: Pem,
    /// What decisions need of it.
    pub(crate) signed: Signed,
}

/// What decisions need to know of a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The authority that signed it.
    pub(crate) issuer: Root,
    /// When it is valid.
    pub(crate) validity: Validity,
}

/// Signs a P-256 leaf for names and addresses. `now` is when the Secret was asked for the authority: however long the
/// signing is held up, the leaf ends before its authority leaves the bundles.
pub(crate) fn sign(
    authority: &Authority,
    names: &[String],
    now: Timestamp,
    lifetime: Duration,
) -> Result<Leaf, rcgen::Error> {
    let signed = Signed::new(authority.root(), now, lifetime);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut parameters = CertificateParams::new(names.to_vec())?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters
        .distinguished_name
        .push(DnType::CommonName, "neo4jbackup-webhook");
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.use_authority_key_identifier_extension = true;
    set_validity(&mut parameters, signed.validity);

    let issuer_key = KeyPair::from_pem(authority.key_pem())?;
    let issuer = Issuer::from_ca_cert_der(authority.root().der(), issuer_key)?;
    let leaf = parameters.signed_by(&key, &issuer)?;
    Ok(Leaf {
        pem: Pem {
            certificate: leaf.pem().into_bytes(),
            key: key.serialize_pem().into_bytes(),
        },
        signed,
    })
}

impl Signed {
    /// Works out what a leaf will be that is signed now: valid from an hour ago, for `lifetime` and never longer than
    /// its issuer.
    pub(crate) fn new(issuer: &Root, now: Timestamp, lifetime: Duration) -> Self {
        let (now, limits) = (whole_second(now), issuer.validity());
        Self {
            issuer: issuer.clone(),
            validity: Validity {
                not_before: earlier(now, BACKDATE).max(limits.not_before),
                not_after: later(now, lifetime).min(limits.not_after),
            },
        }
    }
}

/// Returns the DNS names of a Service, longest first, and then the further names and addresses of the server.
pub(crate) fn names(service: &str, namespace: &str, more: &[String]) -> Vec<String> {
    let mut names = vec![
        format!("{service}.{namespace}.svc.cluster.local"),
        service_name(service, namespace),
        format!("{service}.{namespace}"),
    ];
    names.extend_from_slice(more);
    names
}

/// The name that the API server verifies.
pub(crate) fn service_name(service: &str, namespace: &str) -> String {
    format!("{service}.{namespace}.svc")
}

#[cfg(test)]
mod tests {
    use neo4jbackup_cluster::trust::verify;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn a_leaf_is_trusted_by_its_authority_for_its_names_and_days_only() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let [authority, other] = [(); 2].map(|()| Authority::make(now, 365 * DAY).unwrap());
        let names = names("guard", "graph", &["127.0.0.1".to_owned()]);
        let leaf = sign(&authority, &names, now, 7 * DAY).unwrap();
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&leaf.pem.certificate)
            .map(Result::unwrap)
            .collect();
        assert_eq!(Validity::of(&chain[0]), Some(leaf.signed.validity));
        let bundle = authority.root().pem().as_bytes();
        let at = |name: &str, now: Timestamp| verify(bundle, &chain, Some(name), now);
        for name in [
            "guard.graph.svc",
            "guard.graph",
            "guard.graph.svc.cluster.local",
            "127.0.0.1",
        ] {
            assert!(at(name, now).is_ok(), "{name}");
        }
        assert!(at("other.graph.svc", now).is_err());
        assert!(at("guard.graph.svc", later(now, 6 * DAY)).is_ok());
        assert!(at("guard.graph.svc", earlier(now, BACKDATE)).is_ok());
        assert!(at("guard.graph.svc", later(now, 8 * DAY)).is_err());
        assert!(at("guard.graph.svc", earlier(now, 2 * BACKDATE)).is_err());
        assert!(verify(other.root().pem().as_bytes(), &chain, None, now).is_err());
    }

    #[test]
    fn a_leaf_never_outlives_its_authority() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let authority = Authority::make(now, 3 * DAY).unwrap();
        let leaf = sign(&authority, &names("a", "b", &[]), now, 7 * DAY).unwrap();
        assert_eq!(leaf.signed.validity.not_after, authority.root().validity().not_after);
    }
}
