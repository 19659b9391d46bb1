//! From the bytes of a call to the bytes of its answer. No sockets: the whole webhook can be called as a function.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::http::StatusCode;
use jiff::Timestamp;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::schema::ServedSchemas;
use neo4jbackup_core::settings::{Mode, Settings};

use crate::admission::current_operator::{CurrentOperator, KnownOperator};
use crate::admission::decision::{Basis, Decision, codes};
use crate::admission::effective_settings::CurrentSettings;
use crate::admission::fault::Fault;
use crate::admission::hook::Hook;
use crate::admission::judge;
use crate::admission::review::{Request, decode};
use crate::limits::Limits;
use crate::ops::clock::Now;
use crate::ops::metrics::Metrics;
use crate::ops::readiness::Readiness;
use crate::ops::status_server::Status;
use crate::ops::telemetry::Telemetry;

pub use neo4jbackup_cluster::SharedInventory;

/// What goes back to the API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 200 with an `AdmissionReview`, or an HTTP error with one sentence.
    pub status: StatusCode,
    /// JSON with status 200, text with any other.
    pub body: Bytes,
}

impl Reply {
    /// Makes an HTTP error with the text of the fault as its body.
    pub(crate) fn fault(fault: &Fault) -> Self {
        Self {
            status: fault.status(),
            body: Bytes::from(printable(fault.to_string()).into_owned()),
        }
    }
}

