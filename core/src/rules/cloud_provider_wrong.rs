//! NB3001.

use crate::rule::prelude::*;
use crate::subject::location::{Location, locations};

declare_rule! {
    /// A location in an object store must say its cloud, and each type of store belongs to exactly one.
    ///
    /// ## What it checks
    /// `cloud.provider` beside `type: s3`, `gcs` or `azure` is there, and is `aws`, `gcp` or `azure` in this order. An
    /// S3-compatible store (`MinIO`, Ceph, Spaces) is `aws` too.
    ///
    /// ## Why it matters
    /// Operators from 1.11.2 on mark a backup without it `Invalid` and never run it, even where the node or the pod has its
    /// own identity. A restore is not checked, but its Job then gets no credentials. With the wrong provider, the
    /// credentials of one cloud are sent to another. Before 1.8 nobody checked, so there it is a warning.
    ///
    /// ## Bad
    /// ```yaml
    /// storage:
    ///   type: s3
    ///   bucket: acme-backups
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// storage:
    ///   type: s3
    ///   bucket: acme-backups
    ///   cloud:
    ///     provider: aws
    /// ```
    CloudProviderWrong {
        code: "NB3001", name: "cloud-provider-wrong", severity: Error,
        kinds: LOCATED, reads: STORES + SOURCES + BACKUP_CLOUDS + [
            "spec.source.storage.cloud.provider",
            "spec.source.pitr.baseBackup.storage.cloud.provider", "spec.source.pitr.logStorage.cloud.provider",
            "spec.backups.defaultStorage.type", "spec.backups.defaultStorage.cloud.provider", "spec.backups.cloud",
        ],
        needs: [], doors: All, fix: Unsafe, cel: Expressible, since: "0.1",
        explains: ["NB1101"],
    }
}

impl Rule for CloudProviderWrong {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for location in locations(subject) {
            let Some(store) = location.storage.store() else {
                continue;
            };
            let Some(wanted) = store.provider() else { continue };
            let field = location.storage.cloud.provider();
            match field.text().and_then(Provider::parse) {
                Some(said) if said != wanted => mismatch(subject, &location, store, said, report),
                None if !field.is_set() && location.reads_cloud => missing(subject, &location, store, wanted, report),
                _ => {}
            }
        }
    }
}

fn missing(subject: &Subject<'_>, location: &Location<'_>, store: StoreType, wanted: Provider, report: &mut Collector) {
    let is_backup = subject.kind == Kind::Neo4jBackup;
    let field = location.storage.cloud.provider();
    let store = store.as_str();
    let refused = subject.is_validated();
    let message = match (refused, is_backup) {
        (true, _) => format!("`type: {store}` has no cloud provider, and the operator refuses such a backup"),
        (false, true) => format!("`type: {store}` has no cloud provider"),
        (false, false) => format!("`type: {store}` has no cloud provider, so the Job gets no credentials"),
    };
    report
        .missing(&field, message)
        .fill_in(wanted.as_str())
        .severity(if refused { Severity::Error } else { Severity::Warning });
}

fn mismatch(subject: &Subject<'_>, location: &Location<'_>, store: StoreType, said: Provider, report: &mut Collector) {
    let Some(wanted) = store.provider() else { return };
    let field = location.storage.cloud.provider();
    let severity = if subject.is_validated() || (subject.kind != Kind::Neo4jBackup && subject.era >= Era::V1_8) {
        location.cloud_severity()
    } else {
        Severity::Warning
    };
    report
        .at(
            &field,
            format!("`{said}` is not the cloud of `type: {}`", store.as_str()),
        )
        .replace(FixKind::Unsafe, wanted.as_str())
        .help(format!(
            "use `{wanted}`, or give the location the type that belongs to `{said}`"
        ))
        .severity(severity)
        .reason(Reason::Invalid);
}
