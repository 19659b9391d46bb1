//! NB8003.

use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// A `Neo4jRestore` cannot bring a cluster back to a point in time.
    ///
    /// ## What it checks
    /// `spec.source.pointInTime` and `spec.source.type: pitr` of a restore whose instance is known to be a
    /// `Neo4jEnterpriseCluster`, for operators from 1.8 on.
    ///
    /// ## Why it matters
    /// Clusters are restored by Cypher, without a Job and without `neo4j-admin`. The operator ends the restore at once
    /// with phase `Failed`, without an event; operators shortly before that check restored the latest state instead.
    ///
    /// ## Bad
    /// ```yaml
    /// kind: Neo4jRestore
    /// spec:
    ///   instanceRef: a-cluster
    ///   database: orders
    ///   source: {type: backup, backupRef: daily, pointInTime: "2025-01-15T14:30:00Z"}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// kind: Neo4jDatabase
    /// spec:
    ///   clusterRef: a-cluster
    ///   name: orders
    ///   seedURI: s3://backups/daily/orders.backup
    ///   seedConfig: {restoreUntil: "2025-01-15T14:30:00Z"}
    /// ```
    PointInTimeOnCluster {
        code: "NB8003", name: "point-in-time-on-cluster", severity: Error,
        kinds: [Neo4jRestore], reads: RESTORED + ["spec.source.pointInTime", "spec.source.type"], needs: [Instance],
        doors: All, fix: None, cel: NotExpressible("it needs to know whether the instance is a cluster"), since: "0.1",
    }
}

impl Rule for PointInTimeOnCluster {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        if !restore.is_point_in_time() || !restored::by_engine(subject) {
            return;
        }
        let Some((name, lookup)) = restored::instance(subject, &restore, inventory) else {
            return;
        };
        if let Lookup::Unknown(why) = &lookup {
            report.skip(
                Need::Instance,
                format!("whether {name} is a cluster", name = quoted(name)),
                why,
            );
        }
        if !restored::is_cluster(&lookup) {
            return;
        }
        let (field, what) = if restore.point_in_time().is_set() {
            (restore.point_in_time(), "a point in time")
        } else {
            (restore.source.field("type"), "`type: pitr`")
        };
        report
            .at(
                &field,
                format!(
                    "{what} is not supported on a cluster, and {name} is one",
                    name = quoted(name)
                ),
            )
            .help("create a Neo4jDatabase with spec.seedConfig.restoreUntil (Neo4j 2025.01 or later)")
            .reason(Reason::NotSupported);
    }
}
