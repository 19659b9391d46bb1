//! NB7005.

use crate::rule::prelude::*;
use crate::subject::location::{Location, Use, locations};

declare_rule! {
    /// A location on a volume must name the volume claim.
    ///
    /// ## What it checks
    /// `pvc` is there beside `type: pvc`, and its `name` is not blank: in backups and in every location of a restore.
    ///
    /// ## Why it matters
    /// Operators from 1.8 on mark such a backup `Invalid`; older ones wrote the artifacts to an empty directory that went
    /// away with the pod. A restore on a standalone is worse: without `pvc` the operator panics after it has stopped the
    /// database, tries again every ten seconds, and leaves the database down and the restore without any status. That was
    /// seen on 1.14, for `source.storage` and for `pitr.logStorage`.
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
        kinds: JOBS, reads: STORES + SOURCES + [
            "spec.storage.pvc", "spec.source.storage.pvc", "spec.source.pitr.baseBackup.storage.pvc",
            "spec.source.pitr.logStorage.pvc",
        ],
        needs: [], doors: All, fix: None, cel: Expressible, since: "0.1",
    }
}

impl Rule for VolumeClaimMissing {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for location in locations(subject).filter(|location| location.storage.store() == Some(StoreType::Pvc)) {
            let name = location.storage.pvc_name();
            let is_named = match name.str() {
                Some(name) => !name.trim().is_empty(),
                // A value of another type is a finding of its own.
                None => name.is_set(),
            };
            if !is_named {
                missing(subject, &location, report);
            }
        }
    }
}

fn missing(subject: &Subject<'_>, location: &Location<'_>, report: &mut Collector) {
    let claim = location.storage.pvc();
    let (severity, effect) = match (subject.kind, claim.is_set(), location.used) {
        (Kind::Neo4jBackup, ..) => (Severity::Error, ", so artifacts would be lost with the pod"),
        (_, false, _) if panics(subject, location) => (
            Severity::Error,
            "; on a standalone the operator stops the database, then panics, and leaves it down",
        ),
        (_, _, Use::Artifacts | Use::Access) => (Severity::Error, ", so there is nothing to read from"),
        (_, _, Use::Nothing) => (Severity::Warning, ""),
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

/// Whether the operator looks into the claim before it asks whether there is one.
fn panics(subject: &Subject<'_>, location: &Location<'_>) -> bool {
    let is_log_storage = location.storage.block.path().last_key() == Some("logStorage");
    let is_pitr = subject.field("spec.source.type").text() == Some("pitr");
    location.used != Use::Nothing || (is_log_storage && is_pitr)
}
