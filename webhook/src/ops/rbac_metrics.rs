//! What the server says of the reconciler: its metrics. The plan is the engine's, the writes are those of `cluster`.

use std::sync::Arc;

use neo4jbackup_cluster::{Ensure, Notice, Outcome};
use neo4jbackup_core::ensure::Report;
use neo4jbackup_core::schema::Era;

use crate::app::App;
use crate::ops::metrics::Metrics;

/// The reconciler, by the settings that are in force, and with what it does among the metrics.
pub(crate) fn ensure(state: Arc<App>, operator: Option<Era>) -> Ensure {
    let settings = {
        let state = Arc::clone(&state);
        move || state.settings()
    };
    Ensure::new(settings, operator, move |notice| count(&state.metrics, notice))
}

fn count(metrics: &Metrics, notice: &Notice<'_>) {
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
