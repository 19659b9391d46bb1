//! NB8016.

use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// A `type: pitr` restore with both `source.storage` and `logStorage` asks for a Job that the API server refuses.
    ///
    /// ## What it checks
    /// `spec.source.storage` and `spec.source.pitr.logStorage` do not stand side by side in a restore of `type: pitr`, for
    /// operators from 1.8 on. A known cluster is another rule's, because `type: pitr` is refused there at once.
    ///
    /// ## Why it matters
    /// With `source.storage` the operator makes the volumes of the Job from that location alone, and mounts the volume of the
    /// logs all the same. The API server refuses such a Job, after the standalone was stopped. Nothing reads what is in
    /// `logStorage`: the operator replays no transaction logs.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   source:
    ///     type: pitr
    ///     storage: {type: pvc, pvc: {name: backups}}
    ///     pitr:
    ///       baseBackup: {type: backup, backupRef: daily}
    ///       logStorage: {type: pvc, pvc: {name: logs}}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   source: {type: backup, backupRef: daily, pointInTime: "2025-01-15T14:30:00Z"}
    /// ```
    LogStorageUnmounted {
        code: "NB8016", name: "log-storage-unmounted", severity: Error,
        kinds: [Neo4jRestore], reads: RESTORED + ["spec.source.type", "spec.source.storage", "spec.source.pitr"],
        needs: [Instance], doors: All, fix: None, cel: Expressible, since: "0.1",
    }
}

impl Rule for LogStorageUnmounted {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        let logs = restore.log_storage().block;
        if restore.source_type() != Some(SourceType::Pitr) || !restore.storage().block.is_set() || !logs.is_set() {
            return;
        }
        let instance = restored::instance(subject, &restore, inventory);
        if !restored::by_engine(subject) || instance.is_some_and(|(_, lookup)| restored::is_cluster(&lookup)) {
            return;
        }
        report
            .at_block(
                &logs,
                "beside source.storage the restore Job mounts logStorage without having its volume, and is refused after the \
                 instance was stopped",
            )
            .help("remove logStorage, from which nothing is read")
            .reason(Reason::NotSupported);
    }
}
