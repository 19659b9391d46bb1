//! NB7008.

use crate::rule::prelude::*;

declare_rule! {
    /// A retention that is never applied lets artifacts pile up until the bill or the disk says so.
    ///
    /// ## What it checks
    /// `retention` on an object store, where it does nothing at all; on a volume with a `schedule`, where it is applied only
    /// once the backup object is deleted. A single backup on a volume gives a note.
    ///
    /// ## Why it matters
    /// No operator version removes objects from a bucket. On a volume, old artifacts are removed by a Job that runs when the
    /// `Neo4jBackup` is deleted, and never in between, so a scheduled backup fills the volume. That Job counts artifacts
    /// and knows nothing of chains: after differential backups it may remove the full one that they need. The parts of an
    /// artifact that was split (operator 1.19) go with it.
    ///
    /// ## Bad
    /// ```yaml
    /// storage:
    ///   type: s3
    /// retention:
    ///   maxAge: 30d
    /// ```
    ///
    /// ## Good
    /// A lifecycle rule of the bucket, and no `retention`:
    /// ```yaml
    /// storage:
    ///   type: s3
    /// ```
    RetentionWithoutEffect {
        code: "NB7008", name: "retention-without-effect", severity: Warning,
        kinds: [Neo4jBackup], reads: ["spec.retention", "spec.storage.type", "spec.schedule"], needs: [], doors: All,
        fix: None, cel: Expressible, since: "0.1",
    }
}

impl Rule for RetentionWithoutEffect {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(backup) = subject.backup() else { return };
        let block = backup.spec.field("retention");
        let limits = ["retention.maxAge", "retention.maxCount"].map(|leaf| backup.spec.field(leaf));
        if !limits.iter().any(Field::is_set) {
            return;
        }
        match backup.storage().store() {
            Some(store @ (StoreType::S3 | StoreType::Gcs | StoreType::Azure)) => {
                let message = format!(
                    "the operator removes nothing from a bucket: retention has no effect with `type: {}`",
                    store.as_str()
                );
                report
                    .at(&block, message)
                    .help("set a lifecycle rule on the bucket, and remove `spec.retention`");
            }
            Some(StoreType::Pvc) if backup.schedule().text().is_some() => {
                report
                    .at(&block, "retention is applied only when this backup object is deleted, so its runs fill the volume meanwhile")
                    .help("remove old artifacts with a Job of your own, and watch the volume");
            }
            Some(StoreType::Pvc) => {
                report
                    .at(&block, "retention is applied only when this backup object is deleted")
                    .help("remove it if you expect more")
                    .severity(Severity::Info);
            }
            None => {}
        }
    }
}
