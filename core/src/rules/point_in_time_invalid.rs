//! NB8001.

use crate::rule::prelude::*;
use crate::undecodable::time_of;
use crate::values::point_in_time::{self, PointInTime, PointInTimeError, RestoreUntil, RestoreUntilError};

declare_rule! {
    /// A point in time that is not RFC 3339 is refused, or worse, stored.
    ///
    /// ## What it checks
    /// `spec.source.pointInTime` of a restore and `spec.restoreFrom.pointInTime` of a v1alpha1 instance:
    /// `2025-01-15T14:30:00Z`, or with an offset such as `+02:00`. `spec.seedConfig.restoreUntil` of a database takes
    /// `txId:12345` as well. Fractions of a second and offsets that no place on Earth has are warned of.
    ///
    /// ## Why it matters
    /// The schema and the operator read this field differently. `2025-01-15T14:30:00z` and `…+25:00` pass the schema
    /// (`format: date-time`), are stored, and cannot be decoded by the operator. Seen on operator 1.14: from then on it
    /// is blind for *every* restore in *every* namespace, and after its next start it reconciles nothing at all and
    /// exits every two minutes, with a message that names another kind. It recovers only when the object is deleted or
    /// fixed. The same holds for a list, which the API server stores where the schema wants a text with a format.
    ///
    /// The operator hands whole seconds to `neo4j-admin`; a fraction is dropped, also from the stored object.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   source:
    ///     pointInTime: "2025-01-15 14:30:00"
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   source:
    ///     pointInTime: "2025-01-15T14:30:00Z"
    /// ```
    PointInTimeInvalid {
        code: "NB8001", name: "point-in-time-invalid", severity: Error,
        kinds: [Neo4jRestore, Neo4jDatabase, Neo4jShardedDatabase, Neo4jEnterpriseCluster, Neo4jEnterpriseStandalone],
        reads: ["spec.source.pointInTime", "spec.seedConfig.restoreUntil", "spec.restoreFrom.pointInTime"],
        needs: [], doors: All, fix: Safe, cel: Expressible, since: "0.1",
    }
}

impl Rule for PointInTimeInvalid {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let (field, is_time) = match time_of(subject.kind) {
            Some(path) => (subject.field(path), true),
            None => (subject.field("spec.seedConfig.restoreUntil"), false),
        };
        let Some(text) = field.str() else {
            if is_time {
                list(subject, &field, report);
            }
            return;
        };
        if is_time {
            match point_in_time::parse(text) {
                Ok(point) => remarks(&field, text, &point, report),
                Err(error) => {
                    offer(report.at(&field, refusal(subject.kind, text, error)), text);
                }
            }
            return;
        }
        match point_in_time::restore_until(text) {
            // The empty text is how the operator writes "not said".
            _ if text.is_empty() => {}
            Ok(RestoreUntil::Instant(point)) => remarks(&field, text, &point, report),
            Ok(RestoreUntil::Transaction(_)) => {}
            Err(RestoreUntilError::Instant(error)) => {
                let message = match error {
                    PointInTimeError::Shape => {
                        format!("{} is neither an RFC 3339 time nor `txId:` and a number", quoted(text))
                    }
                    _ => format!("{} is not a valid point in time: {error}", quoted(text)),
                };
                offer(report.at(&field, message), text);
            }
            Err(error) => {
                report
                    .at(&field, format!("{} names no transaction: {error}", quoted(text)))
                    .help("write it like `txId:12345`");
            }
        }
    }
}

/// The API server stores a list where the schema wants a string with a format. In files a wrong type is a finding of its own.
fn list(subject: &Subject<'_>, field: &Field<'_>, report: &mut Collector) {
    let is_list = field.node().is_some_and(|node| node.as_list().is_some());
    if !is_list || subject.door == Door::File {
        return;
    }
    let message = format!(
        "a list would be stored, and the operator, unable to decode it, goes blind for every {:?}",
        subject.kind
    );
    report.at(field, message).help("write it like `2025-01-15T14:30:00Z`");
}

/// What happens with a time that is not one, which depends on whether the API server would store it.
fn refusal(kind: Kind, text: &str, error: PointInTimeError) -> String {
    let shown = quoted(text);
    if point_in_time::is_poison(text) {
        return format!(
            "{shown} would be stored, and the operator, unable to decode it, goes blind for every {kind:?}: {error}"
        );
    }
    match error {
        PointInTimeError::Shape => format!("{shown} is not an RFC 3339 time"),
        _ => format!("{shown} is not a valid point in time: {error}"),
    }
}

fn offer(finding: &mut Finding, text: &str) {
    match point_in_time::normalised(text) {
        Some(meant) => {
            finding.replace(FixKind::Safe, &meant);
        }
        None => {
            finding.help("write it like `2025-01-15T14:30:00Z`");
        }
    }
}

fn remarks(field: &Field<'_>, text: &str, point: &PointInTime, report: &mut Collector) {
    let shown = quoted(text);
    if point.has_fraction() {
        let message = format!("{shown} has a fraction of a second, which the operator drops");
        offer(report.at(field, message).severity(Severity::Warning), text);
    }
    if point.unusual_offset() {
        let utc = point.utc_text();
        report
            .at(
                field,
                format!("{shown} has an offset that no place on Earth uses; it means {utc} UTC"),
            )
            .help("write the time in UTC, ending with `Z`")
            .severity(Severity::Warning);
    }
}
