//! NB7005.

use crate::rule::prelude::*;
use crate::subject::location::{Location, Use, locations};
use crate::subject::restored;

declare_rule! {
    /// A location on a volume must name the volume claim.
    ///
    /// ## What it checks
    /// `pvc` is there beside `type: pvc`, and its `name` is not blank: in backups and in every location of a restore.
    ///
    /// ## Why it matters
    /// Operators from 1.11.2 on mark such a backup `Invalid`; older ones wrote the artifacts to an empty directory that went
    /// away with the pod. A restore on a standalone is worse: without `pvc` the operator panics after it has stopped the
    /// database, tries again every ten seconds, and leaves the database down and the restore without any status. That was
    /// seen on 1.14, for `source.storage` and for `pitr.logStorage`. With a `pvc` that has no name, the Job of
    /// `pitr.logStorage` mounts a volume that it does not have, and the API server refuses it after the database was
    /// stopped. The restore of a cluster is refused at once.
    ///
    /// ## Bad
    /// ```yaml
    /// storage:
    ///   type: pvc
    ///   pvc:
    ///     size: 50Gi
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// storage:
    ///   type: pvc
    ///   pvc:
    ///     name: neo4j-backups
    ///     size: 50Gi
    /// ```
    VolumeClaimMissing {
        code: "NB7005", name: "volume-claim-missing", severity: Error,
        kinds: JOBS, reads: STORES + SOURCES + RESTORED + CLAIMS,
        needs: [Instance], doors: All, fix: None, cel: Expressible, since: "0.1",
        explains: ["NB8103", "NB9002", "NB9007"],
    }
}

impl Rule for VolumeClaimMissing {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        for location in locations(subject).filter(|location| location.storage.store() == Some(StoreType::Pvc)) {
            let name = location.storage.pvc_name();
            let is_named = match name.str() {
                Some(name) => !name.trim().is_empty(),
                // A value of another type is a finding of its own.
                None => name.is_set(),
            };
            if !is_named {
                missing(subject, &location, inventory, report);
            }
        }
    }
}

fn missing(subject: &Subject<'_>, location: &Location<'_>, inventory: &Inventory, report: &mut Collector) {
    let claim = location.storage.pvc();
    let is_read = matches!(location.used, Use::Artifacts | Use::Access);
    let is_log_storage = is_log_storage(subject, location);
    let (severity, effect) = match (subject.kind, claim.is_set()) {
        (Kind::Neo4jBackup, _) => (Severity::Error, ", so artifacts would be lost with the pod"),
        _ if (is_read || is_log_storage) && is_refused(subject, inventory) => (
            Severity::Error,
            ", and the operator refuses such a restore of a cluster",
        ),
        // The operator looks into the claim before it asks whether there is one.
        (_, false) if is_read || is_log_storage => (
            Severity::Error,
            "; on a standalone the operator stops the database, then panics, and leaves it down",
        ),
        (_, true) if is_log_storage && restored::by_engine(subject) => (
            Severity::Error,
            "; on a standalone the operator stops the database, and its Job is refused for a volume that it lacks",
        ),
        _ if is_read => (Severity::Error, ", so there is nothing to read from"),
        _ => (Severity::Warning, ""),
    };
    let field = if claim.is_set() {
        location.storage.pvc_name()
    } else {
        claim
    };
    let what = if claim.is_set() {
        "a volume claim without a name"
    } else {
        "no volume claim"
    };
    report
        .missing(&field, format!("`type: pvc` has {what}{effect}"))
        .help(format!(
            "set `{}` to the name of a PersistentVolumeClaim",
            location.storage.pvc_name().path()
        ))
        .severity(severity);
}

/// Whether it is the `logStorage` of a point-in-time restore, which is mounted and never read.
fn is_log_storage(subject: &Subject<'_>, location: &Location<'_>) -> bool {
    location.storage.block.path().last_key() == Some("logStorage")
        && subject.field("spec.source.type").text() == Some("pitr")
}

/// Whether the restore is one of a known cluster, which the operator refuses before it does anything.
fn is_refused(subject: &Subject<'_>, inventory: &Inventory) -> bool {
    let instance = subject
        .restore()
        .and_then(|restore| restored::instance(subject, &restore, inventory));
    restored::by_engine(subject) && instance.is_some_and(|(_, lookup)| restored::is_cluster(&lookup))
}
