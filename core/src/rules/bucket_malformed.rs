//! NB7002.

use crate::rule::prelude::*;
use crate::subject::location::{Location, locations};
use crate::values::bucket::{self, BucketProblem, BucketProblemKind as Kind, Level};
use crate::values::object_path;

declare_rule! {
    /// A bucket that its store cannot have is found out by the first run.
    ///
    /// ## What it checks
    /// Names as each store defines them: S3, S3-compatible stores (`endpointURL`, where the finer points are warnings),
    /// Google Cloud Storage, Azure accounts and containers. Schemes (`s3://`), URLs, ARNs and folders do not belong into
    /// the name; where what was meant is certain, the fix splits them. Folders behind a good name are a warning, because the
    /// operator puts `bucket/folder` and the path together as they stand. The alias of an S3 access point is as good as a
    /// name. Only names are judged, never whether a bucket exists.
    ///
    /// ## Why it matters
    /// The operator checks characters only. `acme_backups`, `Acme-Backups` and `/bucket` pass, and every run then fails in
    /// the pod; a scheduled backup never says so in its own status.
    ///
    /// ## Bad
    /// ```yaml
    /// bucket: s3://acme-backups/neo4j
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// bucket: acme-backups
    /// path: neo4j
    /// ```
    BucketMalformed {
        code: "NB7002", name: "bucket-malformed", severity: Error,
        kinds: LOCATED, reads: STORES + SOURCES + BUCKETS + BACKUP_CLOUDS + [
            "spec.source.storage.cloud.endpointURL",
            "spec.source.pitr.baseBackup.storage.cloud.endpointURL", "spec.source.pitr.logStorage.cloud.endpointURL",
            "spec.backups.defaultStorage.type", "spec.backups.defaultStorage.bucket", "spec.backups.cloud",
            "spec.backups.defaultStorage.cloud.endpointURL",
        ],
        needs: [], doors: All, fix: Safe, cel: Expressible, since: "0.1",
    }
}

impl Rule for BucketMalformed {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for location in locations(subject) {
            let (Some(store), Some(name)) = (location.storage.naming(), location.storage.bucket().str()) else {
                continue;
            };
            for problem in bucket::check(store, name) {
                // These have rules of their own.
                let is_refused = problem.kind == Kind::Path && object_path::first_refused_character(name).is_some();
                if is_refused || matches!(problem.kind, Kind::Empty | Kind::OperatorCharacter(_) | Kind::NoAccount) {
                    continue;
                }
                report_problem(&location, name, &problem, report);
            }
        }
    }
}

fn report_problem(location: &Location<'_>, name: &str, problem: &BucketProblem, report: &mut Collector) {
    let (severity, verdict) = match problem.level {
        Level::Error => (location.severity(), "is malformed"),
        Level::Warning if problem.kind == Kind::Path => (Severity::Warning, "is more than a name"),
        Level::Warning => (Severity::Warning, "may not work"),
    };
    let what = if location.storage.store() == Some(StoreType::Azure) {
        "container"
    } else {
        "bucket"
    };
    let field = location.storage.bucket();
    let finding = report.at(&field, format!("the {what} {} {verdict}: {problem}", quoted(name)));
    finding.severity(severity);
    let Some(fix) = &problem.fix else {
        finding.help(remedy(problem.kind));
        return;
    };
    let mut edits = vec![Edit::Set {
        path: field.path(),
        value: fix.bucket.clone().into(),
    }];
    let mut title = format!("use {}", quoted(&fix.bucket));
    if let Some(folder) = &fix.path {
        let path = with_folder(location, problem.kind, folder);
        title = format!("{title} and the path {path}", path = quoted(&path));
        edits.push(Edit::Set {
            path: location.storage.path().path(),
            value: path.into(),
        });
    }
    finding.help(title.clone()).fix(Fix {
        kind: FixKind::Safe,
        title,
        edits,
    });
}

/// The path with the folder of the bucket in front. The operator takes `bucket/folder` as it stands and adds its default
/// path to it, so artifacts that are there already stay where they are.
fn with_folder(location: &Location<'_>, kind: Kind, folder: &str) -> String {
    let path = location.storage.path().text();
    let path = path.map(|path| object_path::normalised(path).unwrap_or_else(|| path.to_owned()));
    match path {
        Some(path) => format!("{folder}/{path}"),
        None if kind == Kind::Path => format!("{folder}/backups"),
        None => folder.to_owned(),
    }
}

fn remedy(kind: Kind) -> &'static str {
    match kind {
        Kind::Url => "put the name of the bucket here and the address into `cloud.endpointURL`",
        Kind::Scheme | Kind::Arn => "put only the name here, and check that the type is that of the store",
        Kind::Path => "put the name of the bucket here and folders into `path`",
        Kind::Account | Kind::Container => "use `<account>/<container>`",
        Kind::Dots => "set `cloud.forcePathStyle: true`, or use a name without dots",
        _ => "use the name of an existing bucket: 3 to 63 lower-case letters, digits and hyphens",
    }
}