type Interruption = Box<dyn Fn(&Request<'_>) + Send + Sync>;

/// The webhook without sockets: settings, what is known of other objects, and the time.
pub struct App {
    settings: Arc<CurrentSettings>,
    inventory: SharedInventory,
    clock: Now,
    operator: Arc<CurrentOperator>,
    interruption: Option<Interruption>,
    /// What a call may cost in time and memory.
    pub limits: Limits,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Whether calls should be sent here.
    pub(crate) readiness: Arc<Readiness>,
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("App")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Makes a webhook with these settings and references; `clock` is asked for the time of each decision.
    pub fn new(
        settings: Settings,
        inventory: SharedInventory,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        Self {
            settings: Arc::new(CurrentSettings::new(settings)),
            inventory,
            clock: Arc::new(clock),
            operator: Arc::default(),
            interruption: None,
            limits: Limits::default(),
            metrics: Arc::new(Metrics::new()),
            readiness: Arc::default(),
        }
    }

    /// The operator version that is installed, where the API version alone does not say, until the cluster says more.
    #[must_use]
    pub fn with_operator(self, operator: Option<Operator>) -> Self {
        self.operator
            .replace(KnownOperator::of(ServedSchemas::default(), None, operator));
        self
    }

    /// Sets the limits of time, memory and number.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Something that happens with each review before it is judged. Tests block or panic here, to see that a fault of
    /// the webhook is never a denial.
    #[must_use]
    pub fn with_interruption(mut self, interruption: impl Fn(&Request<'_>) + Send + Sync + 'static) -> Self {
        self.interruption = Some(Box::new(interruption));
        self
    }

    /// Puts other settings in force, for every review that comes after.
    pub fn set_settings(&self, settings: Settings) {
        self.settings.replace(settings);
    }

    /// Returns the settings of the moment, which can be replaced there.
    pub(crate) fn settings(&self) -> Arc<CurrentSettings> {
        Arc::clone(&self.settings)
    }

    /// Returns what is known of the operator, which can be replaced there.
    pub(crate) fn operator(&self) -> Arc<CurrentOperator> {
        Arc::clone(&self.operator)
    }

    /// Returns metrics and readiness, for parts of the server that report to them.
    pub(crate) fn telemetry(&self) -> Telemetry {
        Telemetry {
            metrics: Arc::clone(&self.metrics),
            readiness: Arc::clone(&self.readiness),
        }
    }

    /// Returns what the status port tells.
    pub(crate) fn status(&self) -> Status {
        Status {
            metrics: Arc::clone(&self.metrics),
            readiness: Arc::clone(&self.readiness),
            inventory: Arc::clone(&self.inventory),
            now: Arc::clone(&self.clock),
        }
    }

    /// Returns what is known of other objects; reading it never waits.
    pub fn inventory(&self) -> &SharedInventory {
        &self.inventory
    }

    /// Answers the body of a call of `/validate`.
    pub fn validate_bytes(&self, body: &[u8]) -> Reply {
        self.answer(Hook::Validate, None, body)
    }

    /// Answers the body of a call of `/mutate`.
    pub fn mutate_bytes(&self, body: &[u8]) -> Reply {
        self.answer(Hook::Mutate, None, body)
    }

    /// Answers a call; `asked` is the mode that its address asks for. A panic anywhere below is a fault like any other.
    pub fn answer(&self, hook: Hook, asked: Option<Mode>, body: &[u8]) -> Reply {
        let answered = catch_unwind(AssertUnwindSafe(|| self.try_answer(hook, asked, body)));
        answered
            .unwrap_or(Err(Fault::Panic))
            .unwrap_or_else(|fault| self.fail(hook, &fault))
    }

    /// Returns what a decision rests on at this moment.
    fn basis<'b>(&self, settings: &'b Settings, inventory: &'b Inventory, operator: &'b KnownOperator) -> Basis<'b> {
        Basis {
            settings,
            inventory,
            operator,
            now: (self.clock)(),
        }
    }

    /// Answers a call whose review is too large to judge, of which no more is known than `request`: by the settings, as a
    /// judgement like any other. A fault would let the object pass where `failurePolicy` is `Ignore`.
    pub(crate) fn too_large(&self, hook: Hook, asked: Option<Mode>, request: &Request<'_>) -> Reply {
        let start = Instant::now();
        let (settings, inventory, operator) = (self.settings.load(), self.inventory.load(), self.operator.load());
        let basis = self.basis(settings.of(asked), &inventory, &operator);
        let decision = judge::too_large(hook, request, &basis);
        if decision.response.audit.contains_key(judge::OVERSIZE) {
            let allowed = decision.response.denial.is_none();
            self.metrics.too_large(allowed);
            tracing::warn!(
                hook = hook.as_str(),
                operation = request.operation.as_str(),
                kind = decision.kind,
                namespace = %request.namespace,
                name = %request.name,
                allowed,
                "too large to judge"
            );
        }
        self.reply(hook, request, decision, start)
    }

    /// Counts and logs a fault, and makes a reply of it.
    pub(crate) fn fail(&self, hook: Hook, fault: &Fault) -> Reply {
        self.metrics.failed(fault);
        tracing::warn!(hook = hook.as_str(), stage = fault.stage(), reason = %fault, "no opinion");
        Reply::fault(fault)
    }

    fn try_answer(&self, hook: Hook, asked: Option<Mode>, body: &[u8]) -> Result<Reply, Fault> {
        let start = Instant::now();
        let request = decode(body).map_err(Fault::Decode)?;
        if let Some(interruption) = &self.interruption {
            interruption(&request);
        }
        let (settings, inventory, operator) = (self.settings.load(), self.inventory.load(), self.operator.load());
        let basis = self.basis(settings.of(asked), &inventory, &operator);
        let decision = match hook {
            Hook::Validate => judge::validate(&request, &basis),
            Hook::Mutate => judge::mutate(&request, &basis),
        };
        Ok(self.reply(hook, &request, decision, start))
    }

    /// Counts and logs an decision, and makes a reply of it.
    fn reply(&self, hook: Hook, request: &Request<'_>, decision: Decision<'_>, start: Instant) -> Reply {
        let dry_run = request.dry_run == Some(true);
        self.metrics
            .answered(hook, request.operation, dry_run, &decision, start.elapsed());
        log(hook, request, &decision);
        Reply {
            status: StatusCode::OK,
            body: Bytes::from(decision.response.into_json()),
        }
    }
}

/// One line for each denial, with codes and without values.
fn log(hook: Hook, request: &Request<'_>, decision: &Decision<'_>) {
    if decision.dropped_operations > 0 {
        tracing::error!(
            codes = codes(&decision.judgement.findings),
            "a default would have changed a value that is there; it was left out"
        );
    }
    let Some(denial) = &decision.response.denial else {
        return;
    };
    tracing::info!(
        hook = hook.as_str(),
        operation = request.operation.as_str(),
        kind = %request.kind.kind,
        namespace = %request.namespace,
        name = %denial.name,
        dry_run = request.dry_run == Some(true),
        codes = codes(decision.judgement.findings.iter().filter(|finding| finding.denies())),
        "denied"
    );
}

/// References for those who need none.
pub fn no_references() -> SharedInventory {
    SharedInventory::default()
}
