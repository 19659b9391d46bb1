//! NB8006.

use jiff::SignedDuration;

use crate::rule::prelude::*;
use crate::subject::restored;
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
    /// wrong year or a wrong offset goes unnoticed until somebody misses the mistake that was to be undone. From operator
    /// 1.19 on a restore of `type: backup` needs a run that began at or after the moment, which no run did: the restore of a
    /// cluster fails, and a standalone is stopped for a Job that restores everything there is.
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
        reads: RESTORED + ["spec.source.pointInTime", "spec.source.type", "spec.seedConfig.restoreUntil"],
        needs: [Instance, Clock], doors: All, fix: None,
        cel: NotExpressible("CEL in the API server has no clock"), since: "0.1",
        changes: [
            restored::ONLINE, "a point in time needs a run that began at or after it, so that one in the future fails on a cluster, and stops a standalone";
        ],
    }
}

/// Clocks differ, and whoever writes "now" is not wrong by the time it is read.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

impl Rule for PointInTimeInFuture {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let field = match subject.kind {
            Kind::Neo4jRestore => subject.field("spec.source.pointInTime"),
            _ => subject.field("spec.seedConfig.restoreUntil"),
        };
        let Some(text) = field.text() else { return };
        let Ok(point) = point_in_time::parse(text) else { return };
        if point.timestamp().duration_since(subject.now) > TOLERANCE {
            let effect = if fails(subject, inventory) {
                "so that no run of the backup began at or after it, and the restore of a cluster fails"
            } else {
                "so that everything there is would be restored"
            };
            report
                .at(&field, format!("{} is in the future, {effect}", quoted(text)))
                .help("write the last good moment, or remove the field for the latest state");
        }
    }
}

/// Whether the operator refuses it: where it seeds a cluster from a run that began at or after the moment.
fn fails(subject: &Subject<'_>, inventory: &Inventory) -> bool {
    let Some(restore) = subject.restore() else { return false };
    let instance = restored::instance(subject, &restore, inventory);
    restored::is_online(subject)
        && restore.source_type() == Some(SourceType::Backup)
        && instance.is_some_and(|(_, lookup)| restored::is_cluster(&lookup))
}
