//! NB8004.

use crate::rule::prelude::*;

declare_rule! {
    /// A restore of `type: pitr` without a base backup fails, in the worst case after it has stopped the instance.
    ///
    /// ## What it checks
    /// `spec.source.pitr.baseBackup` is there when `spec.source.type` is `pitr`.
    ///
    /// ## Why it matters
    /// Without `pitr`, or with neither a `baseBackup` in it nor a `pointInTime`, the operator refuses the restore at once.
    /// With `pitr` and a `pointInTime` its validation passes, the standalone is scaled to zero, and only then it finds out:
    /// "no backup source path could be determined for PITR restore". The restore is `Failed` and the instance comes back
    /// after ten to fifteen seconds. A `backupRef` beside `type: pitr` is ignored. There is no log replay: a point in time
    /// is the `--restore-until` of a backup, which `type: backup` with `pointInTime` gives as well, with volumes and
    /// credentials wired.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   source: {type: pitr, backupRef: daily, pointInTime: "2025-01-15T14:30:00Z"}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   source: {type: backup, backupRef: daily, pointInTime: "2025-01-15T14:30:00Z"}
    /// ```
    BaseBackupMissing {
        code: "NB8004", name: "base-backup-missing", severity: Error,
        kinds: [Neo4jRestore], reads: ["spec.source.type", "spec.source.pitr", "spec.source.pointInTime"],
        needs: [], doors: All, fix: Unsafe, cel: Expressible, since: "0.1",
        explains: ["NB8101"],
    }
}

impl Rule for BaseBackupMissing {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        // A base backup of the wrong type is there, for this rule.
        let field = restore.source.field("pitr.baseBackup");
        if restore.source_type() != Some(SourceType::Pitr) || field.is_set() {
            return;
        }
        let passes_validation = restore.source.field("pitr").is_set() && restore.point_in_time().is_set();
        let message = if passes_validation {
            "`type: pitr` without a base backup stops the instance and then fails"
        } else {
            "the operator refuses `type: pitr` without a base backup"
        };
        let finding = report.missing(&field, message);
        match restore.backup_ref().text() {
            Some(name) => {
                let title = format!("use `type: backup` with backupRef {}", quoted(name));
                let place = restore.source.field("type").path();
                finding.help(format!("{title} and the same pointInTime"));
                finding.fix(Fix::set(FixKind::Unsafe, title, place, "backup"));
            }
            None => {
                finding.help("name the base backup, or use `type: backup` with backupRef and pointInTime");
            }
        }
    }
}
