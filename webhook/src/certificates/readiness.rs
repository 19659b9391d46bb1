//! Would the API server get an answer, as far as certificates decide that?

use jiff::Timestamp;
use neo4jbackup_cluster::trust::{TrustError, roots, verify};
use neo4jbackup_cluster::{CaBundles, Configuration, chain};

use super::context::CertificateContext;
use super::probe::{Probe, ProbeError};
use super::secret::SecretError;
use crate::ops::check::{Check, CheckStatus, Checks};

/// How many loopback calls in a row may time out before the server is not ready.
const PATIENCE: u32 = 3;

/// What was last seen in the cluster.
#[derive(Debug)]
pub(crate) struct Observed {
    /// The time at the API server.
    pub(crate) now: Timestamp,
    /// In the order of the configurations.
    pub(crate) bundles: Vec<Option<CaBundles>>,
    /// The authorities of the Secret in one line, or why it holds none that can be used; `None` where no Secret is named.
    pub(crate) authority: Option<Result<String, SecretError>>,
}

/// Compares what is served with what is in the cluster.
#[derive(Debug)]
pub(crate) struct ReadinessCheck {
    configurations: Vec<Configuration>,
    probe: Option<Probe>,
    live: Option<Observed>,
    slow: u32,
}

impl ReadinessCheck {
    /// Without a probe, because the name by which the server is called is not known, names are not verified.
    pub(crate) fn new(configurations: Vec<Configuration>, probe: Option<Probe>) -> Self {
        Self {
            configurations,
            probe,
            live: None,
            slow: 0,
        }
    }

    /// Takes what was seen last. Where nothing could be seen, the last one counts: an API server that is away for a
    /// while calls nobody, and must find somebody to call when it is back.
    pub(crate) fn observe(&mut self, live: Observed) {
        self.live = Some(live);
    }

    /// Compares what is served with what was seen, calls the server over loopback, and reports both to readiness and
    /// metrics. `setback` is why the last look or step failed.
    pub(crate) async fn report(&mut self, context: &CertificateContext, setback: Option<String>) {
        let served = context.served.chain();
        let mut lines = Vec::new();
        if served.is_empty() {
            lines.push(Check::new("certificate", CheckStatus::Failed, "none is served yet"));
        }
        let Some(live) = &self.live else {
            let why = setback.unwrap_or_else(|| "not looked at yet".to_owned());
            lines.push(Check::new("ca bundles", CheckStatus::Failed, why));
            context.telemetry.readiness.set_certificate_checks(Checks(lines));
            return;
        };
        match &live.authority {
            Some(Ok(detail)) => lines.push(Check::new("authority", CheckStatus::Passed, detail)),
            Some(Err(why)) => lines.push(Check::new(
                "authority",
                CheckStatus::Noted,
                format!("the Secret: {}", chain(why)),
            )),
            None => {}
        }
        let name = self.probe.as_ref().map(Probe::name);
        for (configuration, bundles) in self.configurations.iter().zip(&live.bundles) {
            let trusted = trusted(bundles.as_ref(), |bundle| verify(bundle, &served, name, live.now));
            context
                .telemetry
                .metrics
                .ca_bundle_in_sync(&label(configuration), trusted.is_ok());
            let title = format!("ca bundle {}", label(configuration));
            lines.push(match trusted {
                Ok(()) => Check::new(title, CheckStatus::Passed, ""),
                Err(why) => Check::new(title, CheckStatus::Failed, chain(&why)),
            });
        }
        if let Some(setback) = setback {
            let detail = format!("as of {}; {setback}", live.now);
            lines.push(Check::new("certificates", CheckStatus::Noted, detail));
        }
        lines.extend(self.call_myself().await);
        context.telemetry.readiness.set_certificate_checks(Checks(lines));
    }

    async fn call_myself(&mut self) -> Option<Check> {
        let (probe, live) = (self.probe.as_ref()?, self.live.as_ref()?);
        let mut bundles: Vec<&[u8]> = live.bundles.iter().flatten().flat_map(texts).collect();
        bundles.sort_unstable();
        bundles.dedup();
        let mut result = Ok(());
        for bundle in bundles {
            result = result.and(probe.call(roots(bundle, live.now), live.now).await);
        }
        let title = "loopback review";
        self.slow = if matches!(result, Err(ProbeError::Slow)) {
            self.slow + 1
        } else {
            0
        };
        Some(match result {
            Ok(()) => Check::new(title, CheckStatus::Passed, ""),
            Err(ProbeError::Slow) if self.slow < PATIENCE => Check::new(title, CheckStatus::Noted, "no answer in time"),
            Err(ProbeError::Slow) => Check::new(title, CheckStatus::Failed, "no answer in time, again and again"),
            Err(error) => Check::new(title, CheckStatus::Failed, chain(&error)),
        })
    }
}

/// Why the API server would not call this server by a configuration.
#[derive(Debug, thiserror::Error)]
enum BundleError {
    /// The configuration is not there.
    #[error("there is no such configuration")]
    NoConfiguration,
    /// The `caBundle` of this webhook is empty.
    #[error("{0}: it is empty")]
    Empty(String),
    /// The `caBundle` of a webhook does not vouch for what is served.
    #[error("{webhook}")]
    Distrusted {
        /// Its name in the configuration.
        webhook: String,
        /// What the verification said.
        source: TrustError,
    },
}

/// Whether every webhook of a configuration believes what is served.
fn trusted(bundles: Option<&CaBundles>, verify: impl Fn(&[u8]) -> Result<(), TrustError>) -> Result<(), BundleError> {
    let bundles = bundles.ok_or(BundleError::NoConfiguration)?;
    for (webhook, text) in &bundles.webhooks {
        let text = text.as_deref().ok_or_else(|| BundleError::Empty(webhook.clone()))?;
        verify(text).map_err(|source| BundleError::Distrusted {
            webhook: webhook.clone(),
            source,
        })?;
    }
    Ok(())
}

fn texts(bundles: &CaBundles) -> impl Iterator<Item = &[u8]> {
    bundles.webhooks.iter().filter_map(|(_, text)| text.as_deref())
}

fn label(configuration: &Configuration) -> String {
    let kind = match configuration {
        Configuration::Validating(_) => "validating",
        Configuration::Mutating(_) => "mutating",
    };
    format!("{kind}/{}", configuration.name())
}
