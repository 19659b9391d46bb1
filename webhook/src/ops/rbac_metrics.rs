//! The metrics of the reconciler of accounts and roles. The plan is the engine's, the writes are those of `cluster`.

use neo4jbackup_cluster::{Notice, Outcome};
use neo4jbackup_core::ensure::Report;

use crate::ops::metrics::Metrics;

/// Counts what the reconciler does, and what stands in its way.
pub(crate) fn count(metrics: &Metrics, notice: &Notice<'_>) {
    match notice {
        Notice::Apply(object, outcome) => {
            let result = match outcome {
                Outcome::Applied => "success",
                Outcome::Conflict => "conflict",
                Outcome::Forbidden => "forbidden",
                Outcome::Gone => "gone",
                Outcome::Failed => "failure",
            };
            metrics.applied(object.kind(), result);
        }
        Notice::Standing(reports) => {
            for reason in REASONS {
                let count = reports.iter().filter(|report| reason_of(report) == reason).count();
                metrics.standing(reason, count);
            }
        }
    }
}

/// Each of them is always there, so that an alert can tell none from unknown.
const REASONS: [&str; 4] = ["identity_conflict", "malformed", "binding_elsewhere", "leftover_role"];

fn reason_of(report: &Report) -> &'static str {
    match report {
        Report::IdentityConflict { .. } => "identity_conflict",
        Report::Malformed { .. } => "malformed",
        Report::BindingElsewhere { .. } => "binding_elsewhere",
        Report::LeftoverRole { .. } => "leftover_role",
    }
}
