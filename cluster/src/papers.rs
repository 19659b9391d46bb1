//! What certificates say that a webhook is served with: when they are valid, and whether a `caBundle` vouches for them. No key
//! is looked at, and nothing of a Secret is kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use neo4jbackup_core::admission::{Bundle, Failure, Paper};
use rustls::CertificateError;
use serde_json::Value;

use crate::objects::{NoAnswer, ObjectError, ObjectName, Objects};
use crate::trust::{TrustError, certificates, validities, verify};

/// What a `caBundle`, in base64, says that these webhooks have.
pub fn bundle(webhooks: Vec<String>, authority: &str) -> Bundle {
    Bundle {
        webhooks,
        is_empty: authority.is_empty(),
        authorities: validities(&decoded(authority)),
    }
}

impl Objects {
    /// Reads the certificates of a Secret, and holds them against `caBundle`s in base64. `host` is the name by which the API
    /// server calls; `None` when there is no such Secret.
    pub async fn papers(
        &self,
        namespace: &str,
        secret: &str,
        host: &str,
        bundles: &[&str],
        now: Timestamp,
    ) -> Result<Option<Vec<Paper>>, NoAnswer> {
        let name = ObjectName {
            api_version: "v1".to_owned(),
            kind: "Secret".to_owned(),
            namespace: Some(namespace.to_owned()),
            name: secret.to_owned(),
        };
        let stored = match self.read(&name).await {
            Ok(stored) => stored,
            Err(ObjectError::Api { source, .. }) => return Err(source),
            // Who asks has a cluster.
            Err(ObjectError::Connect(_) | ObjectError::NoCluster) => None,
        };
        let bundles: Vec<Vec<u8>> = bundles.iter().map(|bundle| decoded(bundle)).collect();
        Ok(stored.map(|stored| of_secret(&stored, secret, host, &bundles, now)))
    }
}

/// The certificate that is served, where it is in the Secret; else the authority that signs it.
fn of_secret(stored: &Value, secret: &str, host: &str, bundles: &[Vec<u8>], now: Timestamp) -> Vec<Paper> {
    let pem = |key: &str| stored["data"][key].as_str().map(decoded);
    if let Some(leaf) = pem("tls.crt") {
        let chain = certificates(&leaf);
        let distrust = bundles
            .iter()
            .find_map(|bundle| failure(&verify(bundle, &chain, Some(host), now).err()?));
        return vec![Paper {
            secret: secret.to_owned(),
            is_leaf: true,
            // The leaf comes first.
            validity: validities(&leaf).first().copied(),
            distrust,
        }];
    }
    let Some(authority) = pem("ca.crt") else {
        return Vec::new();
    };
    let own = certificates(&authority);
    let is_in = |bundle: &Vec<u8>| own.first().is_some_and(|own| certificates(bundle).contains(own));
    vec![Paper {
        secret: secret.to_owned(),
        is_leaf: false,
        validity: validities(&authority).first().copied(),
        distrust: (!bundles.iter().all(is_in)).then_some(Failure::UnknownAuthority),
    }]
}

/// What the API server would say; `None` where that is said of the `caBundle` already.
fn failure(error: &TrustError) -> Option<Failure> {
    match error {
        TrustError::NothingServed | TrustError::NoAuthority => None,
        TrustError::Certificate(error) => Some(match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Failure::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Failure::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Failure::WrongName,
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Failure::UnknownAuthority,
            _ => Failure::Other,
        }),
        TrustError::Authorities(_) | TrustError::Name(_) | TrustError::Tls(_) => Some(Failure::Other),
    }
}

fn decoded(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).unwrap_or_default()
}
