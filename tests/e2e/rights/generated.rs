//! What `rbac generate --for plugin --level read` prints is enough for the commands that look, and none of it is too much.

use std::collections::BTreeSet;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::play;
use serde_json::Value;

use super::await_authorizer;
use super::proven::Case;
use super::stage::{OPERATOR_NAMESPACE, Stage};

/// By which words commands say that something may not be read.
const WORDS: [&str; 5] = [
    "\"forbidden\"",
    "not allowed",
    "may not",
    "the right to",
    "is forbidden",
];

/// Runs commands in the name of somebody, until one says that what is looked for could not be done.
fn lost(stage: &Stage, commands: Vec<Vec<&str>>, user: &str, is_it: &dyn Fn(&str) -> bool) -> Option<String> {
    commands.into_iter().find_map(|command| {
        let run = stage.run(user, &command);
        let mut text = format!("{command:?}: {:?}\n{}{}", run.exit, run.stdout, run.stderr);
        // Without this one what the operator may do is reckoned, and the report says so.
        let report: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        let mut items = report["items"].as_array().into_iter().flatten();
        if items.any(|item| item["subject"] == "operator" && item["answeredBy"] == "roles") {
            text.push_str("not allowed: subjectaccessreviews");
        }
        let is_lost = run.exit == Exit::Usage || WORDS.iter().any(|word| text.contains(word));
        (is_lost && is_it(&text)).then_some(text)
    })
}

#[test]
fn the_role_for_reading_is_enough_and_none_of_it_is_too_much() {
    let stage = Stage::set();
    let objects = stage.generate(&["--for", "plugin", "-n", &stage.namespace, "--user", "nobody"]);
    let case = Case {
        who: "reader",
        control_plane: stage.control_plane(),
        namespace: &stage.namespace,
        objects,
        elsewhere: BTreeSet::new(),
        side_by_side: 4,
    };
    case.prove(|user, is_it| lost(&stage, stage.commands(), user, is_it));
}

/// Whoever may look at all namespaces may look at each of them.
#[test]
fn the_role_for_reading_everywhere_is_enough_and_none_of_it_is_too_much() {
    let stage = Stage::set();
    let case = Case {
        who: "overseer",
        control_plane: stage.control_plane(),
        namespace: &stage.namespace,
        objects: stage.generate(&["--for", "plugin", "--user", "nobody"]),
        elsewhere: BTreeSet::new(),
        side_by_side: 4,
    };
    case.prove(|user, is_it| {
        let commands = [Stage::commands_everywhere(), stage.commands()].concat();
        lost(&stage, commands, user, is_it)
    });
}

#[test]
fn in_one_namespace_alone_only_what_was_announced_is_not_known() {
    let stage = Stage::set();
    let arguments = [
        "--for",
        "plugin",
        "-n",
        &stage.namespace,
        "--namespace-only",
        "--user",
        "confined",
    ];
    let objects = stage.generate(&arguments);
    assert!(
        objects
            .iter()
            .all(|object| object["metadata"]["namespace"] == *stage.namespace),
        "{objects:#?}"
    );
    let mut client = stage.control_plane().api_client().unwrap();
    play(&mut client, objects);
    await_authorizer(&mut client, &stage.namespace);
    let words = [
        &["rbac", "generate", "--operator-namespace", OPERATOR_NAMESPACE],
        &arguments[..],
    ]
    .concat();
    let announced = stage.run("", &words).stdout;
    let run = stage.run("confined", &["doctor", "-n", &stage.namespace, "-o", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let skipped = report["skipped"].as_array().unwrap();
    let missing: Vec<&Value> = skipped
        .iter()
        .map(|skipped| &skipped["cause"]["right"])
        .filter(|right| !right.is_null())
        .collect();
    assert!(!missing.is_empty(), "{report:#}");
    for right in missing {
        let resource = right["resource"].as_str().unwrap();
        let is_announced = announced
            .lines()
            .any(|line| line.starts_with("# Left out") && line.contains(resource));
        assert!(is_announced, "{right} in:\n{announced}");
    }
}
