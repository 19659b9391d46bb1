//! The loop: look, take one step, look again; then see what all of it amounts to.

use neo4jbackup_cluster::{CaBundles, CertificateStore, SecretReading, StoreError, StoredSecret, chain};

use super::authority::Authority;
use super::context::CertificateContext;
use super::leaf::{self, Signed};
use super::readiness::{Observed, ReadinessCheck};
use super::rotation::{Action, Bundle, Step, View, next_step, signing};
use super::secret::{FoundSecret, SecretContents, SecretError};
use super::timings::Timings;
use crate::ops::clock::{Clock, ServerTime};
use crate::ops::metrics::CertificateRole;
use crate::tls::served_certificate::TlsError;

/// The annotation of the Secret by which an administrator asks for a new authority. Its value does not matter.
pub(crate) const ROTATE: &str = neo4jbackup_core::in_domain!("rotate");

/// More steps in a row than any state needs. If steps ever undo each other, the loop waits for the next tick instead of
/// writing without end.
const MOST_STEPS: usize = 30;

/// Looks after the certificates of one replica.
pub(crate) struct Rotator {
    /// Where Secret and configurations are read and written.
    pub(crate) store: CertificateStore,
    /// How long everything lasts.
    pub(crate) timings: Timings,
    /// The names and addresses that the leaf is valid for.
    pub(crate) names: Vec<String>,
    /// The clock of this machine.
    pub(crate) clock: Clock,
    /// What it has to do with the rest of the program.
    pub(crate) context: CertificateContext,
    /// What makes readiness of each look.
    pub(crate) readiness_check: ReadinessCheck,
    /// When it looked last, by the clock of this machine.
    pub(crate) looked: Option<jiff::Timestamp>,
    /// The Secret as it was when there was something in it.
    pub(crate) remembered: Option<(StoredSecret, SecretContents)>,
    /// The leaf that is served.
    pub(crate) leaf: Option<Signed>,
}

/// Why a look or a step came to nothing.
#[derive(Debug, thiserror::Error)]
enum RotationError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
    #[error("cannot serve the new certificate")]
    Serve(#[from] TlsError),
}

/// What was seen in one look.
struct Observation {
    bundles: Vec<Option<CaBundles>>,
    reading: SecretReading,
    found: FoundSecret,
    rotation_asked: bool,
    /// The time at the API server, before the Secret was read.
    now: jiff::Timestamp,
    /// The time by the clock of this machine, at the same moment.
    local: jiff::Timestamp,
}

impl Rotator {
    /// Looks when something changes and once in every tick, for as long as it is polled. The time is read from the wall
    /// clock at every look, so that a machine that was suspended notices.
    pub(crate) async fn run(mut self) {
        let (changed, _watches) = self.store.listen();
        loop {
            let setback = self.rotate().await;
            self.readiness_check.report(&self.context, setback).await;
            let _ = tokio::time::timeout(self.timings.tick, changed.notified()).await;
        }
    }

    /// Takes steps until there is none to take. Returns why it could not go on, or `None` when all is done.
    async fn rotate(&mut self) -> Option<String> {
        for _ in 0..MOST_STEPS {
            match self.step().await {
                Ok(true) => {}
                Ok(false) => return None,
                // Another replica was faster. What there is to do now is another question.
                Err(RotationError::Store(StoreError::Conflict { what })) => {
                    self.context.telemetry.metrics.tls_step("conflict");
                    tracing::debug!(what, "somebody else was faster");
                }
                Err(setback) => {
                    self.context.telemetry.metrics.tls_step("failed");
                    let reason = chain(&setback);
                    tracing::warn!(reason, "certificates are left as they are");
                    return Some(reason);
                }
            }
        }
        tracing::warn!(steps = MOST_STEPS, "no end of steps; going on later");
        None
    }

