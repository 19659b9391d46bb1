//! NB2003.

use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// The backup that a restore names is not there.
    ///
    /// ## What it checks
    /// The `Neo4jBackup` of `source.backupRef`, or of `source.pitr.baseBackup.backupRef`, exists in the same namespace. Only
    /// where that can be known.
    ///
    /// ## Why it matters
    /// The operator waits for an instance, but not for a backup: the restore is `Failed` at once, and stays so when the
    /// backup appears a second later. It is a warning because both may be on their way in one `kubectl apply`.
    ///
    /// ## Bad
    /// ```yaml
    /// spec: {source: {type: backup, backupRef: nigthly}}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec: {source: {type: backup, backupRef: nightly}}
    /// ```
    BackupNotFound {
        code: "NB2003", name: "backup-not-found", severity: Warning,
        kinds: [Neo4jRestore],
        reads: ["spec.source.type", "spec.source.backupRef", "spec.source.pitr.baseBackup"],
        needs: [Backups], doors: All, fix: None, cel: NotExpressible("it looks at another object"), since: "0.1", explains: ["NB8101"],
    }
}

impl Rule for BackupNotFound {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        let Some((field, name)) = restored::backup_ref(&restore).and_then(|field| Some((field, field.text()?))) else {
            return;
        };
        match inventory.backup(subject.namespace(), name) {
            Lookup::Found(_) => {}
            Lookup::Absent => {
                let text = format!(
                    "there is no Neo4jBackup {} in namespace {}, and the restore fails for good",
                    quoted(name),
                    quoted(subject.namespace())
                );
                report
                    .at(&field, text)
                    .help("correct the name, or apply the backup first")
                    .reason(Reason::NotFound);
            }
            Lookup::Unknown(why) => {
                report.skip(
                    Need::Backups,
                    format!("whether the backup {} exists", quoted(name)),
                    why,
                );
            }
        }
    }
}
