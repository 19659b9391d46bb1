//! What the certificates amount to: would the API server get an answer?

use jiff::Timestamp;
use neo4jbackup_cluster::{CaBundles, Configuration};

use super::probe::{Failure, Probe};
use super::surroundings::Surroundings;
use super::trust::{roots, verify};
use crate::ops::check::{Line, Standing, State};

/// So often in a row, a call of the server by itself may be slow before calls are kept away.
const PATIENCE: u32 = 3;

/// What was last seen in the cluster.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) now: Timestamp,
    /// In the order of the configurations.
    pub(crate) bundles: Vec<Option<CaBundles>>,
    /// What the Secret says, or why it says nothing; none where there is no Secret to look at.
    pub(crate) authority: Option<Result<String, String>>,
}

/// Compares what is served with what is in the cluster.
#[derive(Debug)]
pub(crate) struct Inspection {
    configurations: Vec<Configuration>,
    probe: Option<Probe>,
    live: Option<Live>,
    slow: u32,
}

impl Inspection {
    /// Without a probe, because the name by which the server is called is not known, names are not verified.
    pub(crate) fn new(configurations: Vec<Configuration>, probe: Option<Probe>) -> Self {
        Self {
            configurations,
            probe,
            live: None,
            slow: 0,
        }
    }

    /// Takes the newest look. Where there is none, the last one counts: an API server that is away for a while calls
    /// nobody, and must find somebody to call when it is back.
    pub(crate) fn see(&mut self, live: Live) {
        self.live = Some(live);
    }

    /// Tells readiness and metrics. `setback` is why the last look or step failed.
    pub(crate) async fn conclude(&mut self, surroundings: &Surroundings, setback: Option<String>) {
        let chain = surroundings.served.chain();
        let mut lines = Vec::new();
        if chain.is_empty() {
            lines.push(Line::new("certificate", State::Bad, "none is served yet"));
        }
        let Some(live) = &self.live else {
            let why = setback.unwrap_or_else(|| "not looked at yet".to_owned());
            lines.push(Line::new("ca bundles", State::Bad, why));
            surroundings.readiness.set_standing(Standing(lines));
            return;
        };
        match &live.authority {
            Some(Ok(detail)) => lines.push(Line::new("authority", State::Good, detail)),
            Some(Err(why)) => lines.push(Line::new("authority", State::Remarkable, format!("the Secret: {why}"))),
            None => {}
        }
        let name = self.probe.as_ref().map(Probe::name);
        for (configuration, bundles) in self.configurations.iter().zip(&live.bundles) {
            let trusted = trusted(bundles.as_ref(), |bundle| verify(bundle, &chain, name, live.now));
            surroundings
                .metrics
                .ca_bundle_in_sync(&label(configuration), trusted.is_ok());
            let title = format!("ca bundle {}", label(configuration));
            lines.push(match trusted {
                Ok(()) => Line::new(title, State::Good, ""),
                Err(why) => Line::new(title, State::Bad, why),
            });
        }
        if let Some(setback) = setback {
            let detail = format!("as of {}; {setback}", live.now);
            lines.push(Line::new("certificates", State::Remarkable, detail));
        }
        lines.extend(self.call_myself().await);
        surroundings.readiness.set_standing(Standing(lines));
    }

    async fn call_myself(&mut self) -> Option<Line> {
        let (probe, live) = (self.probe.as_ref()?, self.live.as_ref()?);
        let mut bundles: Vec<&[u8]> = live.bundles.iter().flatten().flat_map(texts).collect();
        bundles.sort_unstable();
        bundles.dedup();
        let mut result = Ok(());
        for bundle in bundles {
            result = result.and(probe.call(roots(bundle, live.now), live.now).await);
        }
        let title = "loopback review";
        self.slow = if result == Err(Failure::Slow) { self.slow + 1 } else { 0 };
        Some(match result {
            Ok(()) => Line::new(title, State::Good, ""),
            Err(Failure::Slow) if self.slow < PATIENCE => Line::new(title, State::Remarkable, "no answer in time"),
            Err(Failure::Slow) => Line::new(title, State::Bad, "no answer in time, again and again"),
            Err(Failure::Broken(why)) => Line::new(title, State::Bad, why),
        })
    }
}

/// Whether every webhook of a configuration believes what is served.
fn trusted(bundles: Option<&CaBundles>, verify: impl Fn(&[u8]) -> Result<(), String>) -> Result<(), String> {
    let bundles = bundles.ok_or("there is no such configuration")?;
    for (name, text) in &bundles.webhooks {
        let text = text.as_deref().ok_or_else(|| format!("{name}: it is empty"))?;
        verify(text).map_err(|why| format!("{name}: {why}"))?;
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
