//! NB8018.

use crate::rule::prelude::*;

declare_rule! {
    /// A sharded database is not restored by a `Neo4jRestore`.
    ///
    /// ## What it checks
    /// No `Neo4jShardedDatabase` that is known declares the restored database on the restored instance. For operators from
    /// 1.14 on; older ones are warned of.
    ///
    /// ## Why it matters
    /// A sharded database consists of several, each with an artifact of its own. The operator ends such a restore in phase
    /// `Failed` without an event: "use the `Neo4jShardedDatabase` restore path instead".
    ///
    /// ## Bad
    /// ```yaml
    /// kind: Neo4jShardedDatabase
    /// metadata: {name: products}
    /// spec: {clusterRef: prod, name: products}
    /// ---
    /// kind: Neo4jRestore
    /// spec: {instanceRef: prod, database: products, source: {type: backup, backupRef: daily}}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// kind: Neo4jShardedDatabase
    /// metadata: {name: products}
    /// spec: {clusterRef: prod, name: products, seedBackupRef: daily, replaceExisting: true, force: true}
    /// ```
    ShardedDatabaseRestored {
        code: "NB8018", name: "sharded-database-restored", severity: Error,
        kinds: [Neo4jRestore], reads: RESTORED + ["spec.database", "spec.databaseName"], needs: [ShardedDatabases],
        doors: All, fix: None, cel: NotExpressible("it looks at another object"), since: "0.1",
        operators: [
            "1.8-1.13": Warning, "what the operator says of it was not seen";
            "1.14+": Error, "the operator refuses it";
        ],
        explains: ["NB8101"],
    }
}

impl Rule for ShardedDatabaseRestored {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        let field = restore.database();
        let (Some(database), Some(instance)) = (field.text(), restore.instance().text()) else {
            return;
        };
        // Most databases are not sharded, so that not to know of one is no gap.
        let found = inventory
            .sharded_database_of(subject.namespace(), instance, database)
            .found();
        let Some(name) = found else { return };
        let (database, shown) = (quoted(database), quoted(name));
        report
            .at(
                &field,
                format!(
                    "{database} is the sharded database of Neo4jShardedDatabase {shown}, which no Neo4jRestore restores"
                ),
            )
            .help(format!(
                "seed it anew: seedBackupRef, `replaceExisting: true` and `force: true` of Neo4jShardedDatabase {shown}"
            ))
            .reason(Reason::NotSupported)
            .evidence_of(
                subject.other(Kind::Neo4jShardedDatabase, name),
                Path::dotted("spec.name"),
                format!("spec.name of Neo4jShardedDatabase {shown} is {database}"),
            );
    }
}
