//! NB8019.

use crate::facts::{BackupFacts, ScopeFacts};
use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// The backup that a restore names does not hold what is to be restored.
    ///
    /// ## What it checks
    /// The scope of the referenced backup, where it is known: `allDatabases` needs a backup of all databases; and a
    /// standalone that is restored from a volume needs the artifact of a database of the same name, which is a warning and
    /// holds for operators from 1.8 to 1.18. From 1.19 on `spec.source.sourceDatabase` names the one database that the backup
    /// covers.
    ///
    /// ## Why it matters
    /// A restore of all databases goes by the artifacts that a run recorded for each database, and a backup of one database
    /// or of a sharded one records none: phase `Failed`, "recorded no per-database artifacts". The Job of a standalone looks
    /// for `customers-*.backup` on the volume, stops the instance, and finds nothing in what a backup of `orders` wrote; from
    /// 1.19 on it reads the artifact that was recorded, under whatever name.
    ///
    /// ## Bad
    /// ```yaml
    /// kind: Neo4jBackup
    /// metadata: {name: daily}
    /// spec: {instanceRef: prod, database: orders}
    /// ---
    /// kind: Neo4jRestore
    /// spec: {instanceRef: prod, allDatabases: true, source: {type: backup, backupRef: daily}}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// kind: Neo4jRestore
    /// spec: {instanceRef: prod, database: orders, source: {type: backup, backupRef: daily}}
    /// ```
    DatabaseNotInBackup {
        code: "NB8019", name: "database-not-in-backup", severity: Error,
        kinds: [Neo4jRestore], reads: RESTORED + FROM_BACKUP + ["spec.source.sourceDatabase"],
        needs: [Instance, Backups], doors: All, fix: None, cel: NotExpressible("it looks at another object"), since: "0.1",
        changes: [
            restored::ONLINE, "`sourceDatabase` names the database in the backup, and a standalone reads the recorded artifact from a volume, under whatever name";
        ],
    }
}

impl Rule for DatabaseNotInBackup {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        let field = restore.backup_ref();
        let Some(name) = field
            .text()
            .filter(|_| restore.source_type() == Some(SourceType::Backup))
        else {
            return;
        };
        match inventory.backup(subject.namespace(), name) {
            Lookup::Found(backup) if restore.all_databases().is_true() => of_all(subject, &field, name, backup, report),
            Lookup::Found(backup) => of_one(subject, &restore, name, backup, inventory, report),
            Lookup::Unknown(why) => report.skip(
                Need::Backups,
                format!("whether backup {} holds what is to be restored", quoted(name)),
                why,
            ),
            Lookup::Absent => {}
        }
    }
}

fn of_all(subject: &Subject<'_>, field: &Field<'_>, name: &str, backup: &BackupFacts, report: &mut Collector) {
    let (of_what, path) = match &backup.scope {
        ScopeFacts::Database(database) => (format!("the database {}", quoted(database)), "spec.database"),
        ScopeFacts::Sharded(database) => (
            format!("the sharded database {}", quoted(database)),
            "spec.shardedDatabase",
        ),
        ScopeFacts::AllDatabases | ScopeFacts::Unclear => return,
    };
    let shown = quoted(name);
    report
        .at(
            field,
            format!("spec.allDatabases needs a backup of all databases, and {shown} is one of {of_what}"),
        )
        .help("name a backup with `allDatabases: true`, or restore the one database")
        .reason(Reason::NotSupported)
        .evidence_of(
            subject.other(Kind::Neo4jBackup, name),
            Path::dotted(path),
            format!("backup {shown} covers {of_what}"),
        );
}

/// The Job of a standalone looks for the database by its name.
fn of_one<'a>(
    subject: &Subject<'a>,
    restore: &Restore<'a>,
    name: &str,
    backup: &BackupFacts,
    inventory: &Inventory,
    report: &mut Collector,
) {
    let ScopeFacts::Database(held) = &backup.scope else {
        return;
    };
    // Older operators drop the field, which another rule says.
    let source = restore.source_database();
    if restored::may_be_online(subject)
        && let Some(database) = source.text().filter(|database| !held.eq_ignore_ascii_case(database))
    {
        let severity = if restored::is_online(subject) {
            Severity::Error
        } else {
            Severity::Warning
        };
        let (shown, held) = (quoted(name), quoted(held));
        report
            .at(
                &source,
                format!("backup {shown} holds {held}, and not {}", quoted(database)),
            )
            .help(format!("use {held}, or remove the field, or name another backup"))
            .severity(severity)
            .evidence_of(
                subject.other(Kind::Neo4jBackup, name),
                Path::dotted("spec.database"),
                format!("backup {shown} covers the database {held}"),
            );
        return;
    }
    let field = restore.database();
    let Some(database) = field.text() else { return };
    // Neo4j does not tell upper from lower case in the names of databases.
    if held.eq_ignore_ascii_case(database)
        || backup.storage.store != Some(StoreType::Pvc)
        || !restored::by_engine(subject)
        || restored::may_be_online(subject)
    {
        return;
    }
    let Some((_, lookup)) = restored::instance(subject, restore, inventory) else {
        return;
    };
    if restored::is_standalone(&lookup) {
        let (shown, held, database) = (quoted(name), quoted(held), quoted(database));
        report
            .at(
                &field,
                format!("the restore Job looks for an artifact of {database}, and backup {shown} is one of {held}"),
            )
            .help(format!("restore {held}, or name a backup of {database}"))
            .severity(Severity::Warning)
            .evidence_of(
                subject.other(Kind::Neo4jBackup, name),
                Path::dotted("spec.database"),
                format!("backup {shown} covers the database {held}"),
            );
    }
}
