//! What `report diff` says of two reports.

use std::fs;

use kubectl_neo4jbackup::Exit;
use serde_json::Value;

use crate::support::{Run, Sandbox, root, scenarios};

/// Two copies of a scenario, `a` and `b`.
fn copies() -> Sandbox {
    let sandbox = Sandbox::new();
    let folder = root().join("tests/scenarios/run-failure-in-log");
    for copy in ["a", "b"] {
        for name in ["bundle.yaml", "objects.yaml"] {
            sandbox.write(&format!("{copy}/{name}"), fs::read(folder.join(name)).unwrap());
        }
        let log = "logs/graph/nightly-backup-cron-29920680-x7k2p/backup.log";
        sandbox.write(&format!("{copy}/{log}"), fs::read(folder.join(log)).unwrap());
    }
    sandbox
}

fn change(sandbox: &Sandbox, file: &str, from: &str, to: &str) {
    let text = sandbox.read(file);
    assert!(text.contains(from), "{text}");
    sandbox.write(file, text.replace(from, to));
}

fn diff(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.run(&[&["report", "diff", "a", "b"], arguments].concat())
}

fn json(sandbox: &Sandbox) -> Value {
    let run = diff(sandbox, &["-o", "json"]);
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr))
}

#[test]
fn a_report_does_not_differ_from_itself_nor_from_its_bundle() {
    let sandbox = Sandbox::new();
    for scenario in scenarios() {
        let scenario = scenario.to_str().unwrap();
        let made = sandbox.run(&[
            "report",
            "--from-bundle",
            scenario,
            "-o",
            "UNREDACTED.tar.gz",
            "--no-redact",
            "--yes",
            "--force",
            "--allow-incomplete",
        ]);
        assert_eq!(made.exit, Exit::Good.code(), "{scenario}: {}", made.stderr);
        let run = sandbox.run(&["report", "diff", scenario, "UNREDACTED.tar.gz"]);
        let last = run.stdout.lines().last().unwrap();
        assert!(last.starts_with("nothing has changed"), "{scenario}: {}", run.stdout);
        let is_whole = last == "nothing has changed";
        let expected = if is_whole { Exit::Good } else { Exit::Incomplete };
        assert_eq!(run.exit, expected.code(), "{scenario}: {}", run.stdout);
    }
}

#[test]
fn what_has_changed_is_told_by_field() {
    let sandbox = copies();
    assert_eq!(diff(&sandbox, &[]).exit, Exit::Good.code());
    change(&sandbox, "b/objects.yaml", "schedule: \"", "schedule: \"@hourly # ");
    let run = diff(&sandbox, &[]);
    assert_eq!(run.exit, Exit::NotGood.code(), "{}", run.stderr);
    let backup = json(&sandbox);
    let objects = backup["objects"].as_array().unwrap();
    let changed: Vec<_> = objects
        .iter()
        .filter(|object| object["object"]["kind"] == "Neo4jBackup")
        .collect();
    assert_eq!(changed.len(), 1, "{backup:#}");
    assert_eq!(changed[0]["change"], "changed");
    assert_eq!(changed[0]["fields"][0]["path"], "spec.schedule");
    assert!(
        run.stdout
            .contains("  changed Neo4jBackup graph/nightly\n    spec.schedule: `"),
        "{}",
        run.stdout
    );
}

#[test]
fn diagnoses_come_and_go() {
    let sandbox = copies();
    // Without the Job, its pod and its log nothing says that the run failed.
    let log = sandbox.path("b/logs");
    fs::remove_dir_all(log).unwrap();
    let gone = json(&sandbox);
    let gone: Vec<_> = gone["diagnoses"].as_array().unwrap().iter().collect();
    assert!(
        gone.iter()
            .any(|change| change["code"] == "NB6003" && change["change"] == "gone"),
        "{gone:#?}"
    );
    let run = sandbox.run(&["report", "diff", "b", "a"]);
    assert!(
        run.stdout.contains("  new error Neo4jBackup graph/nightly: "),
        "{}",
        run.stdout
    );
}

