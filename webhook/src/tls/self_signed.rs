//! A certificate for trying things out on one machine.

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};

use crate::tls::served_certificate::Pem;

/// A certificate, and the authority that a webhook configuration must name for it.
#[derive(Debug)]
pub struct SelfSigned {
    /// What the server serves.
    pub pem: Pem,
    /// Goes into `caBundle`. Never the certificate itself, which could then not be renewed.
    pub authority: String,
}

/// Makes an authority and a P-256 certificate for this machine, for 30 days.
pub fn self_signed(now: Timestamp) -> Result<SelfSigned, rcgen::Error> {
    let authority_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut authority = parameters(now, "neo4jbackup-webhook self-signed authority", &[])?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, authority_key)?;

    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut leaf = parameters(now, "neo4jbackup-webhook", &["localhost", "127.0.0.1", "::1"])?;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf = leaf.signed_by(&key, &authority)?;

    let pem = Pem {
        certificate: leaf.pem().into_bytes(),
        key: key.serialize_pem().into_bytes(),
    };
    Ok(SelfSigned {
        pem,
        authority: authority.pem(),
    })
}

/// From yesterday, so that a clock that is behind does not refuse it.
fn parameters(now: Timestamp, name: &str, hosts: &[&str]) -> Result<CertificateParams, rcgen::Error> {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut parameters = CertificateParams::new(hosts)?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    let today = now.to_zoned(TimeZone::UTC).date();
    let day = |date: jiff::civil::Date| {
        let month = u8::try_from(date.month()).unwrap_or(1);
        rcgen::date_time_ymd(i32::from(date.year()), month, u8::try_from(date.day()).unwrap_or(1))
    };
    parameters.not_before = day(today.saturating_sub(1.day()));
    parameters.not_after = day(today.saturating_add(30.days()));
    Ok(parameters)
}
