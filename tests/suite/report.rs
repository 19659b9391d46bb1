//! What a report keeps: for each folder of `tests/scenarios`, `doctor` says of the archive what it says of the folder.

use std::iter;
use std::path::{Path, PathBuf};

use kubectl_neo4jbackup::{Exit, bundle};
use neo4jbackup_tests::plugin::{Run, run};
use neo4jbackup_tests::scenario::folders;
use serde_json::{Value, json};
use tempfile::TempDir;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Makes a report of a bundle; returns the archive.
fn report(folder: &TempDir, bundle: &Path, name: &str, arguments: &[&str]) -> PathBuf {
    let words = [
        "report",
        "--from-bundle",
        text(bundle),
        "-o",
        name,
        "--allow-incomplete",
    ];
    let run = run(folder.path(), "", words.iter().chain(arguments));
    assert_eq!(run.exit, Exit::Good, "{}: {run:?}", bundle.display());
    folder.path().join(name)
}

fn doctor(bundle: &Path) -> (Exit, Value) {
    let Run { exit, stdout, stderr } = run(
        Path::new("."),
        "",
        ["doctor", "--from-bundle", text(bundle), "-o", "json"],
    );
    let report = serde_json::from_str(&stdout);
    let mut report: Value = report.unwrap_or_else(|error| panic!("{}: {error}: {stderr}", bundle.display()));
    report["bundle"] = Value::Null;
    (exit, report)
}

/// The code and the object of each finding, the finding that it follows from, and what could not be checked.
fn verdict(report: &Value) -> Vec<Value> {
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.map(|finding| {
        let part = |name: &str| &finding[name];
        json!([
            part("code"),
            part("object"),
            part("severity"),
            part("causedBy"),
            part("subject")
        ])
    });
    findings.chain(iter::once(report["skipped"].clone())).collect()
}

#[test]
fn nothing_is_lost_that_is_not_redacted() {
    let folder = TempDir::new().unwrap();
    for scenario in folders() {
        let arguments = ["--no-redact", "--yes", "--force"];
        let archive = report(&folder, &scenario, "UNREDACTED.tar.gz", &arguments);
        assert_eq!(
            bundle::open(&archive).unwrap(),
            bundle::open(&scenario).unwrap(),
            "{}",
            scenario.display()
        );
        assert_eq!(doctor(&archive), doctor(&scenario), "{}", scenario.display());
    }
}

#[test]
fn the_verdict_of_what_is_redacted_is_the_same() {
    let folder = TempDir::new().unwrap();
    for scenario in folders() {
        let (exit, expected) = doctor(&scenario);
        for arguments in [&["--force"][..], &["--force", "--redact-names"]] {
            let archive = report(&folder, &scenario, "report.tar.gz", arguments);
            let (redacted_exit, redacted) = doctor(&archive);
            assert_eq!(redacted_exit, exit, "{}", scenario.display());
            assert_eq!(
                verdict(&redacted),
                verdict(&expected),
                "{} {arguments:?}",
                scenario.display()
            );
            // A report of a report is the same report.
            let again = report(&folder, &archive, "again.tar.gz", arguments);
            assert_eq!(
                bundle::open(&again).unwrap(),
                bundle::open(&archive).unwrap(),
                "{} {arguments:?}",
                scenario.display()
            );
        }
    }
}
