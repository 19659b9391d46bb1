//! Applies what the engine plans for accounts and roles, and says what came of it.
//!
//! The plan is made from the watch caches, so looking costs nothing and nothing is asked of the API server until something
//! has to change. Every change of the caches leads to another look, and so does the passing of time. Each replica does
//! the same: server-side apply makes the second of two equal writes a write of nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use kube::Client;
use kube::api::{Api, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::Status;
use neo4jbackup_core::domain::WEBHOOK_NAME;
use neo4jbackup_core::rbac::{Apply, FIELD_MANAGER, Issue, ROLE, ROLE_BINDING, RbacObject, plan};
use neo4jbackup_core::schema::Era;
use neo4jbackup_core::settings::Settings;
use serde_json::json;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep, timeout};

use crate::error_chain::chain;
use crate::resource;
use crate::shared_inventory::SharedInventory;

/// Changes come in bursts; one look is enough for all of them.
const GATHERING: Duration = Duration::from_millis(200);

/// The longest time between two looks.
const RESYNC: Duration = Duration::from_secs(15);

/// The longest that one write may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The first and the longest pause before the same object is written again. Where something else keeps undoing what is
/// applied, the two of them settle at one write in five minutes.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// An object that had to be written so long ago starts again with the first pause.
const FORGETTING: Duration = Duration::from_secs(600);

/// How often an Event is made for something that stays as it is. The API server keeps one for an hour.
const EVENT_INTERVAL: Duration = Duration::from_secs(3000);

type CurrentSettings = Box<dyn Fn() -> Arc<Settings> + Send + Sync>;
type Listener = Box<dyn Fn(&RbacEvent<'_>) + Send + Sync>;

/// The result of one apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApplyOutcome {
    /// It is as it has to be.
    Applied,
    /// Somebody else says otherwise of the same field; nothing was written.
    Conflict,
    /// The account of this program may not do that.
    Forbidden,
    /// The namespace is gone or on its way out.
    Gone,
    /// Anything else; it is tried again.
    Failed,
}

/// What is reported while it runs.
#[derive(Debug)]
pub enum RbacEvent<'n> {
    /// An apply was tried.
    Apply(RbacObject, ApplyOutcome),
    /// Everything that an administrator has to decide, after each look.
    Unresolved(&'n [Issue]),
}

/// Keeps accounts and roles as they have to be.
pub struct RbacReconciler {
    settings: CurrentSettings,
    operator: Option<Era>,
    listener: Listener,
}

impl fmt::Debug for RbacReconciler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RbacReconciler")
            .field("operator", &self.operator)
            .finish_non_exhaustive()
    }
}

impl RbacReconciler {
    /// By the settings that are in force at each moment, for the operator version that is installed when somebody says
    /// which; `listener` hears what happens.
    pub fn new(
        settings: impl Fn() -> Arc<Settings> + Send + Sync + 'static,
        operator: Option<Era>,
        listener: impl Fn(&RbacEvent<'_>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            settings: Box::new(settings),
            operator,
            listener: Box::new(listener),
        }
    }

    /// Looks, applies and waits, until the watches end.
    pub(crate) async fn run(self, client: Client, inventory: SharedInventory, mut changes: Receiver<u64>) {
        let mut backoff = Backoff::default();
        let mut known = BTreeSet::new();
        let mut told = BTreeMap::new();
        loop {
            changes.mark_unchanged();
            let plan = plan(&inventory.load(), &(self.settings)(), self.operator);
            (self.listener)(&RbacEvent::Unresolved(&plan.issues));
            self.report(&client, &plan.issues, &mut known, &mut told).await;
            for planned in &plan.applies {
                if backoff.is_due(planned, Instant::now()) {
                    let outcome = apply(&client, planned).await;
                    (self.listener)(&RbacEvent::Apply(planned.object, outcome));
                }
            }
            let wait = backoff.next(&plan.applies, Instant::now());
            match timeout(wait, changes.changed()).await {
                // The watches have ended, and with them this program.
                Ok(Err(_)) => return,
                Ok(Ok(())) => sleep(GATHERING).await,
                Err(_) => {}
            }
        }
    }

