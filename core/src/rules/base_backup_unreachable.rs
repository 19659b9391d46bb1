//! NB8005.

use crate::facts::LocationFacts;
use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// The Job of a `type: pitr` restore reaches its base backup only through `spec.source.storage`.
    ///
    /// ## What it checks
    /// The location of the base backup, written out or that of the referenced backup, against `spec.source.storage`: a
    /// volume must be named there too, and a credentials Secret or identity annotations as well. A volume that is not
    /// mounted is an error from operator 1.8 on, anything else a warning.
    ///
    /// ## Why it matters
    /// Seen on operator 1.14: the Job mounts an empty directory instead of the volume of the base backup, and has no
    /// credentials for its bucket, whatever the base backup says of itself. It finds out after the instance was
    /// stopped. The operator's own examples have this defect.
    ///
    /// `type: backup` with `backupRef` and `pointInTime` gives the same recovery with everything wired.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   source:
    ///     type: pitr
    ///     pointInTime: "2025-01-15T14:30:00Z"
    ///     pitr:
    ///       baseBackup:
    ///         type: storage
    ///         storage: {type: pvc, pvc: {name: backups}}
    ///         backupPath: daily
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   source: {type: backup, backupRef: daily, pointInTime: "2025-01-15T14:30:00Z"}
    /// ```
    BaseBackupUnreachable {
        code: "NB8005", name: "base-backup-unreachable", severity: Error,
        kinds: [Neo4jRestore], reads: ["spec.source.type", "spec.source.pitr.baseBackup", "spec.source.storage"],
        needs: [Backups], doors: All, fix: None, cel: NotExpressible("it needs the location of the referenced backup"),
        since: "0.1",
    }
}

/// What to do, whatever is not wired.
const HELP: &str = "use `type: backup` with backupRef and pointInTime, or repeat the location in spec.source.storage";

impl Rule for BaseBackupUnreachable {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        if restore.source_type() != Some(SourceType::Pitr) || !restore.base_backup().is_set() {
            return;
        }
        let wired = LocationFacts::of(&restore.storage());
        if let Some(field) = restored::backup_ref(&restore) {
            let name = field.text().unwrap_or_default();
            match inventory.backup(subject.namespace(), name) {
                Lookup::Found(backup) => judge(
                    subject,
                    &restore,
                    &format!("backup {name}", name = quoted(name)),
                    &backup.storage,
                    &wired,
                    report,
                ),
                Lookup::Unknown(_) if !restore.storage().block.is_set() => {
                    report
                        .at(
                            &field,
                            format!(
                                "the restore Job gets neither volume nor credentials of backup {name}",
                                name = quoted(name)
                            ),
                        )
                        .help(HELP)
                        .severity(Severity::Warning);
                }
                Lookup::Absent | Lookup::Unknown(_) => {}
            }
        } else if restore.base_storage().block.is_set() {
            judge(
                subject,
                &restore,
                "the base backup",
                &LocationFacts::of(&restore.base_storage()),
                &wired,
                report,
            );
        }
    }
}

fn judge(
    subject: &Subject<'_>,
    restore: &Restore<'_>,
    whose: &str,
    base: &LocationFacts,
    wired: &LocationFacts,
    report: &mut Collector,
) {
    let block = restore.base_backup();
    if base.store == Some(StoreType::Pvc) {
        let mounted = if wired.store == Some(StoreType::Pvc) {
            wired.pvc.as_str()
        } else {
            ""
        };
        if base.pvc.is_empty() || base.pvc == mounted {
            return;
        }
        let instead = if mounted.is_empty() {
            "an empty directory".to_owned()
        } else {
            format!("volume {mounted}", mounted = quoted(mounted))
        };
        let message = format!(
            "the restore Job mounts {instead} instead of volume {} of {whose}",
            quoted(&base.pvc)
        );
        let finding = report.at_block(&block, message).help(HELP);
        if !mounted.is_empty() || !restored::by_engine(subject) {
            finding.severity(Severity::Warning);
        }
        return;
    }
    let missing = match &base.credentials {
        Some(secret) if wired.credentials.as_ref() != Some(secret) => {
            format!("the credentials Secret {secret}", secret = quoted(secret))
        }
        None if !base.annotations.is_empty() && wired.annotations != base.annotations => {
            "the identity annotations".to_owned()
        }
        _ => return,
    };
    report
        .at_block(&block, format!("the restore Job does not get {missing} of {whose}"))
        .help(HELP)
        .severity(Severity::Warning);
}
