//! What fails, made by a case or taken from a scenario, and whether `doctor` knows it.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use neo4jbackup_harness::{await_within, report_progress};
use neo4jbackup_tests::scenario::{Played, played, scenarios};
use serde_json::Value;

use super::cases::{CASES, Case};
use super::operator::Namespace;
use super::scene::{self, GRAPH};
use super::stage::{Said, Stage};
use super::verdict::Verdict;

/// A kubelet looks for pods to evict every ten seconds, and a scheduled run begins within half a minute.
pub(super) const DEADLINE: Duration = Duration::from_secs(120);

/// What another test plays: an operator gives up.
pub(super) const NEVER_STARTED: &str = "never-started";

/// The texts of a report: of the cause, and of what follows from it.
fn texts(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().into_iter().flatten();
    let texts = findings.flat_map(|finding| {
        let evidence = finding["evidence"].as_array().into_iter().flatten();
        let evidence = evidence.filter_map(|sign| sign["text"].as_str());
        finding["message"].as_str().into_iter().chain(evidence)
    });
    texts.collect()
}

/// Whether the first finding, of which all others are effects, is the cause that is known; else what is said instead.
fn judge(case: &Case, said: &Said) -> Result<(), String> {
    let report: Value = serde_json::from_str(&said.stdout).map_err(|error| format!("{error}: {said:?}"))?;
    let texts = texts(&report);
    let is_told = case
        .words
        .iter()
        .all(|words| texts.iter().any(|text| text.contains(words)));
    let first = &report["findings"][0];
    let is_cause = first["code"] == case.code && report["summary"]["causes"] == 1;
    if is_told && is_cause && said.code == Some(i32::from(first["severity"] == "error")) {
        return Ok(());
    }
    Err(format!(
        "{}: {} {:?} expected, not {}: {texts:#?}",
        case.name, case.code, case.words, first["code"]
    ))
}

/// What fails, and what has to be said of it.
pub(super) enum Act {
    Case(&'static Case),
    /// A scenario, with what is said of its folder.
    Scene(String, Verdict),
}

impl Act {
    /// What is said of the folder of a scenario.
    fn told(stage: &Stage, scenario: &str) -> Verdict {
        let folder = scenarios().join(scenario);
        let said = stage.plugin(&["doctor", "--from-bundle", folder.to_str().unwrap(), "-o", "json"]);
        Verdict::of(&said, GRAPH).unwrap()
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Case(case) => case.name,
            Self::Scene(name, _) => name,
        }
    }

    pub(super) fn begin<'s>(&self, stage: &'s Stage) -> Namespace<'s> {
        match self {
            Self::Case(case) => case.begin(stage),
            Self::Scene(name, _) => scene::begin(stage, name),
        }
    }

    fn judge(&self, namespace: &Namespace<'_>) -> Result<(), String> {
        let said = namespace.plugin(&["doctor", "-o", "json"]);
        match self {
            Self::Case(case) => judge(case, &said),
            Self::Scene(name, expected) => {
                let verdict = Verdict::of(&said, &namespace.name)?;
                let is_as_expected = verdict == *expected;
                is_as_expected
                    .then_some(())
                    .ok_or_else(|| format!("{name}:\n  {expected:?} expected, not\n  {verdict:?}"))
            }
        }
    }
}

/// The cases, and the scenarios that are played as they stand there. A scenario for which a case stands in is known by the
/// same code.
pub(super) fn acts(stage: &Stage) -> Vec<Act> {
    let mut acts: Vec<Act> = CASES.iter().map(Act::Case).collect();
    for (scenario, how) in played() {
        match how {
            Played::Itself => acts.push(Act::Scene(scenario.clone(), Act::told(stage, &scenario))),
            Played::As(case) if case == NEVER_STARTED => {}
            Played::As(case) => {
                let case = CASES.iter().find(|other| other.name == case);
                let case = case.unwrap_or_else(|| panic!("{scenario}: there is no such case"));
                assert_eq!(Act::told(stage, &scenario).code(), case.code, "{scenario}");
            }
        }
    }
    acts
}

/// So many ask at the same time.
const ASKERS: usize = 3;

/// Asks again and again until all of them are known by their cause.
pub(super) fn await_all(acts: &[(Act, Namespace<'_>)], start: Instant) {
    let mut open: Vec<&(Act, Namespace<'_>)> = acts.iter().collect();
    await_within(DEADLINE, "the cause of every failure", || {
        let wrong: Vec<(usize, String)> = thread::scope(|scope| {
            let share = open.len().div_ceil(ASKERS);
            let threads = open.chunks(share).enumerate().map(|(chunk, acts)| {
                scope.spawn(move || {
                    let mut wrong = Vec::new();
                    for (position, (act, namespace)) in acts.iter().enumerate() {
                        match act.judge(namespace) {
                            Ok(()) => {
                                report_progress(&format!("  {} is known after {:?}", act.name(), start.elapsed()));
                            }
                            Err(text) => wrong.push((chunk * share + position, text)),
                        }
                    }
                    wrong
                })
            });
            let threads: Vec<_> = threads.collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let still: BTreeSet<usize> = wrong.iter().map(|(position, _)| *position).collect();
        let mut position = 0..;
        open.retain(|_| still.contains(&position.next().unwrap()));
        let wrong: Vec<String> = wrong.into_iter().map(|(_, text)| text).collect();
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.join("\n"))
        }
    });
}