    /// Logs what is new among the issues, and makes an Event of each Role that is left over.
    async fn report(
        &self,
        client: &Client,
        issues: &[Issue],
        known: &mut BTreeSet<Issue>,
        told: &mut BTreeMap<String, Instant>,
    ) {
        for report in issues {
            if known.insert(report.clone()) {
                log(report);
            }
            let Issue::LeftoverRole { namespace, uid } = report else {
                continue;
            };
            let now = Instant::now();
            let is_due = told.get(uid).is_none_or(|at| now.duration_since(*at) >= EVENT_INTERVAL);
            if is_due {
                told.insert(uid.clone(), now);
                tell(client, namespace, uid).await;
            }
        }
        known.retain(|report| issues.contains(report));
        // What has not been told for so long is told anew in any case, and may be gone.
        told.retain(|_, at| at.elapsed() < EVENT_INTERVAL);
    }
}

fn log(report: &Issue) {
    match report {
        Issue::IdentityConflict {
            namespace,
            account,
            provider,
        } => {
            let account = account.name();
            tracing::warn!(namespace, account, %provider, "more than one identity is wanted; none was written");
        }
        Issue::Malformed { namespace, provider } => {
            tracing::warn!(namespace, %provider, "the declared identity is malformed; it was not written");
        }
        Issue::BindingElsewhere { namespace } => {
            tracing::warn!(
                namespace,
                binding = ROLE_BINDING,
                role = ROLE,
                "the RoleBinding gives the backup account other rights than its Jobs need, and what it gives cannot be \
                 changed; delete it and the Role, and it is made anew"
            );
        }
        Issue::LeftoverRole { namespace, .. } => {
            tracing::warn!(
                namespace,
                role = ROLE,
                "a role that no operator needs any more grants pods/exec"
            );
        }
    }
}

/// When which object may be written again.
#[derive(Debug, Default)]
struct Backoff(BTreeMap<(String, RbacObject), Attempt>);

#[derive(Debug)]
struct Attempt {
    at: Instant,
    pause: Duration,
    manifest: serde_json::Value,
}

impl Backoff {
    /// Whether an apply may be tried now; if so, the next one has to wait longer. Something else that is to be written
    /// need not wait.
    fn is_due(&mut self, apply: &Apply, now: Instant) -> bool {
        let key = (apply.namespace.clone(), apply.object);
        let before = self.0.get(&key).filter(|attempt| attempt.manifest == apply.manifest);
        let pause = match before {
            Some(attempt) if now.duration_since(attempt.at) < attempt.pause => return false,
            Some(attempt) if now.duration_since(attempt.at) < FORGETTING => (attempt.pause * 2).min(PAUSES.1),
            _ => PAUSES.0,
        };
        let manifest = apply.manifest.clone();
        self.0.insert(
            key,
            Attempt {
                at: now,
                pause,
                manifest,
            },
        );
        true
    }

    /// How long until an apply that is still wanted may be tried again.
    fn next(&mut self, wanted: &[Apply], now: Instant) -> Duration {
        self.0.retain(|_, attempt| now.duration_since(attempt.at) < FORGETTING);
        let left = wanted.iter().filter_map(|apply| {
            let attempt = self.0.get(&(apply.namespace.clone(), apply.object))?;
            Some((attempt.at + attempt.pause).saturating_duration_since(now))
        });
        left.min().unwrap_or(RESYNC).min(RESYNC)
    }
}

async fn apply(client: &Client, apply: &Apply) -> ApplyOutcome {
    let resource = match apply.object {
        RbacObject::ServiceAccount(_) => resource::service_accounts(),
        RbacObject::RoleBinding => resource::role_bindings(),
    };
    let objects: Api<DynamicObject> = Api::namespaced_with(client.clone(), &apply.namespace, &resource);
    let mut parameters = PatchParams::apply(FIELD_MANAGER);
    parameters.force = apply.force;
    let patch = Patch::Apply(&apply.manifest);
    let answer = timeout(PATIENCE, objects.patch(apply.object.name(), &parameters, &patch)).await;
    let (outcome, reason) = match answer {
        Ok(Ok(_)) => (ApplyOutcome::Applied, String::new()),
        Ok(Err(error)) => (outcome(&error), chain(&error)),
        Err(_) => (ApplyOutcome::Failed, "there was no answer".to_owned()),
    };
    let (namespace, object) = (&apply.namespace, apply.object.name());
    match outcome {
        ApplyOutcome::Applied => tracing::info!(namespace, object, "applied"),
        ApplyOutcome::Gone => tracing::debug!(namespace, object, reason, "the namespace is gone"),
        ApplyOutcome::Conflict => {
            tracing::warn!(namespace, object, "somebody else says otherwise; nothing was written");
        }
        ApplyOutcome::Forbidden => tracing::warn!(namespace, object, reason, "not allowed to apply"),
        ApplyOutcome::Failed => tracing::warn!(namespace, object, reason, "could not apply"),
    }
    outcome
}

