//! `rbac generate`, which asks no cluster.

use insta::assert_snapshot;
use neo4jbackup_core::document::{self, Limits};

use crate::support::Sandbox;

fn generated(words: &[&str]) -> String {
    let run = Sandbox::new().run(&[&["rbac", "generate"], words].concat());
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{words:?}");
    run.stdout
}

#[test]
fn roles_are_printed_with_what_each_rule_is_for() {
    assert_snapshot!(
        "generate_plugin",
        generated(&["--for", "plugin", "-n", "graph", "--user", "jane"])
    );
    let confined = [
        "--for",
        "plugin",
        "-n",
        "graph",
        "--namespace-only",
        "--without",
        "secrets",
        "--group",
        "Team: A",
    ];
    assert_snapshot!("generate_confined", generated(&confined));
    let repair = [
        "--for",
        "plugin",
        "--level",
        "repair",
        "--operator-version",
        "0.9",
        "--service-account",
        "ops:keeper",
    ];
    assert_snapshot!("generate_repair", generated(&repair));
    let edit = ["--for", "user", "--level", "edit", "-n", "graph", "--group", "db"];
    assert_snapshot!("generate_edit", generated(&edit));
    assert_snapshot!("generate_webhook", generated(&["--for", "webhook"]));
    assert_snapshot!(
        "generate_operator",
        generated(&["--for", "operator", "-n", "graph", "--namespace-only"])
    );
}

#[test]
fn what_is_printed_is_yaml_of_whoever_is_given_the_rights() {
    for name in [
        "jane",
        "true",
        "a: b",
        "# no",
        "x\n- y",
        "\u{1b}[31m",
        "'",
        "*",
        "null",
        "0x1",
    ] {
        let text = generated(&["--for", "user", "-n", "graph", "--user", name]);
        let parsed = document::parse(&text, &Limits::default());
        assert!(parsed.problems.is_empty(), "{name:?}: {:?}", parsed.problems);
        let [_, binding] = parsed.documents.as_slice() else {
            panic!("{name:?}: {} documents", parsed.documents.len());
        };
        let subjects = binding
            .root
            .at("subjects")
            .and_then(|subjects| subjects.as_list())
            .unwrap();
        assert_eq!(subjects[0].get("name").and_then(|name| name.as_str()), Some(name));
        assert_eq!(subjects.len(), 1);
    }
}

#[test]
fn what_cannot_be_written_is_said_in_one_sentence() {
    for (words, said) in [
        (vec!["--for", "plugin"], "who is given the rights?"),
        (
            vec!["--for", "plugin", "--level", "edit", "--user", "x"],
            "has no level edit: read, probe or repair",
        ),
        (
            vec!["--for", "user", "--level", "read", "--user", "x"],
            "has no level read: view or edit",
        ),
        (
            vec!["--for", "plugin", "--namespace-only", "--user", "x"],
            "--namespace-only needs the namespace",
        ),
        (
            vec!["--for", "webhook", "--namespace-only", "-n", "x"],
            "cannot be confined to one",
        ),
        (
            vec!["--for", "plugin", "--service-account", "nocolon"],
            "`nocolon` is no ServiceAccount",
        ),
        (
            vec!["--for", "plugin", "--user", "x", "-n", "No Name"],
            "is no name of a namespace",
        ),
        (
            vec!["--for", "plugin", "--user", "x", "--without", "all"],
            "is no part that can be left out: all-namespaces, rbac-check, secrets",
        ),
    ] {
        let run = Sandbox::new().run(&[&["rbac", "generate"], &words[..]].concat());
        assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{words:?}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{words:?}: {}", run.stderr);
    }
}
