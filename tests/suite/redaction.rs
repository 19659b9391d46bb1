//! Redacting what was collected changes no diagnosis: for each folder of `tests/scenarios`, the codes, the objects and their
//! order are those of the folder as it is.

use kubectl_neo4jbackup::bundle;
use neo4jbackup_core::check::Cause;
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::logs::classify;
use neo4jbackup_core::redact::{Extent, Redactor};
use neo4jbackup_core::snapshot::Snapshot;
use neo4jbackup_tests::scenario::{examined, folders};

/// The code and the object of each diagnosis, effects indented below their causes.
fn verdict(snapshot: &Snapshot) -> Vec<String> {
    let cluster = Cluster::of(snapshot);
    let mut verdict = Vec::new();
    for cause in &examined(&cluster).causes {
        tell(cause, 0, &mut verdict);
    }
    verdict
}

fn tell(cause: &Cause, depth: usize, verdict: &mut Vec<String>) {
    let diagnosis = &cause.diagnosis;
    let indent = " ".repeat(depth);
    verdict.push(format!("{indent}{} {:?}", diagnosis.code, diagnosis.object));
    for effect in &cause.effects {
        tell(effect, depth + 1, verdict);
    }
}

#[test]
fn redacting_changes_no_diagnosis() {
    let scenarios = folders();
    assert!(scenarios.len() > 10);
    for folder in scenarios {
        let snapshot = bundle::read(&folder).unwrap();
        let expected = verdict(&snapshot);
        for extent in [Extent::Secrets, Extent::Places] {
            let mut redacted = snapshot.clone();
            Redactor::new(extent).snapshot(&mut redacted);
            assert_eq!(verdict(&redacted), expected, "{} {extent:?}", folder.display());
            let mut again = redacted.clone();
            Redactor::new(extent).snapshot(&mut again);
            assert_eq!(again, redacted, "{} {extent:?}", folder.display());
        }
    }
}

#[test]
fn redacting_changes_no_class_of_a_line() {
    for folder in folders() {
        let snapshot = bundle::read(&folder).unwrap();
        for (_, tail) in snapshot.logs() {
            for line in tail.text().unwrap_or_default().lines() {
                let redacted = Redactor::new(Extent::Places).text(line).into_owned();
                let name = |line: &str| classify(line).map(|class| class.name.as_str());
                assert_eq!(name(&redacted), name(line), "{line}\n{redacted}");
            }
        }
    }
}
