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

use crate::admission::decision::Decision;
use crate::admission::fault::Fault;
use crate::admission::hook::Hook;
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
struct OperatorLabels {
    version: String,
    told_by: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ApplyLabels {
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

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CertificateRole {
    /// It is served.
    Leaf,
    /// It signs leaves.
    Authority,
}

impl CertificateRole {
    /// Returns the label.
    fn as_str(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Authority => "ca",
        }
    }
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
    /// Calls that are being answered.
    pub(crate) in_flight: Gauge,
    /// 1 on the way out.
    pub(crate) draining: Gauge,
    /// Open TLS connections.
    pub(crate) connections: Gauge,
    tls_not_after: Family<RoleLabel, Gauge>,
    tls_rotations: Family<RotationLabels, Counter>,
    tls_steps: Family<StepLabel, Counter>,
    ca_bundle_in_sync: Family<ConfigLabel, Gauge>,
    /// TLS handshakes that failed, for whatever reason.
    pub(crate) tls_handshake_errors: Counter,
    /// Those that failed because of the certificate of the caller.
    pub(crate) client_certificates_refused: Counter,
    /// Connections that were closed because there were too many.
    pub(crate) connections_turned_away: Counter,
    /// The same on the status port.
    pub(crate) status_connections_turned_away: Counter,
    client_authority_reloads: Family<ResultLabel, Counter>,
    settings_reloads: Family<ResultLabel, Counter>,
    settings_in_force: Gauge,
    operator: Family<OperatorLabels, Gauge>,
    references_complete: Family<NeedLabel, Gauge>,
    reference_age: Family<KindLabel, Seconds>,
    rbac_applies: Family<ApplyLabels, Counter>,
    rbac_standing: Family<ReasonLabel, Gauge>,
}

impl Metrics {
    /// Registers everything, at zero.
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
            operator: Family::default(),
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
            "Calls that got an HTTP error and no decision",
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
            "1 while the newest settings are in force, 0 while they cannot be used and the last good ones are in force",
            self.settings_in_force.clone(),
        );
        self.settings_in_force.set(1);
        registry.register(
            "operator_info",
            "What is known of the version of the operator, and who said it",
            self.operator.clone(),
        );
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
        decision: &Decision<'_>,
        took: Duration,
    ) {
        let labels = RequestLabels {
            hook: hook.as_str(),
            kind: decision.kind,
            operation: operation.as_str(),
            mode: decision.mode.as_str(),
            allowed: truth(decision.response.denial.is_none()),
            dry_run: truth(dry_run),
        };
        self.requests.get_or_create(&labels).inc();
        self.request_duration
            .get_or_create(&HookLabel { hook: hook.as_str() })
            .observe(took.as_secs_f64());
        match hook {
            Hook::Validate => self.count_findings(decision),
            Hook::Mutate => {
                self.patches.inc_by(u64::from(decision.response.patch.is_some()));
                let suggested = decision.response.audit.contains_key("suggested");
                self.suggestions.inc_by(u64::from(suggested));
                self.dropped_operations.inc_by(decision.dropped_operations as u64);
            }
        }
    }

    fn count_findings(&self, decision: &Decision<'_>) {
        for finding in &decision.judgement.findings {
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
        for skipped in &decision.judgement.skipped {
            self.findings
                .get_or_create(&FindingLabels {
                    rule: skipped.code,
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

    /// Notes until when a certificate is valid, in seconds since 1970.
    pub(crate) fn certificate(&self, role: CertificateRole, not_after: i64) {
        let role = role.as_str();
        self.tls_not_after.get_or_create(&RoleLabel { role }).set(not_after);
    }

    /// Counts a new certificate, which was taken or could not be.
    pub(crate) fn rotation(&self, role: CertificateRole, taken: bool) {
        let role = role.as_str();
        let result = result(taken);
        self.tls_rotations.get_or_create(&RotationLabels { role, result }).inc();
    }

    /// Counts a step of looking after certificates, or why there was none; `step` is one of a few words.
    pub(crate) fn tls_step(&self, step: &'static str) {
        self.tls_steps.get_or_create(&StepLabel { step }).inc();
    }

    /// Notes whether a configuration, as `validating/NAME` or `mutating/NAME`, believes what is served.
    pub(crate) fn ca_bundle_in_sync(&self, config: &str, in_sync: bool) {
        let config = config.to_owned();
        self.ca_bundle_in_sync
            .get_or_create(&ConfigLabel { config })
            .set(i64::from(in_sync));
    }

    /// Counts new settings, and notes whether they are in force.
    pub(crate) fn settings_reload(&self, taken: bool) {
        self.settings_reloads
            .get_or_create(&ResultLabel { result: result(taken) })
            .inc();
        self.settings_in_force.set(i64::from(taken));
    }

    /// Counts new client authorities, which were taken or could not be.
    pub(crate) fn client_authority_reload(&self, taken: bool) {
        self.client_authority_reloads
            .get_or_create(&ResultLabel { result: result(taken) })
            .inc();
    }

    /// Notes which operator is known, in numbers and words of ours, and who said it.
    pub(crate) fn operator(&self, version: &str, told_by: &'static str) {
        // One at a time: there is one operator.
        self.operator.clear();
        let version = version.to_owned();
        self.operator.get_or_create(&OperatorLabels { version, told_by }).set(1);
    }

    /// Notes whether everything is known that `need` stands for.
    pub(crate) fn references_complete(&self, need: &'static str, complete: bool) {
        self.references_complete
            .get_or_create(&NeedLabel { need })
            .set(i64::from(complete));
    }

    /// Notes how long ago the watch of a kind last said anything.
    pub(crate) fn reference_age(&self, kind: &'static str, age: Duration) {
        self.reference_age
            .get_or_create(&KindLabel { kind })
            .set(age.as_secs_f64());
    }

    /// Counts an apply of an account or a role by its kind and result.
    pub(crate) fn applied(&self, object: &'static str, result: &'static str) {
        self.rbac_applies.get_or_create(&ApplyLabels { object, result }).inc();
    }

    /// Notes how many matters of one reason wait for a decision of the administrator.
    pub(crate) fn unresolved(&self, reason: &'static str, count: usize) {
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
    applies: &Family<ApplyLabels, Counter>,
    standing: &Family<ReasonLabel, Gauge>,
) {
    registry.register(
        "rbac_applies",
        "Accounts and roles that were applied, or could not be",
        applies.clone(),
    );
    registry.register(
        "rbac_standing",
        "What keeps accounts and roles from being as they have to be until an administrator decides, by reason",
        standing.clone(),
    );
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn result(taken: bool) -> &'static str {
    if taken { "success" } else { "failure" }
}
