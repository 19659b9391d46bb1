//! What has changed from one report to another, as the object that both formats are made from: `ReportDiff` of
//! `report.neo4jbackup.github.io/v1`.

mod events;
mod fields;
mod objects;

use std::cmp::Reverse;

use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::model::ObjectRef;
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::snapshot::{Resource, Snapshot};
use serde::Serialize;

pub(crate) use self::events::NewEvent;
pub(crate) use self::fields::FieldChange;
pub(crate) use self::objects::ObjectChange;
use crate::Exit;
use crate::doctor_report::{Change, DoctorReport, Finding, changes};
use crate::look::Seen;
use crate::report::API_VERSION;

/// What has changed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportDiff {
    /// [`API_VERSION`].
    api_version: &'static str,
    /// `ReportDiff`.
    kind: &'static str,
    /// The earlier report.
    pub(crate) before: Side,
    /// The later one.
    pub(crate) after: Side,
    /// Diagnoses that came, went, or became worse or better.
    pub(crate) diagnoses: Vec<DiagnosisChange>,
    /// Objects that came, went or changed.
    pub(crate) objects: Vec<ObjectChange>,
    /// Events that are new, or were noted again.
    pub(crate) events: Vec<NewEvent>,
    /// What could not be compared, and why.
    pub(crate) not_compared: Vec<String>,
}

/// One of two reports.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Side {
    /// The archive or folder.
    pub(crate) bundle: String,
    /// When it was taken, RFC 3339 in UTC.
    pub(crate) taken_at: String,
}

/// A diagnosis that came, went, or became worse or better.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DiagnosisChange {
    /// `new`, `gone`, `worse` or `better`.
    pub(crate) change: &'static str,
    /// The permanent code.
    pub(crate) code: &'static str,
    /// How bad it is; of one that is gone, how bad it was.
    pub(crate) severity: Severity,
    /// How bad it was; null for one that is new.
    pub(crate) severity_before: Option<Severity>,
    /// The object.
    pub(crate) object: ObjectRef,
    /// The field path; empty for the object as a whole.
    pub(crate) field: String,
    /// What is or was wrong.
    pub(crate) message: String,
}

/// A report, and what `doctor` says of it.
pub(crate) struct Examined<'s> {
    pub(crate) seen: &'s Seen,
    pub(crate) diagnosis: DoctorReport,
}

impl Examined<'_> {
    fn side(&self) -> Side {
        Side {
            bundle: self.seen.source.bundle.clone().unwrap_or_default(),
            taken_at: self.seen.snapshot.taken.to_string(),
        }
    }

    fn target(&self) -> Option<String> {
        self.seen.collected.as_ref().map(|collected| collected.wanted.word())
    }
}

impl ReportDiff {
    /// Compares two reports.
    pub(crate) fn of(before: &Examined<'_>, after: &Examined<'_>) -> Self {
        let snapshots = (&before.seen.snapshot, &after.seen.snapshot);
        let compared = Compared {
            before: snapshots.0,
            after: snapshots.1,
            are_of_one_target: before.target() == after.target(),
        };
        Self {
            api_version: API_VERSION,
            kind: "ReportDiff",
            before: before.side(),
            after: after.side(),
            diagnoses: diagnoses(&compared, &before.diagnosis, &after.diagnosis),
            objects: objects::changes(&compared),
            events: events::new(&compared),
            not_compared: compared.gaps(before, after),
        }
    }

    /// Whether nothing has changed, as far as that is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.diagnoses.is_empty() && self.objects.is_empty() && self.events.is_empty()
    }

    /// What the shell is told.
    pub(crate) fn exit(&self) -> Exit {
        match (self.is_empty(), self.not_compared.is_empty()) {
            (false, _) => Exit::NotGood,
            (true, false) => Exit::Incomplete,
            (true, true) => Exit::Good,
        }
    }
}

/// Two snapshots that are compared.
struct Compared<'s> {
    before: &'s Snapshot,
    after: &'s Snapshot,
    /// Whether both hold the Jobs of the same objects.
    are_of_one_target: bool,
}

