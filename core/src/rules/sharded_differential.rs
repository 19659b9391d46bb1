//! NB1017.

use crate::rule::prelude::*;

declare_rule! {
    /// The shards of a sharded database have full backups only.
    ///
    /// ## What it checks
    /// A backup of a `shardedDatabase` is not of the type `DIFF`, whatever its chain.
    ///
    /// ## Why it matters
    /// A sharded database is seeded from the artifacts of all of its shards, and the property shards take full ones.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   shardedDatabase: products
    ///   options: {backupType: DIFF}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   shardedDatabase: products
    ///   options: {backupType: FULL}
    /// ```
    ShardedDifferential {
        code: "NB1017", name: "sharded-differential", severity: Error,
        kinds: [Neo4jBackup], reads: ["spec.shardedDatabase", "spec.options.backupType"], needs: [], doors: All,
        fix: Unsafe, cel: Expressible, since: "0.1",
        operators: [
            "1.15-1.18": Warning, "the backup runs, and what it writes to a volume seeds no sharded database";
            "1.19+": Error, "the operator refuses such a backup";
        ],
    }
}

impl Rule for ShardedDifferential {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(backup) = subject.backup() else { return };
        let field = backup.backup_type();
        if backup.spec.field("shardedDatabase").text().is_some() && field.text() == Some("DIFF") {
            report
                .at(&field, "the shards of a sharded database have no differential backups")
                .replace(FixKind::Unsafe, "FULL")
                .help("use `FULL`, or `AUTO`");
        }
    }
}
