//! What the cluster says of its operator, put in force under a running server.

use std::sync::Arc;

use neo4jbackup_cluster::OperatorFacts;
use neo4jbackup_core::operator::Operator;
use tokio::sync::watch::Receiver;

use crate::admission::current_operator::{CurrentOperator, KnownOperator};
use crate::ops::metrics::Metrics;

/// Puts what is known in force whenever it changes, for as long as somebody may find out more. `told` is the version that
/// the webhook was started with.
pub(crate) async fn follow_operator(
    current: Arc<CurrentOperator>,
    metrics: Arc<Metrics>,
    mut facts: Receiver<OperatorFacts>,
    told: Option<Operator>,
) {
    note(&metrics, &current.load());
    while facts.changed().await.is_ok() {
        let OperatorFacts { served, deployed } = facts.borrow_and_update().clone();
        let known = KnownOperator::of(served, deployed.as_deref(), told);
        let is_other = {
            let before = current.load();
            (before.operator, before.told_by) != (known.operator, known.told_by)
        };
        current.replace(known);
        if is_other {
            note(&metrics, &current.load());
        }
    }
}

fn note(metrics: &Metrics, known: &KnownOperator) {
    let (operator, told_by) = (label(known), known.told_by.as_str());
    metrics.operator(&operator, told_by);
    tracing::info!(operator, told_by, served = ?known.served, "what is known of the operator");
}

/// The version in words of ours: whatever an image or a label says, only numbers get here.
fn label(known: &KnownOperator) -> String {
    let versions = known.operator.map(|operator| operator.to_string());
    let numbers = |versions: String| versions.trim_start_matches("operator ").to_owned();
    versions.map_or_else(|| "unknown".to_owned(), numbers)
}
