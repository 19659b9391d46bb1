//! Where the certificates of a webhook live in a cluster: one Secret, and the `caBundle` fields that name an authority.
//!
//! Nothing is decided here. Every write carries what it was decided upon: the Secret's resource version, or the version of
//! the configuration, so that a write upon an older state fails with [`StoreError::Conflict`] and changes nothing.

mod configurations;
mod error;
mod listen;
mod secret;

use std::time::Duration;

use kube::Client;

use crate::connect::Cluster;

pub use configurations::{CaBundles, Configuration};
pub use error::StoreError;
pub use secret::{SecretReading, StoredSecret};

/// How long one request may take. The next attempt comes soon, and answers are small.
const PATIENCE: Duration = Duration::from_secs(10);

/// The field manager of the `caBundle` fields. It owns nothing else.
const MANAGER: &str = "neo4jbackup-webhook-ca";

/// Which objects a [`CertificateStore`] is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The namespace of the Secret.
    pub namespace: String,
    /// The name of the Secret; none when only configurations are read.
    pub secret: Option<String>,
    /// The configurations whose `caBundle` fields matter.
    pub configurations: Vec<Configuration>,
}

/// Access to one Secret and some webhook configurations.
#[derive(Clone)]
pub struct CertificateStore {
    client: Client,
    target: Target,
}

impl std::fmt::Debug for CertificateStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CertificateStore")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

impl CertificateStore {
    /// A store in a cluster. No request is sent.
    pub fn new(cluster: &Cluster, target: Target) -> Self {
        Self {
            client: cluster.client(),
            target,
        }
    }

    /// What the store is about.
    pub fn target(&self) -> &Target {
        &self.target
    }
}

/// Ends a request that takes too long.
async fn within<T>(what: &'static str, request: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let answer = tokio::time::timeout(PATIENCE, request).await;
    answer.unwrap_or_else(|_| {
        Err(StoreError::Unreachable {
            what: what.to_owned(),
            reason: format!("no answer within {} s", PATIENCE.as_secs()),
        })
    })
}