    /// Takes one look and at most one step. Returns `false` when there was nothing to do.
    async fn step(&mut self) -> Result<bool, RotationError> {
        let mut look = self.look().await?;
        self.serve(&look)?;
        let mut action = self.decide(&look)?;
        if matches!(&action, Action::Write(step, _) if step.rests_on_bundles()) {
            look.bundles = self.read_bundles().await?;
            action = self.decide(&look)?;
            if matches!(action, Action::Apply { .. }) {
                // Only bundles that were read before the Secret are a basis for a write to them.
                return Ok(true);
            }
        }
        self.readiness_check.observe(live(&look));
        if action != Action::Rest && !self.timings.is_fresh(look.local, self.clock.now()) {
            self.context.telemetry.metrics.tls_step("stale");
            tracing::info!(%look.local, "what was decided is too old to be done; looking again");
            return Ok(true);
        }
        match action {
            Action::Rest => return Ok(false),
            Action::Write(step, contents) => self.write(&look, step, contents).await?,
            Action::Apply { configuration, bundle } => self.apply(&look, configuration, &bundle).await?,
        }
        Ok(true)
    }

    /// Bundles first, then the Secret: a bundle is so never replaced by what an older Secret says.
    async fn look(&mut self) -> Result<Observation, RotationError> {
        let bundles = self.read_bundles().await?;
        let local = self.clock.now();
        let reading = self.store.read_secret().await?;
        let now = match reading.server_time {
            Some(time) => {
                let time = self.clock.cluster_time(time);
                self.context
                    .telemetry
                    .readiness
                    .set_server_time(ServerTime::new(time, local));
                time
            }
            None => local,
        };
        let found = match &reading.secret {
            None => FoundSecret::Nothing(SecretError::Missing),
            Some(secret) => SecretContents::read(&secret.data()).map_or_else(FoundSecret::Nothing, FoundSecret::Good),
        };
        if !self.looked.is_some_and(|looked| self.timings.is_fresh(looked, local)) {
            // After a suspension, what is remembered may have been replaced since.
            self.remembered = None;
        }
        self.looked = Some(local);
        let rotation_asked = reading
            .secret
            .as_ref()
            .is_some_and(|secret| secret.annotation(ROTATE).is_some());
        if let FoundSecret::Good(contents) = &found {
            let issuer = contents.current.as_ref().or(contents.next.as_ref());
            if let Some(authority) = issuer {
                let not_after = authority.root().validity().not_after;
                self.context
                    .telemetry
                    .metrics
                    .certificate(CertificateRole::Authority, not_after.as_second());
            }
        }
        Ok(Observation {
            bundles,
            reading,
            found,
            rotation_asked,
            now,
            local,
        })
    }

    async fn read_bundles(&self) -> Result<Vec<Option<CaBundles>>, StoreError> {
        let mut all = Vec::new();
        for configuration in &self.store.target().configurations {
            all.push(self.store.read_bundles(configuration).await?);
        }
        Ok(all)
    }

