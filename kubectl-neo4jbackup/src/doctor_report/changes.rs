//! What is new, gone, worse or better from one look to another.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::registry;

use super::{DoctorReport, Finding};

/// A finding that came, went, or became worse or better.
#[derive(Debug)]
pub(crate) struct Change<'r> {
    /// `new`, `gone`, `worse` or `better`.
    pub(crate) word: &'static str,
    /// The finding as it is; one that is gone, as it was.
    pub(crate) finding: &'r Finding,
    /// How bad it was; `None` for one that is new.
    pub(crate) severity_before: Option<Severity>,
}

/// Returns what has changed, the worst first, and last what is gone. What could not be checked now is neither gone nor better.
pub(crate) fn changes<'r>(before: &'r DoctorReport, now: &'r DoctorReport) -> Vec<Change<'r>> {
    let (old, new) = (before.by_key(), now.by_key());
    let mut changes = Vec::new();
    for (key, finding) in &new {
        let severity_before = old.get(key).map(|old| old.severity);
        let word = match severity_before {
            None => "new",
            Some(severity) if severity < finding.severity => "worse",
            Some(severity) if severity > finding.severity && !now.is_unsure(finding.code) => "better",
            Some(_) => continue,
        };
        changes.push(Change {
            word,
            finding,
            severity_before,
        });
    }
    changes.sort_by_key(|change| Reverse(change.finding.severity));
    let gone = old
        .iter()
        .filter(|((code, ..), _)| !now.is_unchecked(code))
        .filter(|(key, _)| !new.contains_key(*key));
    changes.extend(gone.map(|(_, finding)| Change {
        word: "gone",
        finding,
        severity_before: Some(finding.severity),
    }));
    changes
}

impl DoctorReport {
    /// Whether what follows from a finding could not all be checked: a cause is as bad as its effects, and may only look
    /// better.
    pub(crate) fn is_unsure(&self, code: &str) -> bool {
        let mut open = vec![code];
        let mut seen = BTreeSet::new();
        while let Some(code) = open.pop() {
            let check = registry::check(code).map(|meta| meta.explains);
            let effects = check.or_else(|| registry::rule(code).map(|meta| meta.explains));
            for effect in effects.into_iter().flatten().filter(|effect| seen.insert(**effect)) {
                if self.is_unchecked(effect) {
                    return true;
                }
                open.push(effect);
            }
        }
        false
    }
}
