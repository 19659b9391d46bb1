//! NB7001.

use crate::rule::prelude::*;
use crate::subject::location::{Use, locations};

declare_rule! {
    /// A location in an object store without a bucket is nowhere.
    ///
    /// ## What it checks
    /// `bucket` is there and not blank beside `type: s3`, `gcs` or `azure`, in backups and in the locations that a restore
    /// reads. A location that the operator ignores (`pitr.logStorage`) gives a warning.
    ///
    /// ## Why it matters
    /// The operator marks such a backup `Invalid` and never runs it. Restores are not checked: the Job gets an address such
    /// as `s3:///backups/…`, after the database was already stopped.
    ///
    /// ## Bad
    /// ```yaml
    /// storage:
    ///   type: s3
    ///   path: neo4j
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// storage:
    ///   type: s3
    ///   bucket: acme-backups
    ///   path: neo4j
    /// ```
    BucketMissing {
        code: "NB7001", name: "bucket-missing", severity: Error,
        kinds: LOCATED,
        reads: STORES + SOURCES + BUCKETS + ["spec.backups.defaultStorage.type", "spec.backups.defaultStorage.bucket"],
        needs: [], doors: All, fix: None, cel: Expressible, since: "0.1",
        explains: ["NB1101"],
    }
}

impl Rule for BucketMissing {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for location in locations(subject) {
            let field = location.storage.bucket();
            let is_named = match field.str() {
                Some(name) => !name.trim().is_empty(),
                // A value of another type is a finding of its own.
                None => field.is_set(),
            };
            // For its credentials alone, a location needs no bucket.
            let Some(store) = location
                .cloud_store()
                .filter(|_| !is_named && location.used != Use::Access)
            else {
                continue;
            };
            let what = if store == StoreType::Azure {
                "container"
            } else {
                "bucket"
            };
            let effect = match (subject.kind, location.severity()) {
                (Kind::Neo4jBackup, _) if subject.era < Era::V1_8 => ", so there is nowhere to write to",
                (Kind::Neo4jBackup, _) => ", and the operator refuses such a backup",
                (_, Severity::Error) => ", so there is nothing to read from",
                _ => "",
            };
            let example = if store == StoreType::Azure {
                "`<account>/<container>`"
            } else {
                "its name"
            };
            report
                .missing(&field, format!("`type: {}` has no {what}{effect}", store.as_str()))
                .help(format!("set it to {example}"))
                .severity(location.severity());
        }
    }
}