    fn view<T>(&self, look: &Observation, then: impl FnOnce(&View<'_>) -> T) -> T {
        let bundle = |(_, text): &(String, Option<Vec<u8>>)| Bundle::of(text.as_deref());
        let bundles: Vec<Option<Vec<Bundle>>> = look
            .bundles
            .iter()
            .map(|bundles| Some(bundles.as_ref()?.webhooks.iter().map(bundle).collect()))
            .collect();
        then(&View {
            now: look.now,
            timings: &self.timings,
            found: &look.found,
            rotation_asked: look.rotation_asked,
            remembered: self.remembered.as_ref().map(|(_, contents)| contents),
            served: self.leaf.as_ref(),
            bundles: &bundles,
        })
    }

    fn decide(&self, look: &Observation) -> Result<Action, rcgen::Error> {
        let lifetime = self.timings.authority;
        self.view(look, |view| next_step(view, || Authority::make(look.now, lifetime)))
    }

    /// Signs another leaf when it is time, and remembers what the Secret holds.
    fn serve(&mut self, look: &Observation) -> Result<(), RotationError> {
        let signed = self.view(look, |view| {
            let (authority, why) = signing(view)?;
            Some((leaf::sign(authority, &self.names, look.now, self.timings.leaf), why))
        });
        if let (FoundSecret::Good(contents), Some(secret)) = (&look.found, &look.reading.secret) {
            self.remembered = Some((secret.clone(), contents.clone()));
        }
        let Some((leaf, why)) = signed else { return Ok(()) };
        let served = leaf.map_err(RotationError::from).and_then(|leaf| {
            let validity = self.context.served.replace(&leaf.pem)?;
            Ok((leaf.signed, validity))
        });
        self.context
            .telemetry
            .metrics
            .rotation(CertificateRole::Leaf, served.is_ok());
        let (signed, validity) = served?;
        self.context
            .telemetry
            .metrics
            .certificate(CertificateRole::Leaf, validity.not_after.as_second());
        self.context.telemetry.metrics.tls_step("leaf_signed");
        self.context.telemetry.readiness.set_certificate(validity);
        tracing::info!(
            reason = ?why,
            issuer = signed.issuer.name(),
            not_after = %validity.not_after,
            "a new leaf is served"
        );
        self.leaf = Some(signed);
        Ok(())
    }

    async fn write(&mut self, look: &Observation, step: Step, contents: SecretContents) -> Result<(), RotationError> {
        let values = contents.values();
        let answered = matches!(step, Step::Prepared | Step::Declined).then_some(ROTATE);
        let written = if let Some(secret) = &look.reading.secret {
            self.store.replace_secret(secret, &values, answered).await
        } else {
            let like = self.remembered.as_ref().map(|(secret, _)| secret);
            self.store.create_secret(&values, like).await
        };
        match &written {
            Ok(_) if step == Step::Promoted => self
                .context
                .telemetry
                .metrics
                .rotation(CertificateRole::Authority, true),
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(_) => self
                .context
                .telemetry
                .metrics
                .rotation(CertificateRole::Authority, false),
        }
        written?;
        self.context.telemetry.metrics.tls_step(step.as_str());
        let name = |authority: &Option<Authority>| {
            authority
                .as_ref()
                .map_or_else(|| "none".to_owned(), |authority| authority.root().name().to_owned())
        };
        tracing::info!(
            step = step.as_str(),
            current = name(&contents.current),
            next = name(&contents.next),
            kept = contents.kept.len(),
            before = match &look.found {
                FoundSecret::Good(_) => String::new(),
                FoundSecret::Nothing(why) => chain(why),
            },
            "the Secret of the authority was written"
        );
        Ok(())
    }

    async fn apply(&mut self, look: &Observation, index: usize, bundle: &[u8]) -> Result<(), RotationError> {
        let configuration = &self.store.target().configurations[index];
        let Some(Some(read)) = look.bundles.get(index) else {
            return Ok(());
        };
        self.store.apply_bundle(configuration, read, bundle).await?;
        self.context.telemetry.metrics.tls_step("bundle_applied");
        let authorities = super::authority::Root::all_in(bundle).len();
        tracing::info!(%configuration, authorities, "the caBundle was written");
        Ok(())
    }
}

fn live(look: &Observation) -> Observed {
    let authority = match &look.found {
        FoundSecret::Good(contents) => Ok(describe(contents)),
        FoundSecret::Nothing(why) => Err(why.clone()),
    };
    Observed {
        now: look.now,
        bundles: look.bundles.clone(),
        authority: Some(authority),
    }
}

/// One line for readiness.
fn describe(contents: &SecretContents) -> String {
    let authority = |authority: &Authority| {
        let root = authority.root();
        format!("{} to {}", root.name(), root.validity().not_after)
    };
    let mut parts: Vec<String> = contents.current.iter().map(authority).collect();
    if let Some(next) = &contents.next {
        let published = match contents.published {
            Some(since) => format!("published since {since}"),
            None => "being published".to_owned(),
        };
        parts.push(format!("next {}, {published}", authority(next)));
    }
    if !contents.kept.is_empty() {
        parts.push(format!("{} kept", contents.kept.len()));
    }
    parts.join("; ")
}
