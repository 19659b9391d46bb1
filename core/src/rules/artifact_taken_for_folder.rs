//! NB8017.

use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// On a volume, the restore Job of a standalone takes the exact file of an artifact for a folder.
    ///
    /// ## What it checks
    /// A `backupPath` on a volume that names a `.backup` file: that of `type: storage` where the instance is known to be a
    /// standalone, and that of `pitr.baseBackup`.
    ///
    /// ## Why it matters
    /// The Job lists the folder of that name and takes the newest artifact of the database in it:
    /// `ls '/backup/daily/orders.backup'/'orders'-*.backup | tail -1`. There is none, and the restore fails after the
    /// standalone was stopped. Below a bucket the exact file is right, and a cluster needs it everywhere.
    ///
    /// ## Bad
    /// ```yaml
    /// kind: Neo4jRestore
    /// spec:
    ///   instanceRef: a-standalone
    ///   database: orders
    ///   source:
    ///     type: storage
    ///     storage: {type: pvc, pvc: {name: backups}}
    ///     backupPath: daily/orders-2025-01-15T02-00-00.backup
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// kind: Neo4jRestore
    /// spec:
    ///   instanceRef: a-standalone
    ///   database: orders
    ///   source:
    ///     type: storage
    ///     storage: {type: pvc, pvc: {name: backups}}
    ///     backupPath: daily
    /// ```
    ArtifactTakenForFolder {
        code: "NB8017", name: "artifact-taken-for-folder", severity: Error,
        kinds: [Neo4jRestore], reads: RESTORED + ARTIFACTS,
        needs: [Instance], doors: All, fix: None,
        cel: NotExpressible("it needs to know whether the instance is a standalone"), since: "0.1",
        operators: [
            "1.8-1.18": Error, "the restore Job looks for the newest artifact below the path, whatever it names";
            "1.19+": Nothing, "the restore Job reads the file";
        ],
    }
}

impl Rule for ArtifactTakenForFolder {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        let (storage, field) = match restore.source_type() {
            Some(SourceType::Storage) => (restore.storage(), restore.backup_path()),
            Some(SourceType::Pitr) if restore.base_backup().field("type").text() == Some("storage") => {
                (restore.base_storage(), restore.base_backup().field("backupPath"))
            }
            _ => return,
        };
        let Some(path) = field.text().filter(|path| path.ends_with(".backup")) else {
            return;
        };
        if storage.store() != Some(StoreType::Pvc) {
            return;
        }
        let Some((name, lookup)) = restored::instance(subject, &restore, inventory) else {
            return;
        };
        // A cluster needs the exact file, and refuses `type: pitr` whatever its path.
        let is_job = match restore.source_type() {
            Some(SourceType::Pitr) => !restored::is_cluster(&lookup),
            _ => restored::is_standalone(&lookup),
        };
        if let Lookup::Unknown(why) = &lookup
            && !is_job
        {
            report.skip(
                Need::Instance,
                format!(
                    "whether {name} is a standalone, whose Job takes a file on a volume for a folder",
                    name = quoted(name)
                ),
                why,
            );
        }
        if !is_job {
            return;
        }
        let finding = report.at(
            &field,
            format!(
                "on a volume the restore Job of a standalone takes {} for a folder and finds nothing in it",
                quoted(path)
            ),
        );
        match path
            .rsplit_once('/')
            .map(|(folder, _)| folder)
            .filter(|folder| !folder.is_empty())
        {
            Some(folder) => finding.help(format!(
                "name the folder {}, of which the newest artifact of the database is taken",
                quoted(folder)
            )),
            None => finding.help("put the file into a folder and name that"),
        };
    }
}
