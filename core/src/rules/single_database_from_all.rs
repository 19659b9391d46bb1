//! NB8012.

use crate::facts::{BackupFacts, ScopeFacts};
use crate::operator::Versions;
use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// A cluster takes a single database from a backup of all databases only with a new operator, and only a recorded one.
    ///
    /// ## What it checks
    /// A restore of one database into a known `Neo4jEnterpriseCluster` with `type: backup`, where the referenced backup
    /// is known to cover all databases. For operators from 1.8 on. From 1.18 on it is fine, if the newest successful run
    /// recorded an artifact of the database; where the status shows runs and the newest one has none, this is a warning.
    ///
    /// ## Why it matters
    /// A cluster is seeded from exactly one file. A backup of all databases stores one file per database, and operators up to
    /// 1.14 do not choose: phase `Failed`, "it stores one artifact per database". The operator's own sample has this defect.
    /// With which of 1.15 to 1.18 that ended is not known. From then on the operator takes the file that the newest run
    /// recorded for the database, and fails where there is none.
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
        kinds: [Neo4jRestore], reads: RESTORED + FROM_BACKUP + ["spec.source.sourceDatabase"],
        needs: [Instance, Backups], doors: All, fix: None,
        cel: NotExpressible("it needs the instance and the referenced backup"), since: "0.1",
        operators: [
            "1.8-1.14": Error, "the operator refuses it";
            "1.15-1.17": Warning, "1.14 refuses it, 1.18 takes it, and what the versions between do is not known";
            "1.18+": Warning, "the operator takes the artifact that the newest run recorded for the database";
        ],
        changes: [
            CHOOSES, "the database is taken out of the backup, so that only a missing artifact is a finding";
        ],
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
                if subject.operator.is_in(CHOOSES) {
                    recorded(subject, &restore, backup, facts, report);
                } else {
                    refused(subject, &field, name, database, backup, report);
                }
            }
            _ => {}
        }
    }
}

/// The versions that choose the artifact of the database among those of a run.
const CHOOSES: Versions = Versions::range("1.18+");

fn refused(subject: &Subject<'_>, field: &Field<'_>, name: &str, database: &str, backup: &str, report: &mut Collector) {
    let database = quoted(database);
    report
        .at(
            field,
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

/// The artifact must be one that the newest run recorded; where no run is known, nothing is.
fn recorded<'a>(
    subject: &Subject<'a>,
    restore: &Restore<'a>,
    backup: &str,
    facts: &BackupFacts,
    report: &mut Collector,
) {
    let source = restore.source_database();
    let field = if source.text().is_some() {
        source
    } else {
        restore.database()
    };
    let database = field.text().unwrap_or_default();
    let shown = quoted(backup);
    match &facts.runs {
        Some(runs) if !runs.has_artifact_of(database) => {
            let database = quoted(database);
            report
                .at(
                    &field,
                    format!(
                        "the newest run of backup {shown} recorded no artifact of {database}, which a cluster needs"
                    ),
                )
                .help("correct the name, or run the backup once more first")
                .evidence_of(
                    subject.other(Kind::Neo4jBackup, backup),
                    Path::dotted("status.history"),
                    format!("the newest successful run of {shown} has no artifact of {database}"),
                );
        }
        None if restored::reminds_of_older(subject) => {
            report
                .at(
                    &restore.backup_ref(),
                    format!(
                        "operators up to 1.14 refuse to take one database for a cluster from {shown}, a backup of all"
                    ),
                )
                .help("there, use `allDatabases: true`, or `type: storage` with the exact .backup file")
                .severity(Severity::Info);
        }
        _ => {}
    }
}
