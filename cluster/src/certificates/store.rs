//! Access to the objects that certificates live in.

use std::time::Duration;

use kube::Client;

use super::error::{StoreError, Unreachable};
use super::target::Target;
use crate::connect::Cluster;

/// How long one request may take. The next attempt comes soon, and answers are small.
const PATIENCE: Duration = Duration::from_secs(10);

/// The field manager of the `caBundle` fields. It owns nothing else.
pub(super) const MANAGER: &str = "neo4jbackup-webhook-ca";

/// Access to one Secret and some webhook configurations.
#[derive(Clone)]
pub struct CertificateStore {
    /// The client of the cluster.
    pub(super) client: Client,
    /// Which objects it is about.
    pub(super) target: Target,
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
pub(super) async fn within<T>(
    what: &'static str,
    request: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let answer = tokio::time::timeout(PATIENCE, request).await;
    answer.unwrap_or_else(|_| {
        Err(StoreError::Unreachable {
            what: what.to_owned(),
            source: Unreachable::TimedOut(PATIENCE),
        })
    })
}
