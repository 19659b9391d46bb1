//! What `rbac generate` prints is enough for the commands of the plugin, and none of it is too much: without any single
//! verb on any single resource, a command says what is missing.

use std::fmt::Write as _;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_core::document::Node;
use neo4jbackup_core::rbac::rule::PolicyRule;
use neo4jbackup_harness::play;
use serde_json::{Value, json};

use super::await_authorizer;
use super::stage::{OPERATOR_NAMESPACE, Stage};

/// The first command that says that something of a resource may not be done.
fn complaint(stage: &Stage, user: &str, resource: &str) -> Option<String> {
    stage.commands().into_iter().find_map(|command| {
        let run = stage.run(user, &command);
        let lines = run.stdout.lines().chain(run.stderr.lines()).collect::<Vec<_>>();
        // Without this one what the operator may do is reckoned, and the report says so.
        let is_reckoned = || {
            let report: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
            let mut items = report["items"].as_array().into_iter().flatten();
            items.any(|item| item["subject"] == "operator" && item["answeredBy"] == "roles")
        };
        let is_said = says_forbidden(&lines, resource);
        (is_said || (resource == "subjectaccessreviews" && is_reckoned())).then(|| command.join(" "))
    })
}

/// Whether what was printed says that a resource may not be read.
fn says_forbidden(lines: &[&str], resource: &str) -> bool {
    let text = lines.join("\n").to_lowercase();
    let is_said = ["forbidden", "not allowed", "may not", "the right to"]
        .iter()
        .any(|word| text.contains(word));
    let (plural, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    is_said && (text.contains(resource) || (text.contains(plural.trim_end_matches('s')) && text.contains(subresource)))
}

/// The same roles and bindings for another user, without one verb on one resource of one of them.
fn without(objects: &[Value], user: &str, left_out: Option<&Single>) -> Vec<Value> {
    let mut objects = objects.to_vec();
    for (position, object) in objects.iter_mut().enumerate() {
        let name = format!("{}.{user}", object["metadata"]["name"].as_str().unwrap());
        object["metadata"]["name"] = name.as_str().into();
        if object["kind"].as_str().unwrap().ends_with("Binding") {
            object["roleRef"]["name"] = name.as_str().into();
            object["subjects"] = json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]);
        }
        let Some(single) = left_out.filter(|single| single.object == position) else {
            continue;
        };
        let rules = object["rules"].as_array_mut().unwrap();
        let mut rule = rules.remove(single.rule);
        let mut other = rule.clone();
        // The other resources keep the verb, and the resource keeps the other verbs.
        rule["resources"]
            .as_array_mut()
            .unwrap()
            .retain(|resource| *resource != *single.resource);
        other["resources"] = json!([single.resource]);
        other["verbs"]
            .as_array_mut()
            .unwrap()
            .retain(|verb| *verb != *single.verb);
        let is_whole = |rule: &Value| {
            let is_filled = |key: &str| rule[key].as_array().is_some_and(|list| !list.is_empty());
            is_filled("resources") && is_filled("verbs")
        };
        rules.extend([rule, other].into_iter().filter(is_whole));
        if rules.is_empty() {
            object["rules"] = json!([]);
        }
    }
    objects
}

/// One verb on one resource of one rule.
#[derive(Debug)]
struct Single {
    object: usize,
    rule: usize,
    resource: String,
    verb: String,
}

fn singles(objects: &[Value]) -> Vec<Single> {
    let mut singles = Vec::new();
    for (object, content) in objects.iter().enumerate() {
        let rules = content["rules"].as_array().into_iter().flatten();
        for (rule, content) in rules.enumerate() {
            let written = PolicyRule::of(&Node::from(content.clone()));
            for resource in &written.resources {
                singles.extend(written.verbs.iter().map(|verb| Single {
                    object,
                    rule,
                    resource: resource.clone(),
                    verb: verb.clone(),
                }));
            }
        }
    }
    singles
}

#[test]
fn the_role_for_reading_is_enough_and_none_of_it_is_too_much() {
    let stage = Stage::set();
    let objects = stage.generate(&["--for", "plugin", "-n", &stage.namespace, "--user", "nobody"]);
    let singles = singles(&objects);
    let mut client = stage.control_plane().api_client().unwrap();
    for (position, single) in singles.iter().enumerate() {
        play(&mut client, without(&objects, &format!("user{position}"), Some(single)));
    }
    play(&mut client, without(&objects, "whole", None));
    await_authorizer(&mut client, &stage.namespace);

    for command in stage.commands() {
        let run = stage.run("whole", &command);
        let text = format!("{}{}", run.stdout, run.stderr);
        assert_ne!(run.exit, Exit::Usage, "{command:?}: {text}");
        for word in ["\"forbidden\"", "not allowed", "may not", "the right to"] {
            assert!(!text.contains(word), "{command:?} says {word:?}: {text}");
        }
    }

    let mut unnoticed = String::new();
    for (position, single) in singles.iter().enumerate() {
        if complaint(&stage, &format!("user{position}"), &single.resource).is_none() {
            writeln!(unnoticed, "{single:?} of {}", objects[single.object]["kind"]).unwrap();
        }
    }
    assert!(singles.len() > 30, "{singles:#?}");
    assert!(
        unnoticed.is_empty(),
        "nothing says that these are missing:\n{unnoticed}"
    );
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
