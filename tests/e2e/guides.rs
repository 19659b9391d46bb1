//! Every section of the guide that people followed before, asked on a real API server: one command for each, and the first
//! line of what it says. The table stands below cargo's target folder: `guides/seed-sections.md`.
//!
//! The objects are those of the scenarios, moved in time so that they come after the API server has stored them; who runs
//! no kubelet has the logs of one that has nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use neo4jbackup_core::operator::OperatorVersion;
use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::{Binaries, ControlPlane, Options, play, report_progress, shared, take_back, target};
use neo4jbackup_tests::crds;
use neo4jbackup_tests::guides::{Elsewhere, GUIDES, answers};
use neo4jbackup_tests::scenario::{Moved, file_name};
use serde_json::Value;

use crate::doctor::plugin_at;
use crate::kubelet::Kubelet;

/// The namespace of every scenario.
const NAMESPACE: &str = "graph";

/// A scenario, moved to the present.
struct Scenario {
    moved: Moved,
    /// That of its operator, or 1.14 where it has none.
    era: Era,
}

impl Scenario {
    fn read(name: &str) -> Self {
        let moved = Moved::to_the_present(name);
        let text = fs::read_to_string(moved.folder.join("objects.yaml")).unwrap();
        let version = text.split("operator:v").nth(1).and_then(|rest| rest.split('"').next());
        let version = version.and_then(|version| version.split_whitespace().next());
        let era = version.map_or(Era::V1_14, |version| {
            Era::of(version.trim().parse::<OperatorVersion>().unwrap())
        });
        Self { moved, era }
    }
}

/// The code at the end of a line of `doctor`.
fn code(line: &str) -> &str {
    line.rsplit_once('[').map_or("", |(_, code)| code.trim_end_matches(']'))
}

/// What is asked of a scenario: the object that its first finding is about, or the namespace where that is another one.
fn command(first: &Value) -> Vec<String> {
    let object = &first["object"];
    let kind = match object["kind"].as_str() {
        Some("Neo4jBackup") => "backup",
        Some("Neo4jRestore") => "restore",
        Some("CronJob") => "cronjob",
        _ => "",
    };
    let mut words = vec!["doctor".to_owned()];
    if !kind.is_empty() && object["namespace"] == NAMESPACE {
        words.push(format!("{kind}/{}", object["name"].as_str().unwrap()));
    }
    words.extend(["-n".to_owned(), NAMESPACE.to_owned()]);
    words
}

/// An answer: the command, and the first line that it prints.
struct Answer {
    command: String,
    line: String,
}

fn asked(control_plane: &ControlPlane, now: &str, words: &[String]) -> Answer {
    let kubeconfig = control_plane.kubeconfig().to_str().unwrap();
    let run = plugin_at(kubeconfig, now, &words.iter().map(String::as_str).collect::<Vec<_>>());
    // What `doctor` finds ends with its code, in the next line where it is long.
    let mut lines = Vec::new();
    for line in run.stdout.lines() {
        lines.push(line.trim());
        if words[0] != "doctor" || line.ends_with(']') || line.starts_with("nothing") {
            break;
        }
    }
    let line = if lines.is_empty() {
        // `wait` says what will not come about where errors are said.
        run.stderr.lines().next().unwrap_or_default().to_owned()
    } else {
        lines.join(" ")
    };
    assert!(!line.is_empty(), "{words:?}: {run:?}");
    Answer {
        command: format!("kubectl neo4jbackup {}", words.join(" ")),
        line,
    }
}

/// What was answered of a scenario.
struct Answers {
    doctor: Answer,
    status: Answer,
    /// Of one with a restore of this name.
    wait: Option<Answer>,
}

/// The restore of every scenario that has one.
const RESTORE: &str = "back";

