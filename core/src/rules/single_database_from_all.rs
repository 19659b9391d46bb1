//! NB8012.

use crate::facts::ScopeFacts;
use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// A cluster cannot take a single database from a backup of all databases by reference.
    ///
    /// ## What it checks
    /// A restore of one database into a known `Neo4jEnterpriseCluster` with `type: backup`, where the referenced backup
    /// is known to cover all databases. For operators from 1.8 on.
    ///
    /// ## Why it matters
    /// A cluster is seeded from exactly one file. A backup of all databases stores one file per database, and the
    /// operator does not choose: phase `Failed`, "it stores one artifact per database". The operator's own sample has
    /// this defect.
    ///
    /// ## Bad
    /// ```yaml
    /// kind: Neo4jBackup
    /// metadata: {name: daily}
    /// spec: {instanceRef: a-cluster, allDatabases: true}
    /// ---
    /// kind: Neo4jRestore
    /// spec: {instanceRef: a-cluster, database: orders, source: {type: backup, backupRef: daily}}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// kind: Neo4jRestore
    /// spec: {instanceRef: a-cluster, allDatabases: true, source: {type: backup, backupRef: daily}}
    /// ```
    SingleDatabaseFromAll {
        code: "NB8012", name: "single-database-from-all", severity: Error,
        kinds: [Neo4jRestore], reads: RESTORED + FROM_BACKUP,
        needs: [Instance, Backups], doors: All, fix: None,
        cel: NotExpressible("it needs the instance and the referenced backup"), since: "0.1",
    }
}

impl Rule for SingleDatabaseFromAll {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        let field = restore.backup_ref();
        let (Some(backup), Some(database)) = (field.text(), restore.database().text()) else {
            return;
        };
        if restore.source_type() != Some(SourceType::Backup)
            || restore.all_databases().is_true()
            || !restored::by_engine(subject)
        {
            return;
        }
        let Some((name, instance)) = restored::instance(subject, &restore, inventory) else {
            return;
        };
        match (&instance, inventory.backup(subject.namespace(), backup)) {
            (Lookup::Unknown(why), Lookup::Found(facts)) if facts.scope == ScopeFacts::AllDatabases => {
                report.skip(
                    Need::Instance,
                    format!(
                        "whether {name} is a cluster, which takes one artifact",
                        name = quoted(name)
                    ),
                    why,
                );
            }
            (_, Lookup::Unknown(why)) if restored::is_cluster(&instance) => {
                report.skip(
                    Need::Backups,
                    format!("whether backup {backup} covers all databases", backup = quoted(backup)),
                    why,
                );
            }
            (_, Lookup::Found(facts)) if restored::is_cluster(&instance) && facts.scope == ScopeFacts::AllDatabases => {
                let database = quoted(database);
                report
                    .at(
                        &field,
                        format!(
                            "cluster {name} cannot take {database} alone from {backup}, a backup of all databases",
                            name = quoted(name),
                            backup = quoted(backup)
                        ),
                    )
                    .help("use `allDatabases: true`, or `type: storage` with the exact .backup file")
                    .reason(Reason::NotSupported)
                    .evidence_of(
                        subject.other(Kind::Neo4jBackup, backup),
                        Path::dotted("spec.allDatabases"),
                        format!("spec.allDatabases of backup {} is true", quoted(backup)),
                    );
            }
            _ => {}
        }
    }
}
