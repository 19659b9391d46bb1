//! What a review leaves out changes nothing.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::operator::Operator;
use crate::rules::ScheduleInvalid;
use crate::schema::Era;
use crate::settings::Settings;
use crate::subject::Context;
use crate::verdict::Verdict;

/// What an item of a list is like: good, or wrong in one of the ways that rules tell apart.
fn argument() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "--good=1",
        "--good=$(id)",
        "bad",
        "",
        "--cc-graph",
        "--legacy-format",
    ])
}

fn quantity() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["1", "500m", "-1", "1x", "1e99999999999", "4Gi"])
}

/// A backup with lists of up to 80 items, of which any number is wrong.
fn backup() -> impl Strategy<Value = Value> {
    let arguments = prop::collection::vec(argument(), 0..80);
    let limits = prop::collection::vec(quantity(), 0..80);
    let ignored = prop::collection::vec(prop::sample::select(vec!["NB1012", "NB7006", "NB5001", "NB9"]), 0..3);
    let schedule = prop::sample::select(vec!["0 2 * * *", "0 0 2 * * *"]);
    (arguments, limits, ignored, schedule).prop_map(|(arguments, limits, ignored, schedule)| {
        let limits: serde_json::Map<String, Value> = limits
            .iter()
            .enumerate()
            .map(|(number, limit)| (format!("r{number}"), json!(limit)))
            .collect();
        let annotations: serde_json::Map<String, Value> = ignored
            .iter()
            .map(|code| (format!("neo4jbackup.github.io/ignore-{code}"), json!("known")))
            .collect();
        json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
            "metadata": {"name": "nightly", "namespace": "graph", "annotations": annotations},
            "spec": {
                "instanceRef": "prod", "database": "neo4j", "schedule": schedule,
                "storage": {"type": "s3", "bucket": "acme-backups"},
                "options": {"additionalArgs": arguments, "resources": {"limits": limits}},
            },
        })
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    let level = prop::sample::select(vec![Level::Enforce, Level::Warn, Level::Audit]);
    let mode = prop::sample::select(vec![Mode::Enforce, Mode::Warn, Mode::Audit]);
    (mode, level, any::<bool>(), any::<bool>()).prop_map(|(mode, level, has_level, is_ignorable)| {
        let mut settings = Settings {
            mode,
            ..Settings::default()
        };
        settings.rules.extend(has_level.then(|| ("NB1012".to_owned(), level)));
        settings.ignorable.extend(is_ignorable.then(|| "NB1012".to_owned()));
        settings
    })
}

fn subject_of<'a>(object: &'a Node<'a>, era: Era, door: Door<'a>, settings: &'a Settings) -> Subject<'a> {
    let context = Context {
        served: None,
        settings,
        now: "2026-11-21T12:00:00Z".parse().unwrap(),
        operator: Some(Operator::of_era(era)),
        namespace: "graph",
    };
    Subject::of(object, door, &context).unwrap()
}

fn judged(report: Collector, subject: &Subject<'_>) -> (Vec<Finding>, Verdict) {
    let findings = conclude(run_into(report, subject, &Inventory::default()), subject).findings;
    let verdict = Verdict::of(&findings);
    (findings, verdict)
}

proptest! {
    #[test]
    fn what_is_only_counted_decides_as_what_is_kept(
        (old, new, settings, era) in (backup(), backup(), settings(), prop::sample::select(Era::ALL.to_vec())),
        (is_update, keeps_arguments) in any::<(bool, bool)>(),
    ) {
        let mut old = old;
        if keeps_arguments {
            old["spec"]["options"]["additionalArgs"] = new["spec"]["options"]["additionalArgs"].clone();
        }
        let (old, new) = (Node::from(old), Node::from(new));
        let door = if is_update { Door::Update(&old) } else { Door::Create };
        let subject = subject_of(&new, era, door, &settings);
        let (all, of_all) = judged(Collector::new(&ScheduleInvalid::META), &subject);
        let (kept, of_kept) = judged(report_for(&subject), &subject);
        prop_assert_eq!(of_kept.allowed, of_all.allowed);
        prop_assert_eq!(of_kept.problems, of_all.problems);
        prop_assert_eq!(of_kept.audit, of_all.audit);
        prop_assert_eq!(of_kept.causes.len(), of_all.causes.len());
        prop_assert_eq!(edits(&kept, FixKind::Default), edits(&all, FixKind::Default));
        prop_assert_eq!(kept.iter().map(Finding::count).sum::<usize>(), all.len());
        for meta in rules::ALL.iter().map(|rule| rule.meta()) {
            for severity in [Severity::Info, Severity::Warning, Severity::Error] {
                let listed = kept.iter().filter(|finding| finding.code == meta.code && finding.severity == severity);
                prop_assert!(listed.count() <= 60, "{} {severity}", meta.code);
            }
        }
    }
}