/// Plays a scenario, and asks what is wrong. The code is to be that of the same objects in a folder.
fn ask(control_plane: &ControlPlane, scenario: &Scenario) -> (Answers, Option<String>) {
    let mut client = control_plane.api_client().unwrap();
    let namespaces: BTreeSet<&str> = scenario
        .moved
        .objects
        .iter()
        .filter_map(|object| object["metadata"]["namespace"].as_str())
        .collect();
    for namespace in namespaces {
        let object = serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        play(&mut client, [object]);
    }
    play(&mut client, scenario.moved.objects.clone());
    // Another one for each scenario: pods of several have the same name.
    let kubelet = Kubelet::register(control_plane, "node-1");
    kubelet.write_logs_of(&scenario.moved);
    let folder = scenario.moved.folder.to_str().unwrap();
    let bundle = plugin_at(
        "",
        &scenario.moved.taken_at.to_string(),
        &["doctor", "--from-bundle", folder, "-o", "json"],
    );
    let report: Value = serde_json::from_str(&bundle.stdout).unwrap();
    let expected = report["findings"][0]["code"].as_str().unwrap();
    let answer = asked(control_plane, &scenario.moved.now(), &command(&report["findings"][0]));
    let status = ["status", "-n", NAMESPACE, "--no-headers"].map(str::to_owned);
    let status = asked(control_plane, &scenario.moved.now(), &status);
    let is_restore = |object: &Value| object["kind"] == "Neo4jRestore" && object["metadata"]["name"] == RESTORE;
    let wait = scenario.moved.objects.iter().any(is_restore).then(|| {
        let words = [
            "wait",
            &format!("restore/{RESTORE}"),
            "-n",
            NAMESPACE,
            "--timeout",
            "1s",
        ]
        .map(str::to_owned);
        asked(control_plane, &scenario.moved.now(), &words)
    });
    let is_other = code(&answer.line) != expected;
    let wrong = is_other.then(|| {
        format!(
            "{}: {expected} expected: {}",
            file_name(&scenario.moved.folder),
            answer.line
        )
    });
    take_back(&mut client, &scenario.moved.objects);
    let answers = Answers {
        doctor: answer,
        status,
        wait,
    };
    (answers, wrong)
}

#[test]
fn each_section_of_the_guide_is_answered_by_one_command() {
    let guide = &GUIDES[0];
    let Some(file) = shared("seeds").map(|folder| folder.join(guide.file)) else {
        return;
    };
    let sections = guide.sections(&fs::read_to_string(file).unwrap());
    let answers = answers();
    // The scenario that was written for a section goes before others that answer it as well.
    let chosen: BTreeMap<&str, &String> = sections
        .iter()
        .filter_map(|section| {
            let all = answers.get(&format!("{}#{section}", guide.file))?;
            let own = all.get(&format!("seed-{section}"));
            Some((section.as_str(), own.or(all.first())?))
        })
        .collect();
    let mut by_era: BTreeMap<&str, Vec<(&String, Scenario)>> = BTreeMap::new();
    for name in chosen.values().copied().collect::<BTreeSet<_>>() {
        let scenario = Scenario::read(name);
        by_era.entry(scenario.era.text()).or_default().push((name, scenario));
    }
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let (mut told, mut wrong) = (BTreeMap::new(), Vec::new());
    for of_era in by_era.values() {
        let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
        control_plane.install_crds(&crds::rendered_of(of_era[0].1.era)).unwrap();
        for (name, scenario) in of_era {
            let (answers, other) = ask(&control_plane, scenario);
            wrong.extend(other);
            told.insert(*name, answers);
        }
    }
    let mut table = String::from("| section | command | first line on a real API server |\n|---|---|---|\n");
    let mut row = |section: &str, answer: &Answer| {
        table += &format!(
            "| {section} | `{}` | {} |\n",
            answer.command,
            answer.line.replace('|', "\\|")
        );
    };
    for section in &sections {
        let elsewhere = guide
            .elsewhere
            .iter()
            .find(|(_, names)| names.contains(&section.as_str()));
        match (chosen.get(section.as_str()), elsewhere) {
            (Some(name), _) => row(section, &told[name].doctor),
            (None, Some((Elsewhere::Command("status"), _))) => {
                row(section, &told[&"run-failure-in-log".to_owned()].status);
            }
            // Of the new cluster of a recovery, what fails first is that its servers cannot read the backup.
            (None, Some((Elsewhere::Command("wait"), _))) => {
                let answer = told[&"seed-not-projected".to_owned()].wait.as_ref().unwrap();
                assert!(
                    answer.line.contains("has not succeeded, and will not: "),
                    "{}",
                    answer.line
                );
                row(section, answer);
            }
            (None, Some((Elsewhere::ToCome(command), _))) => row(
                section,
                &Answer {
                    command: format!("kubectl neo4jbackup {command}"),
                    line: "(to come)".to_owned(),
                },
            ),
            _ => {}
        }
    }
    let folder = target().join("guides");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("seed-sections.md"), &table).unwrap();
    assert!(wrong.is_empty(), "{}\n{table}", wrong.join("\n"));
}
