//! What `doctor` says of each folder of `tests/scenarios`, word for word, and that every check is seen there.
//!
//! A scenario is a bundle as `doctor --from-bundle` takes it, with `expected.txt` beside it: what is printed in a terminal of
//! 100 columns. `UPDATE=1 cargo test -p neo4jbackup-tests --test suite scenarios` writes it; read what it wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_core::registry;
use neo4jbackup_tests::plugin::{Run, run_with};
use neo4jbackup_tests::scenario::{folders, played};

/// The folders, by name.
fn scenarios() -> Vec<(String, PathBuf)> {
    let name = |path: PathBuf| (path.file_name().unwrap().to_str().unwrap().to_owned(), path);
    let scenarios: Vec<_> = folders().into_iter().map(name).collect();
    assert!(!scenarios.is_empty());
    scenarios
}

fn doctor(folder: &std::path::Path, arguments: &[&str]) -> Run {
    let environment = BTreeMap::from(
        [("COLUMNS", "100"), ("LANG", "C.UTF-8")].map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let command = ["doctor", "--from-bundle", "."].into_iter();
    run_with(folder, "", environment, command.chain(arguments.iter().copied()))
}

#[test]
fn each_scenario_is_told_as_expected() {
    let updates = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for (name, folder) in scenarios() {
        let run = doctor(&folder, &[]);
        assert!(
            !matches!(run.exit, Exit::Usage | Exit::Refused),
            "{name}: {}",
            run.stderr
        );
        let file = folder.join("expected.txt");
        if updates {
            fs::write(&file, &run.stdout).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if expected != run.stdout {
            wrong.push(format!("{name}: expected\n{expected}\nand it says\n{}", run.stdout));
        }
        if name.starts_with("healthy") {
            assert_eq!(run.exit, Exit::Good, "{name} is healthy:\n{}", run.stdout);
            let starts = |word: &str| run.stdout.lines().any(|line| line.starts_with(word));
            assert!(
                !starts("error") && !starts("warning"),
                "{name} is healthy:\n{}",
                run.stdout
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_check_is_seen_in_a_scenario() {
    let mut seen = BTreeSet::new();
    for (_, folder) in scenarios() {
        let run = doctor(&folder, &["-o", "json"]);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        for finding in report["findings"].as_array().unwrap() {
            seen.insert(finding["code"].as_str().unwrap().to_owned());
        }
    }
    let checks = registry::checks().iter().map(|check| check.meta());
    let unseen: Vec<_> = checks
        .filter(|meta| !seen.contains(meta.code))
        .map(|meta| meta.name)
        .collect();
    assert!(unseen.is_empty(), "no scenario shows {unseen:?}");
}

/// Objects that somebody wrote down may be wrong about what a cluster does; so a good part of them is played on one.
#[test]
fn a_third_of_the_scenarios_is_played_on_a_node() {
    let (played, all) = (played().len(), folders().len());
    assert!(
        played * 3 >= all,
        "{played} of {all} scenarios say `# played: node`; let one more be played, see docs/cluster.md"
    );
}

#[test]
fn what_is_explained_exists_and_codes_are_unique() {
    let checks = registry::checks().iter().map(|check| check.meta());
    let rules = registry::all().iter().map(|rule| rule.meta());
    let explained = checks.clone().map(|meta| (meta.code, meta.explains));
    for (code, effects) in explained.chain(rules.clone().map(|meta| (meta.code, meta.explains))) {
        for effect in effects {
            let exists = registry::check(effect).is_some() || registry::rule(effect).is_some();
            assert!(exists, "{code} explains {effect}, which is nothing");
        }
    }
    let codes: Vec<_> = checks
        .map(|meta| meta.code)
        .chain(rules.map(|meta| meta.code))
        .collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
}
