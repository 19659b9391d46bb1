//! For certificates that come from files: whether the cluster believes what is served. Nothing is written.

use std::time::Duration;

use neo4jbackup_cluster::{CertificateStore, StoreError};

use super::readiness::{Inspection, Live};
use super::surroundings::Surroundings;
use crate::ops::clock::Clock;

/// Compares what is served with the bundles, again and again.
pub(crate) struct Observer {
    pub(crate) store: CertificateStore,
    pub(crate) tick: Duration,
    pub(crate) clock: Clock,
    pub(crate) surroundings: Surroundings,
    pub(crate) inspection: Inspection,
}

impl Observer {
    pub(crate) async fn observe(mut self) {
        let (changed, _watches) = self.store.listen();
        loop {
            let setback = match self.look().await {
                Ok(live) => {
                    self.inspection.see(live);
                    None
                }
                Err(error) => {
                    tracing::warn!(reason = %error, "the bundles cannot be read");
                    Some(error.to_string())
                }
            };
            self.inspection.conclude(&self.surroundings, setback).await;
            let _ = tokio::time::timeout(self.tick, changed.notified()).await;
        }
    }

    async fn look(&self) -> Result<Live, StoreError> {
        let mut bundles = Vec::new();
        for configuration in &self.store.target().configurations {
            bundles.push(self.store.read_bundles(configuration).await?);
        }
        Ok(Live {
            now: self.clock.now(),
            bundles,
            authority: None,
        })
    }
}