impl Compared<'_> {
    /// Whether an object of a resource that is in one of them only has come or gone: the other one would have it.
    fn is_known(&self, resource: Resource, namespace: &str) -> bool {
        if !self.are_of_one_target && matches!(resource, Resource::Jobs | Resource::CronJobs) {
            return false;
        }
        let place = (!namespace.is_empty()).then_some(namespace);
        let is_whole =
            |snapshot: &Snapshot| snapshot.is_served(resource).is_some() && snapshot.gap(resource, place).is_none();
        let is_covered = namespace.is_empty() || self.before.covers(namespace) == self.after.covers(namespace);
        is_covered && is_whole(self.before) && is_whole(self.after)
    }

    /// Whether the earlier one would tell of a finding of the later one, were it there.
    fn looked_before(&self, finding: &Finding) -> bool {
        looked_for(self.before, self.after, finding)
    }

    /// Whether the later one would tell of a finding of the earlier one, were it there.
    fn looked_after(&self, finding: &Finding) -> bool {
        looked_for(self.after, self.before, finding)
    }

    /// What one of them holds and the other does not, because it was not read.
    fn gaps(&self, before: &Examined<'_>, after: &Examined<'_>) -> Vec<String> {
        let mut gaps = Vec::new();
        if self.before.namespaces != self.after.namespaces {
            let names = |snapshot: &Snapshot| match &snapshot.namespaces {
                None => "all".to_owned(),
                Some(names) => names
                    .iter()
                    .map(|name| Name(name).to_string())
                    .collect::<Vec<_>>()
                    .join(", "),
            };
            let (before, after) = (names(self.before), names(self.after));
            gaps.push(format!("namespaces: the first is of {before}, the second of {after}"));
        }
        if !self.are_of_one_target {
            let of = |side: &Examined<'_>| side.target().unwrap_or_else(|| "everything".to_owned());
            let (before, after) = (of(before), of(after));
            gaps.push(format!(
                "Jobs and diagnoses: the first is of {before}, the second of {after}"
            ));
        }
        for resource in Resource::ALL {
            let was_asked = |snapshot: &Snapshot| snapshot.is_served(resource).is_some();
            if !was_asked(self.before) && !was_asked(self.after) {
                continue;
            }
            for (word, snapshot) in [("first", self.before), ("second", self.after)] {
                if let Some(cause) = snapshot.gap(resource, None) {
                    gaps.push(format!("{} of the {word}: {cause}", resource.plural()));
                }
            }
        }
        gaps
    }
}

/// Whether a snapshot covers all the namespaces that a finding of another rests on.
fn looked_for(snapshot: &Snapshot, other: &Snapshot, finding: &Finding) -> bool {
    let subject = finding.subject.as_ref().map(|subject| subject.namespace.as_str());
    let mut namespaces = [Some(finding.object.namespace.as_str()), subject].into_iter().flatten();
    if namespaces.clone().all(str::is_empty) {
        // What is of no namespace may show in any.
        return match (&snapshot.namespaces, &other.namespaces) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(covered), Some(needed)) => needed.is_subset(covered),
        };
    }
    namespaces.all(|namespace| namespace.is_empty() || snapshot.covers(namespace))
}

/// The diagnoses that differ. What the other report was not to tell is neither new nor gone, worse nor better.
fn diagnoses(compared: &Compared<'_>, before: &DoctorReport, after: &DoctorReport) -> Vec<DiagnosisChange> {
    if !compared.are_of_one_target {
        return Vec::new();
    }
    let is_known = |change: &Change<'_>| {
        let finding = change.finding;
        match change.word {
            "new" => compared.looked_before(finding) && !before.is_unchecked(finding.code),
            "worse" => compared.looked_before(finding) && !before.is_unsure(finding.code),
            _ => compared.looked_after(finding),
        }
    };
    let mut changes = changes(before, after);
    changes.retain(is_known);
    changes.sort_by_key(|change| {
        let severity = Reverse(change.finding.severity);
        (change.word == "gone", severity, change.finding.id)
    });
    let changes = changes.into_iter();
    changes
        .map(|change| DiagnosisChange {
            change: change.word,
            code: change.finding.code,
            severity: change.finding.severity,
            severity_before: change.severity_before,
            object: change.finding.object.clone(),
            field: change.finding.field.clone(),
            message: change.finding.said(),
        })
        .collect()
}
