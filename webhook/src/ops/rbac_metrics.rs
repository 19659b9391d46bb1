//! The metrics of the reconciler of accounts and roles. The plan is the engine's, the writes are those of `cluster`.

use neo4jbackup_cluster::{ApplyOutcome, RbacEvent};
use neo4jbackup_core::ensure::Issue;

use crate::ops::metrics::Metrics;

/// Counts what the reconciler does, and what stands in its way.
pub(crate) fn count(metrics: &Metrics, event: &RbacEvent<'_>) {
    match event {
        RbacEvent::Apply(object, outcome) => {
            let result = match outcome {
                ApplyOutcome::Applied => "success",
                ApplyOutcome::Conflict => "conflict",
                ApplyOutcome::Forbidden => "forbidden",
                ApplyOutcome::Gone => "gone",
                ApplyOutcome::Failed => "failure",
            };
            metrics.applied(object.kind(), result);
        }
        RbacEvent::Unresolved(issues) => {
            for reason in REASONS {
                let count = issues.iter().filter(|issue| reason_of(issue) == reason).count();
                metrics.unresolved(reason, count);
            }
        }
    }
}

/// Each of them is always there, so that an alert can tell none from unknown.
const REASONS: [&str; 4] = ["identity_conflict", "malformed", "binding_elsewhere", "leftover_role"];

fn reason_of(report: &Issue) -> &'static str {
    match report {
        Issue::IdentityConflict { .. } => "identity_conflict",
        Issue::Malformed { .. } => "malformed",
        Issue::BindingElsewhere { .. } => "binding_elsewhere",
        Issue::LeftoverRole { .. } => "leftover_role",
    }
}
