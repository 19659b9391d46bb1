//! NB7003.

use crate::rule::prelude::*;
use crate::subject::location::{Location, Use, locations};
use crate::values::bucket;
use crate::values::object_path::{self, PathProblem};

declare_rule! {
    /// A stray slash in a path makes an object key with an empty part, and a restore looks elsewhere.
    ///
    /// ## What it checks
    /// `path` below a bucket has no slash at its ends and no two in a row, and no `.` or `..`, which object stores do not
    /// resolve. `backupPath` below a bucket is not absolute; from 1.8 on that is an error. On a volume it does not begin with
    /// `/backup`, where volumes are mounted.
    ///
    /// ## Why it matters
    /// The operator joins texts when it writes: `path: backups/` becomes `s3://bucket/backups//nightly/`. When it restores
    /// into a cluster it trims: `s3://bucket/backups/nightly/…`, which is another key. An absolute `backupPath`
    /// is the habit of volumes; below a bucket it names an artifact that no backup has written. On a volume the operator
    /// puts the mount point in front of it: `/backup/nightly` becomes `/backup//backup/nightly`.
    ///
    /// ## Bad
    /// ```yaml
    /// bucket: acme-backups
    /// path: backups/
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// bucket: acme-backups
    /// path: backups
    /// ```
    PathWithEmptySegment {
        code: "NB7003", name: "path-with-empty-segment", severity: Error,
        kinds: LOCATED, reads: STORES + SOURCES + PATHS + [
            "spec.storage.bucket", "spec.chainFromBackup", "spec.backups.defaultStorage.type",
            "spec.backups.defaultStorage.path",
        ],
        needs: [], doors: All, fix: Unsafe, cel: Expressible, since: "0.1",
    }
}

/// Where the Jobs of the operator mount volumes.
const MOUNT_POINT: &str = "/backup";

impl Rule for PathWithEmptySegment {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for location in locations(subject).filter(|location| location.cloud_store().is_some()) {
            path(subject, &location, report);
        }
        let Some(restore) = subject.restore() else { return };
        let read = [
            (restore.storage(), restore.backup_path()),
            (restore.base_storage(), restore.base_backup().field("backupPath")),
        ];
        for (storage, field) in read {
            let read = locations(subject).find(|location| location.storage.block.path() == storage.block.path());
            let Some(location) = read.filter(|location| location.used == Use::Artifacts) else {
                continue;
            };
            match location.storage.store() {
                Some(StoreType::Pvc) => on_volume(&field, report),
                Some(_) => backup_path(subject, &field, report),
                None => {}
            }
        }
    }
}

fn path(subject: &Subject<'_>, location: &Location<'_>, report: &mut Collector) {
    let field = location.storage.path();
    let Some(path) = field.text() else { return };
    let problems = object_path::check(path);
    let slash = problems.iter().any(PathProblem::is_stray_slash);
    let dot = problems.contains(&PathProblem::DotSegment);
    if !slash && !dot {
        return;
    }
    let mended = object_path::normalised(path).filter(|_| slash);
    let message = match (slash, subject.kind) {
        (true, Kind::Neo4jBackup) => {
            format!(
                "{} gives keys with an empty part ({}), which a restore does not look for",
                quoted(path),
                key(subject, location, path)
            )
        }
        (true, _) => format!("{} gives keys with an empty part", quoted(path)),
        (false, _) => format!("{} has a `.` or `..`, which object stores take as a name", quoted(path)),
    };
    let finding = report.at(&field, message);
    finding.severity(Severity::Warning);
    match mended {
        // The fix of the bucket puts its folder in front of the path and trims it as well.
        Some(mended) if moves_folder(location) => {
            finding.help(format!("use {}", quoted(&mended)));
        }
        Some(mended) => {
            finding.replace(FixKind::Safe, &mended);
        }
        None if slash => {
            finding.help("remove it; the operator then uses `backups`");
        }
        None => {
            finding.help("write the path without it");
        }
    }
}

/// Says what the path is below the location; `below` is the path without the mount point of volumes, which is no part of it.
fn say_relative(finding: &mut Finding, below: &str) {
    let relative = object_path::normalised(below).unwrap_or_else(|| below.trim_matches('/').to_owned());
    if relative.is_empty() {
        finding.help("use the path of the artifact below the location, `<backup>/<artifact>.backup`");
        return;
    }
    finding
        .replace(FixKind::Unsafe, &relative)
        .help(format!("use {}, the path below the location", quoted(&relative)));
}

/// Whether fixing the bucket also changes the path.
fn moves_folder(location: &Location<'_>) -> bool {
    let (Some(store), Some(name)) = (location.storage.naming(), location.storage.bucket().str()) else {
        return false;
    };
    bucket::moves_folder(store, name)
}

/// The address to which the operator would write.
fn key(subject: &Subject<'_>, location: &Location<'_>, path: &str) -> String {
    let bucket = location.storage.bucket().text().unwrap_or("<bucket>");
    let own = if subject.name().is_empty() {
        "<name>"
    } else {
        subject.name()
    };
    let root = subject
        .backup()
        .and_then(|backup| backup.chain_from().text())
        .unwrap_or(own);
    quoted(&format!("{bucket}/{path}/{root}/")).to_string()
}

fn backup_path(subject: &Subject<'_>, field: &Field<'_>, report: &mut Collector) {
    let Some(path) = field.text() else { return };
    let problems = object_path::check(path);
    let absolute = problems.contains(&PathProblem::LeadingSlash);
    if !absolute && !problems.contains(&PathProblem::DoubleSlash) {
        return;
    }
    let message = if absolute {
        format!(
            "the absolute path {} gives a key with an empty part below a bucket, which no backup has written",
            quoted(path)
        )
    } else {
        format!("{} gives a key with an empty part", quoted(path))
    };
    let finding = report.at(field, message);
    // The guides of operators before 1.8 write such paths; what those Jobs make of them was not seen.
    let fails = absolute && subject.era >= Era::V1_8;
    finding.severity(if fails { Severity::Error } else { Severity::Warning });
    say_relative(finding, path.strip_prefix("/backup/").unwrap_or(path));
}

/// A path on a volume that begins with the mount point, which the operator puts in front of it once more.
fn on_volume(field: &Field<'_>, report: &mut Collector) {
    let Some(path) = field.text() else { return };
    let below = path.strip_prefix(MOUNT_POINT);
    let Some(below) = below.filter(|below| below.is_empty() || below.starts_with('/')) else {
        return;
    };
    let finding = report.at(
        field,
        format!(
            "{} is looked for below {MOUNT_POINT}, where the volume is mounted",
            quoted(path)
        ),
    );
    finding.severity(Severity::Warning);
    say_relative(finding, below);
}
