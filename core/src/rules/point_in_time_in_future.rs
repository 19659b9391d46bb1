//! NB8006.

use jiff::SignedDuration;

use crate::rule::prelude::*;
use crate::values::point_in_time;

declare_rule! {
    /// A point in time in the future means the latest state, and probably a slip of the pen.
    ///
    /// ## What it checks
    /// `spec.source.pointInTime` of a restore and `spec.seedConfig.restoreUntil` of a database lie at most five minutes
    /// after the time of the judgement.
    ///
    /// ## Why it matters
    /// Nothing refuses it. Transactions are replayed until there are no more, as if no point in time had been given; a
    /// wrong year or a wrong offset goes unnoticed until somebody misses the mistake that was to be undone.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   source:
    ///     pointInTime: "2099-01-15T14:30:00Z"
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   source:
    ///     pointInTime: "2025-01-15T14:30:00Z"
    /// ```
    PointInTimeInFuture {
        code: "NB8006", name: "point-in-time-in-future", severity: Warning,
        kinds: [Neo4jRestore, Neo4jDatabase, Neo4jShardedDatabase],
        reads: ["spec.source.pointInTime", "spec.seedConfig.restoreUntil"],
        needs: [Clock], doors: All, fix: None,
        cel: NotExpressible("CEL in the API server has no clock"), since: "0.1",
    }
}

/// Clocks differ, and whoever writes "now" is not wrong by the time it is read.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

impl Rule for PointInTimeInFuture {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let field = match subject.kind {
            Kind::Neo4jRestore => subject.field("spec.source.pointInTime"),
            _ => subject.field("spec.seedConfig.restoreUntil"),
        };
        let Some(text) = field.text() else { return };
        let Ok(point) = point_in_time::parse(text) else { return };
        if point.timestamp().duration_since(subject.now) > TOLERANCE {
            report
                .at(
                    &field,
                    format!(
                        "{} is in the future, so that everything there is would be restored",
                        quoted(text)
                    ),
                )
                .help("write the last good moment, or remove the field for the latest state");
        }
    }
}
