//! NB1016.

use crate::rule::prelude::*;

declare_rule! {
    /// A replica elsewhere can follow one chain of backups of one database, and nothing else.
    ///
    /// ## What it checks
    /// A backup in the mode `replication-source` names one `database`, has a `schedule`, and has no `retention`.
    ///
    /// ## Why it matters
    /// The operator does not run such a backup: a replica reads the chain of one database, a single run makes
    /// no chain, and retention would remove what a differential backup rests on. That nothing else may write to its place
    /// is another rule's to say (NB7010).
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   mode: replication-source
    ///   allDatabases: true
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   mode: replication-source
    ///   database: orders
    ///   schedule: "*/15 * * * *"
    /// ```
    ReplicationSourceUnfit {
        code: "NB1016", name: "replication-source-unfit", severity: Error,
        kinds: [Neo4jBackup], reads: [
            "spec.mode", "spec.allDatabases", "spec.shardedDatabase", "spec.retention", "spec.schedule",
        ],
        needs: [], doors: All, fix: None, cel: Expressible, since: "0.1",
        operators: ["1.15+": Error, "the operator marks such a backup `Invalid`"],
    }
}

impl Rule for ReplicationSourceUnfit {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        if subject.field("spec.mode").text() != Some("replication-source") {
            return;
        }
        let (all, sharded) = (
            subject.field("spec.allDatabases"),
            subject.field("spec.shardedDatabase"),
        );
        let other_scope = if all.is_true() {
            Some(all)
        } else {
            sharded.text().map(|_| sharded)
        };
        if let Some(field) = other_scope {
            report
                .at(&field, "a replication source is of one database")
                .help("set `database` instead");
        }
        let retention = subject.field("spec.retention");
        if retention.node().is_some_and(|node| node.as_map().is_some()) {
            report
                .at(
                    &retention,
                    "a replication source has no retention, which would break the chain",
                )
                .help("remove it")
                .reason(Reason::Forbidden);
        }
        let schedule = subject.field("spec.schedule");
        if schedule.node().is_none_or(|node| node.as_str() == Some("")) {
            report
                .missing(
                    &schedule,
                    "a replication source needs a schedule, because one run makes no chain",
                )
                .help("set it, for example to `*/15 * * * *`");
        }
    }
}
