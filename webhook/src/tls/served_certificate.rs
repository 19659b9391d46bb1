//! The certificate that is served, and how a new one takes its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use neo4jbackup_core::values::validity::Validity;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::tls::client_check::ClientCheck;

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate file holds none.
    #[error("there is no certificate in PEM format in the certificate file")]
    NoCertificate,
    /// The key file holds none.
    #[error("there is no private key in PEM format in the key file")]
    NoKey,
    /// Key and certificate cannot be used, or not together.
    #[error("the certificate and the key cannot be used together")]
    Unusable(#[source] rustls::Error),
    /// The first certificate is not one of X.509.
    #[error("the first certificate of the file cannot be read")]
    Unreadable,
    /// TLS itself cannot be set up.
    #[error("cannot set up TLS")]
    Setup(#[source] rustls::Error),
}

/// The text of a certificate, with the chain below it, and of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pem {
    /// One or more certificates, the leaf first.
    pub certificate: Vec<u8>,
    /// One private key.
    pub key: Vec<u8>,
}

impl Pem {
    /// Reads both files. When the mounted volume is swapped between the two reads, the pair does not match; the
    /// next reading brings one that does.
    pub(crate) fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |file: &Path| {
            std::fs::read(file).map_err(|source| TlsError::Read {
                file: file.to_owned(),
                source,
            })
        };
        Ok(Self {
            certificate: read(certificate)?,
            key: read(key)?,
        })
    }

    fn certified_key(&self, provider: &CryptoProvider) -> Result<(CertifiedKey, Validity), TlsError> {
        let chain: Result<Vec<CertificateDer<'static>>, _> =
            CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.map_err(|_| TlsError::NoCertificate)?;
        let leaf = chain.first().ok_or(TlsError::NoCertificate)?;
        let validity = Validity::of(leaf).ok_or(TlsError::Unreadable)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| TlsError::NoKey)?;
        let certified = CertifiedKey::from_der(chain, key, provider).map_err(TlsError::Unusable)?;
        Ok((certified, validity))
    }
}

/// What is served to every new connection. Without a certificate, handshakes fail.
#[derive(Debug)]
pub struct ServedCertificate {
    current: ArcSwapOption<CertifiedKey>,
    provider: Arc<CryptoProvider>,
}

impl ServedCertificate {
    /// Serves this pair, until another one takes its place.
    pub fn new(pem: &Pem) -> Result<(Arc<Self>, Validity), TlsError> {
        let served = Self::empty();
        let validity = served.replace(pem)?;
        Ok((served, validity))
    }

    /// Serves nothing, until there is something to serve.
    pub fn empty() -> Arc<Self> {
        Arc::new(Self {
            current: ArcSwapOption::empty(),
            provider: Arc::new(rustls::crypto::ring::default_provider()),
        })
    }

    /// Returns the chain that is served now, the leaf first; empty when there is none.
    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        let current = self.current.load();
        current
            .as_ref()
            .map(|certified| certified.cert.clone())
            .unwrap_or_default()
    }

    /// Serves another pair from now on; open connections are not touched. When it cannot be used, the last one stays.
    pub fn replace(&self, pem: &Pem) -> Result<Validity, TlsError> {
        let (certified, validity) = pem.certified_key(&self.provider)?;
        self.current.store(Some(Arc::new(certified)));
        Ok(validity)
    }

    /// Returns the TLS configuration for a server that answers every caller.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, TlsError> {
        self.server_config_for(None)
    }

    /// Returns the TLS configuration for a server that answers callers that pass the check, or every caller without one.
    ///
    /// HTTP/1.1 is what the API server speaks to webhooks, and all that is spoken here. No session is resumed: the API
    /// server does not try to, and a resumed one would not be checked again.
    pub fn server_config_for(
        self: &Arc<Self>,
        callers: Option<&Arc<ClientCheck>>,
    ) -> Result<Arc<ServerConfig>, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Setup)?;
        let builder = match callers {
            Some(check) => builder.with_client_cert_verifier(Arc::clone(check) as _),
            None => builder.with_no_client_auth(),
        };
        let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(self) as _;
        let mut config = builder.with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for ServedCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.load_full()
    }
}
