//! The alerts and the dashboard.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use neo4jbackup_harness::root;
use serde_json::Value;

use super::helm::{chart, of_kind, rendered, text};

/// What each alert is tried with, for `promtool test rules`.
const TESTS: &str = include_str!("alerts.test.yaml");

#[test]
fn each_alert_fires_when_it_should_and_only_then() {
    let Some(promtool) = promtool() else {
        println!("skipped: promtool is not there; Debian's package `prometheus` has it");
        return;
    };
    let folder = neo4jbackup_harness::target().join("cluster/alerts");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("rules.yaml"), alerts(&[]).to_string()).unwrap();
    std::fs::write(folder.join("alerts.test.yaml"), TESTS).unwrap();
    for arguments in [["check", "rules", "rules.yaml"], ["test", "rules", "alerts.test.yaml"]] {
        let output = Command::new(&promtool)
            .args(arguments)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
    }
}

#[test]
fn each_alert_is_tried_both_ways() {
    let tests: Value = serde_saphyr::from_str(TESTS).unwrap();
    let (mut fires, mut rests) = (BTreeSet::new(), BTreeSet::new());
    for test in tests["tests"].as_array().unwrap() {
        for case in test["alert_rule_test"].as_array().unwrap() {
            let name = case["alertname"].as_str().unwrap().to_owned();
            let expected = case["exp_alerts"].as_array().map_or(0, Vec::len);
            if expected > 0 {
                fires.insert(name)
            } else {
                rests.insert(name)
            };
        }
    }
    let rules = alerts(&[]);
    let groups = rules["groups"].as_array().unwrap().iter();
    let rules = groups.flat_map(|group| group["rules"].as_array().unwrap());
    let names: BTreeSet<String> = rules.map(|rule| rule["alert"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, fires, "never seen to fire");
    assert_eq!(names, rests, "never seen to rest");
}

#[test]
fn without_a_server_only_the_alerts_of_policies_are_there() {
    let groups = |engine: &str| {
        let rules = alerts(&["--set", &format!("engine={engine}")]);
        let groups = rules["groups"].as_array().unwrap().iter();
        let groups: Vec<String> = groups.map(|group| group["name"].as_str().unwrap().to_owned()).collect();
        groups.join(" ")
    };
    assert_eq!(groups("policies"), "neo4jbackup-policies");
    assert_eq!(groups("webhook"), "neo4jbackup-webhook neo4jbackup-policies");
}

/// A panel without data is noticed when it is needed.
#[test]
fn alerts_and_panels_name_metrics_that_the_webhook_has() {
    let source = root().join("webhook/src/ops/metrics.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let read = |file: &str| std::fs::read_to_string(chart().join("files").join(file)).unwrap();
    let text = read("alerts.yaml") + &read("dashboard.json");
    let mut seen = BTreeSet::new();
    for part in text.split("neo4j_backup_webhook_").skip(1) {
        let end = part
            .find(|letter: char| !letter.is_ascii_lowercase() && letter != '_')
            .unwrap();
        let name = ["_total", "_bucket"]
            .iter()
            .fold(&part[..end], |name, ending| name.strip_suffix(ending).unwrap_or(name));
        assert!(source.contains(&format!("\"{name}\"")), "no metric is called {name}");
        seen.insert(name);
    }
    assert!(seen.len() > 8, "{seen:?}");
}

/// What the chart gives the Prometheus operator.
fn alerts(arguments: &[&str]) -> Value {
    let objects = rendered(&[&["--set=metrics.prometheusRule.enabled=true"], arguments].concat());
    of_kind(&objects, "PrometheusRule")[0]["spec"].clone()
}

fn promtool() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("promtool"))
        .find(|file| file.is_file())
}