#[test]
fn a_long_list_of_mistakes_is_counted_in_a_review_and_listed_in_a_file() {
    let arguments: Vec<String> = (0..25_000).map(|number| format!("a{number}")).collect();
    let object = Node::from(json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "metadata": {"name": "a"},
        "spec": {"instanceRef": "prod", "database": "neo4j", "options": {"additionalArgs": arguments}},
    }));
    let settings = Settings::default();
    let findings = |door| {
        let subject = subject_of(&object, Era::V1_14, door, &settings);
        judge(&subject, &Inventory::default()).findings
    };
    let of = |findings: &[Finding]| {
        let wrong: Vec<usize> = findings
            .iter()
            .filter(|finding| finding.code == "NB1012")
            .map(Finding::count)
            .collect();
        (wrong.len(), wrong.iter().sum::<usize>())
    };
    assert_eq!(of(&findings(Door::Create)), (20, 25_000));
    assert_eq!(of(&findings(Door::File)), (25_000, 25_000));
    let verdict = Verdict::of(&findings(Door::Create));
    let (last, listed) = verdict.causes.split_last().unwrap();
    let unlisted = format!("and {} more problems; ", verdict.problems - listed.len());
    assert!(
        last.message.starts_with(&unlisted) && verdict.problems >= 25_000,
        "{last:?}"
    );
}

/// The operator takes its finalizer off with a write of the whole object, and whatever is wrong with it must go through.
#[test]
fn what_is_on_its_way_out_is_only_warned() {
    let object = |deleted: Option<&str>, schedule: &str| {
        Node::from(json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
            "metadata": {"name": "a", "deletionTimestamp": deleted},
            "spec": {"instanceRef": "prod", "allDatabases": true, "schedule": schedule},
        }))
    };
    let settings = Settings::default();
    let denies = |old: &Node<'_>, new: &Node<'_>| {
        let subject = subject_of(new, Era::V1_14, Door::Update(old), &settings);
        judge(&subject, &Inventory::default())
            .findings
            .iter()
            .any(Finding::denies)
    };
    let time = Some("2026-11-21T11:00:00Z");
    let (good, wrong) = (object(None, "0 2 * * *"), object(None, "0 2 * * * *"));
    assert!(denies(&good, &wrong) && !denies(&wrong, &wrong));
    assert!(!denies(&object(time, "0 2 * * *"), &wrong));
    assert!(!denies(&good, &object(time, "0 2 * * * *")));
}

#[test]
fn a_finding_keeps_the_object_that_it_names() {
    let named = |kind: &str, name: &str| ObjectRef {
        api_version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespace: "graph".to_owned(),
        name: name.to_owned(),
    };
    let mut report = Collector::new(&ScheduleInvalid::META);
    report.at_path(crate::document::Path::dotted("spec"), "of the object under review");
    report
        .at_path(crate::document::Path::dotted("status.failed"), "of a Job")
        .about(named("Job", "nightly-1"));
    say_of_what(&mut report.findings, Some(named("Neo4jBackup", "nightly")));
    let about: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.object.as_deref())
        .collect();
    assert_eq!(
        about,
        [Some(&named("Neo4jBackup", "nightly")), Some(&named("Job", "nightly-1"))]
    );
}