#[test]
fn new_events_are_told_and_old_ones_when_they_are_noted_again() {
    let event = |name: &str, count: usize| {
        format!(
            "apiVersion: v1\nkind: Event\nmetadata: {{name: {name}, namespace: graph}}\ntype: Warning\nreason: BackOff\n\
             message: {name}\ncount: {count}\nlastTimestamp: \"2026-11-21T06:0{count}:00Z\"\n\
             involvedObject: {{kind: Pod, namespace: graph, name: p}}\n"
        )
    };
    let sandbox = copies();
    sandbox.write(
        "a/events.yaml",
        format!("{}---\n{}", event("same", 1), event("again", 1)),
    );
    sandbox.write(
        "b/events.yaml",
        format!("{}---\n{}---\n{}", event("same", 1), event("again", 3), event("new", 2)),
    );
    let told = json(&sandbox);
    let told: Vec<_> = told["events"].as_array().unwrap().iter().collect();
    let told: Vec<_> = told
        .iter()
        .map(|event| {
            (
                event["message"].as_str().unwrap(),
                event["countBefore"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("new", 0), ("again", 1)]);
    let run = diff(&sandbox, &[]);
    assert!(
        run.stdout
            .contains("event Warning BackOff Pod graph/p, 2 times, last 2026-11-21T06:03:00Z: again\n"),
        "{}",
        run.stdout
    );
}

/// What the other report was not to tell is neither gone nor new.
#[test]
fn what_was_not_looked_for_has_not_changed() {
    for line in ["target: backup/nightly", "namespaces: [elsewhere]"] {
        for folder in ["a", "b"] {
            let sandbox = copies();
            // Of one the failed run is there, of the other nobody has looked.
            fs::remove_dir_all(sandbox.path(&format!("{folder}/logs"))).unwrap();
            let head = sandbox.read(&format!("{folder}/bundle.yaml"));
            let key = line.split_once(':').unwrap().0;
            let kept: Vec<_> = head.lines().filter(|line| !line.starts_with(key)).collect();
            sandbox.write(
                &format!("{folder}/bundle.yaml"),
                format!("{}\n{line}\n", kept.join("\n")),
            );
            let told = json(&sandbox);
            let unknown: &[&str] = match (key, folder) {
                ("target", _) => &["new", "worse", "better", "gone"],
                (_, "a") => &["new", "worse"],
                _ => &["better", "gone"],
            };
            for change in told["diagnoses"].as_array().unwrap() {
                let word = change["change"].as_str().unwrap();
                assert!(!unknown.contains(&word), "{folder} {line}: {told:#}");
            }
            let reason = told["notCompared"][0].as_str().unwrap();
            let expected = if key == "target" {
                "Jobs and diagnoses: "
            } else {
                "namespaces: "
            };
            assert!(reason.starts_with(expected), "{told:#}");
        }
    }
}

/// What was not read is neither gone nor new.
#[test]
fn what_was_not_read_has_not_changed() {
    let sandbox = copies();
    for (file, folder) in [("a", "b"), ("b", "a")] {
        let sandbox = copies();
        change(
            &sandbox,
            &format!("{file}/bundle.yaml"),
            "complete: true",
            "complete: true\ngaps: [{resource: jobs, kind: forbidden}]",
        );
        let objects = sandbox.read(&format!("{file}/objects.yaml"));
        let without: Vec<_> = objects
            .split("---\n")
            .filter(|object| !object.contains("kind: Job\n"))
            .collect();
        sandbox.write(&format!("{file}/objects.yaml"), without.join("---\n"));
        let told = json(&sandbox);
        let jobs = told["objects"].as_array().unwrap().iter();
        assert_eq!(
            jobs.filter(|change| change["object"]["kind"] == "Job").count(),
            0,
            "{folder}: {told:#}"
        );
        assert!(
            told["notCompared"][0].as_str().unwrap().starts_with("jobs of the "),
            "{told:#}"
        );
    }
    sandbox.write("b/bundle.yaml", "nonsense: true\n");
    assert_eq!(diff(&sandbox, &[]).exit, Exit::Usage.code());
}
