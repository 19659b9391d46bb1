//! NB8007.

use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// A restore whose source lacks a part fails, on a standalone only after it was stopped.
    ///
    /// ## What it checks
    /// What each `spec.source.type` needs: `backup` a `backupRef`; `storage` a `storage` block and the `backupPath` of
    /// the artifact; and the same for `spec.source.pitr.baseBackup`. `allDatabases` needs a source of type `backup`,
    /// because only a `Neo4jBackup` knows which artifact belongs to which database. A known cluster needs a
    /// `backupPath` that ends in `.backup`: on a volume another one is an error, below a bucket it is warned of. From operator
    /// 1.19 on `spec.source.sourceDatabase` names one database, so that it does not stand beside `allDatabases`, and with
    /// `type: storage` below a bucket it needs the exact file when it is another name than that of the database.
    ///
    /// ## Why it matters
    /// Most of it ends in phase `Failed` with a message and without an event. `type: storage` without `storage` on a
    /// standalone passes validation: the instance is scaled to zero, the Job is refused by the API server because its
    /// volume is missing, and the instance comes back without a restore.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   source: {type: storage, backupPath: daily/orders.backup}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   source:
    ///     type: storage
    ///     storage: {type: s3, bucket: backups, path: graph, cloud: {provider: aws}}
    ///     backupPath: daily/orders-2025-01-15T02-00-00.backup
    /// ```
    RestoreSourceIncomplete {
        code: "NB8007", name: "restore-source-incomplete", severity: Error,
        kinds: [Neo4jRestore], reads: RESTORED + ARTIFACTS + [
            "spec.source.backupRef", "spec.source.sourceDatabase", "spec.allDatabases", "spec.database", "spec.databaseName",
        ],
        needs: [Instance], doors: All, fix: None, cel: Expressible, since: "0.1",
        changes: [
            restored::ONLINE, "`sourceDatabase` names one database: not beside `allDatabases`, and with an exact file below a bucket";
        ],
        explains: ["NB8101"],
    }
}

impl Rule for RestoreSourceIncomplete {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        match restore.source_type() {
            Some(SourceType::Backup) => need_reference(&restore.backup_ref(), "spec.source.type", report),
            Some(SourceType::Storage) => {
                need_storage(&restore.source.field("storage"), "spec.source.type", report);
                need_path(&restore.backup_path(), "spec.source.type", report);
                need_file(subject, &restore, inventory, report);
            }
            Some(SourceType::Pitr) => base_backup(&restore, report),
            None => {}
        }
        // Older operators drop the field, which another rule says.
        if restore.source_database().text().is_some() && restored::may_be_online(subject) {
            other_name(&restore, report);
        }
        if restore.all_databases().is_true()
            && matches!(restore.source_type(), Some(SourceType::Storage | SourceType::Pitr))
        {
            let field = restore.source.field("type");
            let stated = field.text().unwrap_or_default();
            report
                .at(
                    &field,
                    format!(
                        "spec.allDatabases cannot be restored from {}",
                        quoted(&format!("type: {stated}"))
                    ),
                )
                .help("use `type: backup` with the backupRef of a backup of all databases, or name one database")
                .reason(Reason::NotSupported);
        }
    }
}

/// Whether a path names nothing: the operator trims slashes and blanks.
fn is_blank(path: &str) -> bool {
    path.chars().all(|next| next == '/' || next.is_whitespace())
}

/// What the name that the database has in the backup needs.
fn other_name(restore: &Restore<'_>, report: &mut Collector) {
    let field = restore.source_database();
    let path = restore.backup_path().text().unwrap_or_default();
    let is_folder = !path.ends_with(".backup") && !is_blank(path);
    let in_bucket = restore
        .storage()
        .store()
        .is_some_and(|store| store.provider().is_some());
    if restore.all_databases().is_true() {
        report
            .at(
                &field,
                "sourceDatabase names one database, and spec.allDatabases restores all of them",
            )
            .help("remove one of the two")
            .reason(Reason::NotSupported);
    } else if restore.source_type() == Some(SourceType::Storage)
        && in_bucket
        && is_folder
        && field.text() != restore.database().text()
    {
        report
            .at(
                &restore.backup_path(),
                format!(
                    "a restore under another name needs the exact .backup file below a bucket, and {} is not one",
                    quoted(path)
                ),
            )
            .help("name the file of the database, as the history of the backup lists it");
    }
}

fn base_backup(restore: &Restore<'_>, report: &mut Collector) {
    let base = restore.base_backup();
    let place = "spec.source.pitr.baseBackup.type";
    match base.field("type").text() {
        Some("backup") => need_reference(&base.field("backupRef"), place, report),
        Some("storage") => need_storage(&base.field("storage"), place, report),
        _ => {}
    }
}

fn need_reference(field: &Field<'_>, place: &str, report: &mut Collector) {
    // A value of the wrong type is the schema's to report.
    if field.text().is_none() && field.str().is_some() == field.is_set() {
        report
            .missing(field, format!("{place} is `backup`, and no backup is named"))
            .help("name a Neo4jBackup of this namespace");
    }
}

fn need_storage(field: &Field<'_>, place: &str, report: &mut Collector) {
    if !field.is_set() {
        report
            .missing(field, format!("{place} is `storage`, and no location is given"))
            .help("say where the artifact lies: type, bucket and cloud, or a volume");
    }
}

/// A cluster is seeded from one file; only a Job can look for the newest in a folder.
fn need_file<'a>(subject: &Subject<'a>, restore: &Restore<'a>, inventory: &Inventory, report: &mut Collector) {
    let field = restore.backup_path();
    let Some(path) = field
        .text()
        .filter(|path| !path.ends_with(".backup") && !is_blank(path))
    else {
        return;
    };
    let Some((name, lookup)) = restored::instance(subject, restore, inventory) else {
        return;
    };
    if restored::by_engine(subject) && restored::is_cluster(&lookup) {
        let severity = if restore.storage().store() == Some(StoreType::Pvc) {
            Severity::Error
        } else {
            Severity::Warning
        };
        report
            .at(
                &field,
                format!(
                    "cluster {name} needs the exact .backup file, and {} is not one",
                    quoted(path),
                    name = quoted(name)
                ),
            )
            .help("name the file of the database, as the history of the backup lists it")
            .severity(severity);
    }
}

fn need_path(field: &Field<'_>, place: &str, report: &mut Collector) {
    if field.str().map_or(!field.is_set(), is_blank) {
        report
            .missing(field, format!("{place} is `storage`, and no artifact is named"))
            .help("name the exact .backup file below the path of the location");
    }
}
