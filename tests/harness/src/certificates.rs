//! Certificates for servers that only this machine reaches: the API server, and webhook servers in tests.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

use crate::error::HarnessError;

/// A certificate authority that lives as long as the value does.
pub struct CertificateAuthority {
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its private key, both PEM.
pub struct IssuedCertificate {
    pub certificate_pem: String,
    pub key_pem: String,
}

impl CertificateAuthority {
    pub fn new() -> Result<Self, HarnessError> {
        let failed = |source| HarnessError::Certificate {
            attempted: "make a certificate authority",
            source,
        };
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters
            .distinguished_name
            .push(DnType::CommonName, "neo4jbackup-test-authority");
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = parameters.self_signed(&key).map_err(failed)?;
        Ok(Self {
            certificate_pem: certificate.pem(),
            issuer: Issuer::new(parameters, key),
        })
    }

    /// The certificate that clients must trust, PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Issues a server certificate for host names and IP addresses, for example `["localhost", "127.0.0.1"]`.
    pub fn issue_server_certificate(&self, names: &[&str]) -> Result<IssuedCertificate, HarnessError> {
        self.issue(Self::of_server(names)?)
    }

    /// The same, one that was valid until the end of 2020.
    pub fn issue_expired_certificate(&self, names: &[&str]) -> Result<IssuedCertificate, HarnessError> {
        let mut parameters = Self::of_server(names)?;
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(2020, 12, 31);
        self.issue(parameters)
    }

    /// The same, one that is valid from 2090 on.
    pub fn issue_future_certificate(&self, names: &[&str]) -> Result<IssuedCertificate, HarnessError> {
        let mut parameters = Self::of_server(names)?;
        parameters.not_before = date_time_ymd(2090, 1, 1);
        parameters.not_after = date_time_ymd(2091, 1, 1);
        self.issue(parameters)
    }

    fn of_server(names: &[&str]) -> Result<CertificateParams, HarnessError> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let common_name = names.first().cloned().unwrap_or_default();
        let mut parameters = CertificateParams::new(names).map_err(|source| HarnessError::Certificate {
            attempted: "issue a server certificate",
            source,
        })?;
        parameters.distinguished_name.push(DnType::CommonName, common_name);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Ok(parameters)
    }

    /// Issues a certificate by which a Kubernetes API knows a client: its user name and its group.
    pub fn issue_client_certificate(&self, user: &str, group: &str) -> Result<IssuedCertificate, HarnessError> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, user);
        parameters.distinguished_name.push(DnType::OrganizationName, group);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(parameters)
    }

    fn issue(&self, mut parameters: CertificateParams) -> Result<IssuedCertificate, HarnessError> {
        let failed = |source| HarnessError::Certificate {
            attempted: "issue a certificate",
            source,
        };
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(IssuedCertificate {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        })
    }
}

/// A key pair, both halves PEM, with which the API server signs and checks `ServiceAccount` tokens.
pub(crate) struct TokenKey {
    pub(crate) private_pem: String,
    pub(crate) public_pem: String,
}

impl TokenKey {
    pub(crate) fn new() -> Result<Self, HarnessError> {
        let failed = |source| HarnessError::Certificate {
            attempted: "make a token signing key",
            source,
        };
        let key = KeyPair::generate().map_err(failed)?;
        Ok(Self {
            private_pem: key.serialize_pem(),
            public_pem: key.public_key_pem(),
        })
    }
}
