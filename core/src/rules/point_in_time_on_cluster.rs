//! NB8003.

use crate::facts::{InstanceFacts, InstanceKind};
use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// A `Neo4jRestore` brings a cluster back to a point in time only with a new operator, and not in every way.
    ///
    /// ## What it checks
    /// `spec.source.pointInTime` and `spec.source.type: pitr` of a restore whose instance is known to be a
    /// `Neo4jEnterpriseCluster`, for operators from 1.8 on. From 1.19 on a point in time is fine with `type: backup`, for one
    /// database, out of a bucket, on a Neo4j with a calendar version; `replaceExisting` beside it is warned of, because the
    /// database must not exist yet.
    ///
    /// ## Why it matters
    /// Clusters are restored by Cypher, without a Job and without `neo4j-admin`. The operator ends the restore at once
    /// with phase `Failed`, up to 1.18 without an event; operators shortly before that check restored the latest state
    /// instead. From 1.19 on the operator seeds a new database and gives Neo4j the point in time. To have the database back
    /// under its old name, restore it under another with `spec.source.sourceDatabase`, and look at it before you drop the old one.
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
        kinds: [Neo4jRestore], reads: RESTORED + ONLINE + ["spec.options.replaceExisting", "spec.force"],
        needs: [Instance, Backups], doors: All, fix: None,
        cel: NotExpressible("it needs to know whether the instance is a cluster"), since: "0.1",
        operators: [
            "1.8-1.18": Error, "a cluster is restored to no point in time";
            "1.19+": Error, "a new database of a cluster is restored to a point in time, by `type: backup` out of a bucket";
        ],
        explains: ["NB8101"],
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
        let Lookup::Found(cluster) = lookup else { return };
        if cluster.kind != InstanceKind::Cluster {
            return;
        }
        if restored::is_online(subject) {
            seeded(subject, &restore, name, cluster, inventory, report);
        } else {
            refused(subject, &restore, name, report);
        }
    }
}

/// What operators say that know no point in time of clusters.
fn refused<'a>(subject: &Subject<'a>, restore: &Restore<'a>, name: &str, report: &mut Collector) {
    let (field, what) = if restore.point_in_time().is_set() {
        (restore.point_in_time(), "a point in time")
    } else {
        (restore.source.field("type"), "`type: pitr`")
    };
    let finding = report.at(
        &field,
        format!(
            "{what} is not supported on a cluster, and {name} is one",
            name = quoted(name)
        ),
    );
    finding
        .help("create a Neo4jDatabase with spec.seedConfig.restoreUntil (Neo4j 2025.01 or later)")
        .reason(Reason::NotSupported);
    // One of the operators that it may be does.
    if restored::may_be_online(subject) && restore.source_type() == Some(SourceType::Backup) {
        finding.severity(Severity::Warning);
    }
}

/// What operators say that seed a new database to a point in time.
fn seeded<'a>(
    subject: &Subject<'a>,
    restore: &Restore<'a>,
    name: &str,
    cluster: &InstanceFacts,
    inventory: &Inventory,
    report: &mut Collector,
) {
    let name = quoted(name);
    let field = restore.point_in_time();
    let from_volume = restored::store_of_source(subject, restore, inventory) == Some(StoreType::Pvc);
    let (field, message, help) = match restore.source_type() {
        Some(SourceType::Pitr) => (
            restore.source.field("type"),
            format!("`type: pitr` is not supported on a cluster, and {name} is one"),
            "use `type: backup` with backupRef and pointInTime",
        ),
        Some(SourceType::Storage) => (
            field,
            format!("cluster {name} is restored to a point in time only from a backup that is named"),
            "use `type: backup` with backupRef",
        ),
        _ if restore.all_databases().is_true() => (
            field,
            format!("cluster {name} is restored to a point in time one database at a time"),
            "name the database",
        ),
        _ if from_volume => (
            field,
            format!(
                "cluster {name} is restored to a point in time only out of a bucket, and the backup is on a volume"
            ),
            "use a backup in a bucket, or leave the point in time out",
        ),
        _ if cluster.cannot_seed_point_in_time() => (
            field,
            format!("Neo4j 5.x cannot be seeded to a point in time, and cluster {name} runs it"),
            "upgrade it to 2025.01 or later first",
        ),
        _ if restore.confirms_overwriting() => {
            report
                .at(
                    &field,
                    format!("cluster {name} is restored to a point in time only as a database that does not exist yet"),
                )
                .help("restore under a new name, with source.sourceDatabase, and without `replaceExisting`")
                .severity(Severity::Warning);
            return;
        }
        _ => {
            if restored::reminds_of_older(subject) {
                report
                    .at(
                        &field,
                        format!("operators up to 1.18 refuse a point in time on a cluster, and {name} is one"),
                    )
                    .help("there, create a Neo4jDatabase with spec.seedConfig.restoreUntil (Neo4j 2025.01 or later)")
                    .severity(Severity::Info);
            }
            return;
        }
    };
    report.at(&field, message).help(help).reason(Reason::NotSupported);
}
