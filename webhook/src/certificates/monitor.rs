//! For certificates that come from files: whether the cluster believes what is served. Nothing is written.

use std::time::Duration;

use neo4jbackup_cluster::{CertificateStore, StoreError, chain};

use super::context::CertificateContext;
use super::readiness::{Observed, ReadinessCheck};
use crate::ops::clock::Clock;

/// Compares what is served with the bundles, again and again.
pub(crate) struct Monitor {
    /// Where the configurations are read.
    pub(crate) store: CertificateStore,
    /// How long to wait for a change before looking again.
    pub(crate) tick: Duration,
    /// The clock of this machine: without a Secret, nobody tells the time at the API server.
    pub(crate) clock: Clock,
    /// What it has to do with the rest of the program.
    pub(crate) context: CertificateContext,
    /// What makes readiness of each look.
    pub(crate) readiness_check: ReadinessCheck,
}

impl Monitor {
    /// Looks when something changes and once in every tick, for as long as it is polled.
    pub(crate) async fn run(mut self) {
        let (changed, _watches) = self.store.listen();
        loop {
            let setback = match self.look().await {
                Ok(live) => {
                    self.readiness_check.observe(live);
                    None
                }
                Err(error) => {
                    let reason = chain(&error);
                    tracing::warn!(reason, "the bundles cannot be read");
                    Some(reason)
                }
            };
            self.readiness_check.report(&self.context, setback).await;
            let _ = tokio::time::timeout(self.tick, changed.notified()).await;
        }
    }

    async fn look(&self) -> Result<Observed, StoreError> {
        let mut bundles = Vec::new();
        for configuration in &self.store.target().configurations {
            bundles.push(self.store.read_bundles(configuration).await?);
        }
        Ok(Observed {
            now: self.clock.now(),
            bundles,
            authority: None,
        })
    }
}
