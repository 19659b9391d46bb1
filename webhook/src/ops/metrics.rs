//! What the server counts. Labels are fixed words, never names or values of objects.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use neo4jbackup_core::finding::Severity;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::admission::decision::Opinion;
use crate::admission::fault::Fault;
use crate::admission::hook::Hook;
use crate::admission::judge::mode_name;
use crate::admission::review::Operation;

/// Seconds; from what an allowed review takes to the deadline.
const BUCKETS: [f64; 12] = [
    50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 20e-3, 0.1, 0.5, 1.0, 2.0,
];

/// One answered review.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    hook: &'static str,
    kind: &'static str,
    operation: &'static str,
    mode: &'static str,
    allowed: &'static str,
    dry_run: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HookLabel {
    hook: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FindingLabels {
    rule: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabel {
    stage: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RoleLabel {
    role: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RotationLabels {
    role: &'static str,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabel {
    step: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConfigLabel {
    config: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NeedLabel {
    need: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EnsuredLabels {
    object: &'static str,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabels {
    version: &'static str,
}

type Seconds = Gauge<f64, AtomicU64>;

/// Counts one thing in a gauge until it is dropped.
#[derive(Debug)]
pub(crate) struct Tracked(Gauge);

/// A gauge of things that come and go.
pub(crate) trait Track {
    /// Adds one, and takes it away again when the returned guard is dropped.
    fn track(&self) -> Tracked;
}

impl Track for Gauge {
    fn track(&self) -> Tracked {
        self.inc();
        Tracked(self.clone())
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_duration: Family<HookLabel, Histogram, fn() -> Histogram>,
    queue_duration: Histogram,
    oversize: Family<OutcomeLabel, Counter>,
    findings: Family<FindingLabels, Counter>,
    patches: Counter,
    suggestions: Counter,
    dropped_operations: Counter,
    errors: Family<StageLabel, Counter>,
    pub(crate) in_flight: Gauge,
    pub(crate) draining: Gauge,
    pub(crate) connections: Gauge,
    tls_not_after: Family<RoleLabel, Gauge>,
    tls_rotations: Family<RotationLabels, Counter>,
    tls_steps: Family<StepLabel, Counter>,
    ca_bundle_in_sync: Family<ConfigLabel, Gauge>,
    pub(crate) tls_handshake_errors: Counter,
    pub(crate) client_certificates_refused: Counter,
    pub(crate) connections_turned_away: Counter,
    pub(crate) status_connections_turned_away: Counter,
    client_authority_reloads: Family<ResultLabel, Counter>,
    settings_reloads: Family<ResultLabel, Counter>,
    settings_in_force: Gauge,
    references_complete: Family<NeedLabel, Gauge>,
    reference_age: Family<KindLabel, Seconds>,
    rbac_applies: Family<EnsuredLabels, Counter>,
    rbac_standing: Family<ReasonLabel, Gauge>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let metrics = Self {
            registry: Registry::with_prefix("neo4j_backup_webhook"),
            requests: Family::default(),
            request_duration: Family::new_with_constructor(histogram),
            queue_duration: histogram(),
            oversize: Family::default(),
            findings: Family::default(),
            patches: Counter::default(),
            suggestions: Counter::default(),
            dropped_operations: Counter::default(),
            errors: Family::default(),
            in_flight: Gauge::default(),
            draining: Gauge::default(),
            connections: Gauge::default(),
            tls_not_after: Family::default(),
            tls_rotations: Family::default(),
            tls_steps: Family::default(),
            ca_bundle_in_sync: Family::default(),
            tls_handshake_errors: Counter::default(),
            client_certificates_refused: Counter::default(),
            connections_turned_away: Counter::default(),
            status_connections_turned_away: Counter::default(),
            client_authority_reloads: Family::default(),
            settings_reloads: Family::default(),
            settings_in_force: Gauge::default(),
            references_complete: Family::default(),
            reference_age: Family::default(),
            rbac_applies: Family::default(),
            rbac_standing: Family::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        self.register_answers();
        self.register_connections();
        self.register_certificates();
        self.register_settings_and_references();
        let build: Family<BuildLabels, Gauge> = Family::default();
        build
            .get_or_create(&BuildLabels {
                version: env!("CARGO_PKG_VERSION"),
            })
            .set(1);
        self.registry
            .register("build_info", "The version of this program", build);
        self
    }

    fn register_answers(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Answered reviews", self.requests.clone());
        registry.register(
            "request_duration_seconds",
            "Time from the whole body to the answer",
            self.request_duration.clone(),
        );
        registry.register(
            "queue_duration_seconds",
            "Time that reviews of more than 8 KiB waited for a thread",
            self.queue_duration.clone(),
        );
        registry.register(
            "oversize",
            "Reviews that were too large to judge, by what they were answered",
            self.oversize.clone(),
        );
        registry.register(
            "findings",
            "Findings of /validate by rule and by what came of them",
            self.findings.clone(),
        );
        registry.register(
            "patches",
            "Answers of /mutate that filled something in",
            self.patches.clone(),
        );
        registry.register(
            "suggestions",
            "Answers of /mutate that said what to fill in",
            self.suggestions.clone(),
        );
        registry.register(
            "dropped_patch_operations",
            "Patch operations that were no additions and were left out",
            self.dropped_operations.clone(),
        );
        registry.register(
            "errors",
            "Calls that got an HTTP error and no opinion",
            self.errors.clone(),
        );
        registry.register("in_flight", "Calls that are being answered", self.in_flight.clone());
        registry.register(
            "draining",
            "1 while the server is on its way out",
            self.draining.clone(),
        );
    }

    fn register_connections(&mut self) {
        let registry = &mut self.registry;
        registry.register("connections", "Open TLS connections", self.connections.clone());
    }

    fn register_certificates(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "tls_not_after_seconds",
            "End of validity of the certificate, in seconds since 1970",
            self.tls_not_after.clone(),
        );
        registry.register(
            "tls_rotations",
            "New certificates, taken or refused",
            self.tls_rotations.clone(),
        );
        registry.register(
            "tls_steps",
            "Steps of looking after certificates, and failures to take one",
            self.tls_steps.clone(),
        );
        registry.register(
            "ca_bundle_in_sync",
            "1 when every webhook of the configuration believes the certificate that is served",
            self.ca_bundle_in_sync.clone(),
        );
        registry.register(
            "tls_handshake_errors",
            "TLS handshakes that failed",
            self.tls_handshake_errors.clone(),
        );
        registry.register(
            "client_certificates_refused",
            "TLS handshakes that failed because of the certificate of the caller",
            self.client_certificates_refused.clone(),
        );
        registry.register(
            "connections_turned_away",
            "Connections that were closed because too many others were open",
            self.connections_turned_away.clone(),
        );
        registry.register(
            "status_connections_turned_away",
            "Connections of the status port that were closed because too many others were open",
            self.status_connections_turned_away.clone(),
        );
        registry.register(
            "client_authority_reloads",
            "New client authorities, taken or refused",
            self.client_authority_reloads.clone(),
        );
    }

    fn register_settings_and_references(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "settings_reloads",
            "New settings, taken or refused",
            self.settings_reloads.clone(),
        );
        registry.register(
            "settings_in_force",
            "1 while the newest settings count, 0 while they cannot be used and the last good ones count",
            self.settings_in_force.clone(),
        );
        self.settings_in_force.set(1);
        registry.register(
            "references_complete",
            "1 when everything is known of other objects of this kind",
            self.references_complete.clone(),
        );
        registry.register(
            "ref_cache_age_seconds",
            "Time since the watch of this kind last said anything",
            self.reference_age.clone(),
        );
        register_rbac(registry, &self.rbac_applies, &self.rbac_standing);
    }

    /// Counts an answered review.
    pub(crate) fn answered(
        &self,
        hook: Hook,
        operation: Operation,
        dry_run: bool,
        opinion: &Opinion<'_>,
        took: Duration,
    ) {
        let labels = RequestLabels {
            hook: hook.as_str(),
            kind: opinion.kind,
            operation: operation.as_str(),
            mode: mode_name(opinion.mode),
            allowed: truth(opinion.answer.denial.is_none()),
            dry_run: truth(dry_run),
        };
        self.requests.get_or_create(&labels).inc();
        self.request_duration
            .get_or_create(&HookLabel { hook: hook.as_str() })
            .observe(took.as_secs_f64());
        match hook {
            Hook::Validate => self.count_findings(opinion),
            Hook::Mutate => {
                self.patches.inc_by(u64::from(opinion.answer.patch.is_some()));
                let suggested = opinion.answer.audit.contains_key("suggested");
                self.suggestions.inc_by(u64::from(suggested));
                self.dropped_operations.inc_by(opinion.dropped_operations as u64);
            }
        }
    }

    fn count_findings(&self, opinion: &Opinion<'_>) {
        for finding in &opinion.findings {
            let outcome = match finding {
                finding if finding.suppressed.is_some() => "suppressed",
                finding if finding.audit_only || finding.severity == Severity::Info => "audited",
                finding if finding.ratcheted => "ratcheted",
                finding if finding.denies() => "denied",
                _ => "warned",
            };
            self.findings
                .get_or_create(&FindingLabels {
                    rule: finding.code,
                    outcome,
                })
                .inc_by(finding.count() as u64);
        }
        for rule in &opinion.skipped {
            self.findings
                .get_or_create(&FindingLabels {
                    rule,
                    outcome: "indeterminate",
                })
                .inc();
        }
    }

    /// Counts how long a review waited for a thread.
    pub(crate) fn queued(&self, waited: Duration) {
        self.queue_duration.observe(waited.as_secs_f64());
    }

    /// Counts a review that was too large to judge.
    pub(crate) fn too_large(&self, allowed: bool) {
        let outcome = if allowed { "allowed" } else { "denied" };
        self.oversize.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// Counts a call that got an HTTP error.
    pub(crate) fn failed(&self, fault: &Fault) {
        self.errors.get_or_create(&StageLabel { stage: fault.stage() }).inc();
    }

    /// `role` is `leaf` or `ca`.
    pub(crate) fn certificate(&self, role: &'static str, not_after: i64) {
        self.tls_not_after.get_or_create(&RoleLabel { role }).set(not_after);
    }

    pub(crate) fn rotation(&self, role: &'static str, taken: bool) {
        let result = result(taken);
        self.tls_rotations.get_or_create(&RotationLabels { role, result }).inc();
    }

    pub(crate) fn tls_step(&self, step: &'static str) {
        self.tls_steps.get_or_create(&StepLabel { step }).inc();
    }

    pub(crate) fn ca_bundle_in_sync(&self, config: &str, in_sync: bool) {
        let config = config.to_owned();
        self.ca_bundle_in_sync
            .get_or_create(&ConfigLabel { config })
            .set(i64::from(in_sync));
    }

    pub(crate) fn settings_reload(&self, taken: bool) {
        self.settings_reloads
            .get_or_create(&ResultLabel { result: result(taken) })
            .inc();
        self.settings_in_force.set(i64::from(taken));
    }

    pub(crate) fn client_authority_reload(&self, taken: bool) {
        self.client_authority_reloads
            .get_or_create(&ResultLabel { result: result(taken) })
            .inc();
    }

    pub(crate) fn references_complete(&self, need: &'static str, complete: bool) {
        self.references_complete
            .get_or_create(&NeedLabel { need })
            .set(i64::from(complete));
    }

    pub(crate) fn reference_age(&self, kind: &'static str, age: Duration) {
        self.reference_age
            .get_or_create(&KindLabel { kind })
            .set(age.as_secs_f64());
    }

    pub(crate) fn applied(&self, object: &'static str, result: &'static str) {
        self.rbac_applies.get_or_create(&EnsuredLabels { object, result }).inc();
    }

    pub(crate) fn standing(&self, reason: &'static str, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.rbac_standing.get_or_create(&ReasonLabel { reason }).set(count);
    }

    /// The text of `/metrics`, in the `OpenMetrics` format.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(8 * 1024);
        // Writing to a `String` cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn register_rbac(
    registry: &mut Registry,
    applies: &Family<EnsuredLabels, Counter>,
    standing: &Family<ReasonLabel, Gauge>,
) {
    registry.register(
        "rbac_applies",
        "Accounts and roles that were applied, or could not be",
        applies.clone(),
    );
    registry.register(
        "rbac_standing",
        "What stands in the way of accounts and roles until a person decides, by reason",
        standing.clone(),
    );
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn result(taken: bool) -> &'static str {
    if taken { "success" } else { "failure" }
}