fn outcome(error: &kube::Error) -> ApplyOutcome {
    match error {
        kube::Error::Api(status) => match status.code {
            403 if is_of_terminating_namespace(status) => ApplyOutcome::Gone,
            403 => ApplyOutcome::Forbidden,
            404 => ApplyOutcome::Gone,
            409 => ApplyOutcome::Conflict,
            _ => ApplyOutcome::Failed,
        },
        _ => ApplyOutcome::Failed,
    }
}

/// The API server refuses to make anything in a namespace that is going, and says so as the cause of a 403.
fn is_of_terminating_namespace(status: &Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes.into_iter().any(|cause| cause.reason == "NamespaceTerminating")
}

/// Makes an Event on a Role that is left over. Its name follows from the Role: of several replicas the first one makes it.
async fn tell(client: &Client, namespace: &str, uid: &str) {
    let name = format!("{ROLE}.leftover-{uid}");
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let event = json!({
        "apiVersion": "v1", "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "name": ROLE, "namespace": namespace, "uid": uid,
        },
        "type": "Warning", "reason": "LeftoverRole", "count": 1, "firstTimestamp": now, "lastTimestamp": now,
        "message": format!(
            "Operators from 1.0 on need no rights for their Jobs, and this Role grants pods/exec in {namespace}; \
             delete it and its RoleBinding once no older operator runs"
        ),
        "source": {"component": WEBHOOK_NAME},
        "reportingComponent": WEBHOOK_NAME, "reportingInstance": "",
    });
    let events: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource::events());
    let event: Result<DynamicObject, _> = serde_json::from_value(event);
    let Ok(event) = event else { return };
    match timeout(PATIENCE, events.create(&PostParams::default(), &event)).await {
        Ok(Ok(_)) => {}
        Ok(Err(kube::Error::Api(status))) if status.code == 409 => {}
        Ok(Err(error)) => tracing::warn!(
            namespace,
            error = chain(&error),
            "no Event could be made of a role that is left over"
        ),
        Err(_) => tracing::warn!(namespace, "no Event could be made in time of a role that is left over"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// The outcome of a status as the API server writes it.
    fn outcome_of(status: serde_json::Value) -> ApplyOutcome {
        let status: Status = serde_json::from_value(status).unwrap();
        outcome(&kube::Error::Api(status.boxed()))
    }

    #[test]
    fn the_cause_tells_a_namespace_that_is_going_from_a_right_that_is_missing() {
        let terminating = |message: &str| {
            json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
                "reason": "Forbidden", "code": 403,
                "details": {"name": "neo4j-backup-sa", "kind": "serviceaccounts", "causes": [{
                    "reason": "NamespaceTerminating", "message": "namespace graph is being terminated",
                    "field": "metadata.namespace",
                }]},
            })
        };
        let usual = "serviceaccounts \"neo4j-backup-sa\" is forbidden: unable to create new content in namespace graph \
                     because it is being terminated";
        assert_eq!(outcome_of(terminating(usual)), ApplyOutcome::Gone);
        assert_eq!(outcome_of(terminating("in other words")), ApplyOutcome::Gone);

        let refused =
            |message: &str| json!({"status": "Failure", "message": message, "reason": "Forbidden", "code": 403});
        assert_eq!(outcome_of(refused("no right to patch")), ApplyOutcome::Forbidden);
        // Anybody who writes an admission webhook chooses the words of a refusal.
        assert_eq!(
            outcome_of(refused("because it is being terminated")),
            ApplyOutcome::Forbidden
        );
    }
}
