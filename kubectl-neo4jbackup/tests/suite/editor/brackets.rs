//! Completion within `{…}` and `[…]`, and in JSON, of text as it is while somebody types.

use serde_json::{Value, json};

use super::client::{Editor, edited};
use super::{capabilities, labels};
use crate::support::Sandbox;

const YAML: &str =
    "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {name: nightly, namespace: graph}\nspec: ";
const JSON: &str = r#"{"apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
  "metadata": {"name": "nightly", "namespace": "graph"},
  "spec": "#;

/// What is offered at the `‸` of a text, and the text.
fn complete(editor: &mut Editor, sandbox: &Sandbox, name: &str, marked: &str) -> (String, Value) {
    let file = sandbox.path(name);
    let (before, behind) = marked.split_once('‸').unwrap();
    let text = format!("{before}{behind}");
    editor.open(&file, &text);
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap().len();
    (text, editor.ask_at("textDocument/completion", &file, line, column))
}

/// The text when one of the offers has been chosen.
fn chosen(text: &str, list: &Value, label: &str) -> String {
    let mut items = list["items"].as_array().unwrap().iter();
    let item = items.find(|item| item["label"] == label);
    let item = item.unwrap_or_else(|| panic!("no {label} in {:?} for\n{text}", labels(list)));
    edited(text, &json!([item["textEdit"]]))
}

/// Whether choosing `label` at the `‸` makes `wanted` of what stands behind `head`.
fn becomes(name: &str, head: &str, cases: &[(&str, &str, &str)]) {
    let sandbox = Sandbox::new();
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &[], &capabilities());
    for (typed, label, wanted) in cases {
        let (text, list) = complete(&mut editor, &sandbox, name, &format!("{head}{typed}"));
        assert_eq!(chosen(&text, &list, label), format!("{head}{wanted}"), "{typed}");
    }
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[test]
fn keys_and_values_in_brackets_of_yaml() {
    becomes(
        "backup.yaml",
        YAML,
        &[
            ("{‸", "instanceRef", "{instanceRef: "),
            ("{sto‸}", "storage", "{storage: }"),
            (
                "{instanceRef: prod, sto‸\n",
                "storage",
                "{instanceRef: prod, storage: \n",
            ),
            ("{storage: {type: ‸}}", "s3", "{storage: {type: s3}}"),
            ("{storage: {type: , buck‸", "bucket", "{storage: {type: , bucket: "),
            (
                "{storage: {type: s3, cloud: {provider: a‸",
                "aws",
                "{storage: {type: s3, cloud: {provider: aws",
            ),
            (
                "{schedule: ‸, instanceRef: a}",
                "0 2 * * *",
                "{schedule: \"0 2 * * *\", instanceRef: a}",
            ),
            ("{schedule: \"0‸\"}", "0 2 * * *", "{schedule: \"0 2 * * *\"}"),
            ("{\"sto‸", "storage", "{\"storage\": "),
            ("{sto‸: {type: s3}}", "storage", "{storage: {type: s3}}"),
            ("{options: {compress: ‸", "true", "{options: {compress: true"),
            (
                "\n  instanceRef: prod\n  storage: {type: ‸",
                "s3",
                "\n  instanceRef: prod\n  storage: {type: s3",
            ),
            (
                "\n  storage: {type: s3,\n    buck‸\n  }\n",
                "bucket",
                "\n  storage: {type: s3,\n    bucket: \n  }\n",
            ),
            // A line of block style belongs to no bracket above it.
            (
                "\n  storage: {type: s3,\n  inst‸",
                "instanceRef",
                "\n  storage: {type: s3,\n  instanceRef: ",
            ),
        ],
    );
}

#[test]
fn keys_and_values_of_json() {
    becomes(
        "backup.json",
        JSON,
        &[
            ("{‸", "instanceRef", "{\"instanceRef\": "),
            ("{\"‸\"}}", "instanceRef", "{\"instanceRef\": }}"),
            ("{\"sto‸", "storage", "{\"storage\": "),
            ("{\"sto‸ge\": {}}}", "storage", "{\"storage\": {}}}"),
            (
                "{\"sto‸, \"instanceRef\": \"a\"}}",
                "storage",
                "{\"storage\": , \"instanceRef\": \"a\"}}",
            ),
            (
                "{\"instanceRef\": \"a\",\n    ‸\n  }\n}",
                "storage",
                "{\"instanceRef\": \"a\",\n    \"storage\": \n  }\n}",
            ),
            // The comma above is missing.
            (
                "{\"instanceRef\": \"a\"\n    \"sto‸\"\n  }\n}",
                "storage",
                "{\"instanceRef\": \"a\"\n    \"storage\": \n  }\n}",
            ),
            (
                "{\"storage\": {\"type\": ‸}}}",
                "s3",
                "{\"storage\": {\"type\": \"s3\"}}}",
            ),
            ("{\"storage\": {\"type\":‸", "s3", "{\"storage\": {\"type\":\"s3\""),
            (
                "{\"storage\": {\"type\": \"‸\"}}}",
                "s3",
                "{\"storage\": {\"type\": \"s3\"}}}",
            ),
            (
                "{\"storage\": {\"type\": \"g‸, \"a\": \"b\"}}}",
                "gcs",
                "{\"storage\": {\"type\": \"gcs\", \"a\": \"b\"}}}",
            ),
            (
                "{\"options\": {\"compress\": ‸",
                "true",
                "{\"options\": {\"compress\": true",
            ),
            ("{\"schedule\": ‸", "0 2 * * *", "{\"schedule\": \"0 2 * * *\""),
        ],
    );
    becomes(
        "new.json",
        "",
        &[
            ("{‸", "apiVersion", "{\"apiVersion\": "),
            ("{\"kind\": \"‸", "Neo4jRestore", "{\"kind\": \"Neo4jRestore\""),
            ("{\"metadata\": {‸}}", "name", "{\"metadata\": {\"name\": }}"),
        ],
    );
}

#[test]
fn what_stands_in_the_same_brackets_is_not_offered_again() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "prod.yaml",
        "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jEnterpriseCluster\nmetadata: {name: prod, namespace: graph}\n",
    );
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &[], &capabilities());
    let typed = "{\"instanceRef\": \"a\", \"‸, \"storage\": {\"type\": \"s3\"}, \"schedule\": \"0 2 * * *\"}}";
    let (_, list) = complete(&mut editor, &sandbox, "a.json", &format!("{JSON}{typed}"));
    for name in ["instanceRef", "storage", "schedule"] {
        assert!(!labels(&list).contains(&name), "{list}");
    }
    assert!(labels(&list).contains(&"options"), "{list}");
    // Nor is anything outside of brackets in JSON, or behind a value.
    for none in ["‸", &format!("{JSON}{{\"instanceRef\": \"a\"‸")] {
        let (_, list) = complete(&mut editor, &sandbox, "a.json", none);
        assert!(labels(&list).is_empty(), "{none}: {list}");
    }
    // Names are those of the files of the folder, which are read meanwhile.
    for (name, head, typed) in [
        ("b.yaml", YAML, "{instanceRef: ‸"),
        ("b.json", JSON, "{\"instanceRef\": \"‸\""),
    ] {
        loop {
            let (_, list) = complete(&mut editor, &sandbox, name, &format!("{head}{typed}"));
            if labels(&list) == ["prod"] {
                break;
            }
            assert!(labels(&list).is_empty(), "{list}");
            std::thread::yield_now();
        }
    }
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[test]
fn under_the_pointer_in_brackets_that_are_not_closed() {
    let sandbox = Sandbox::new();
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &[], &capabilities());
    let cases = [
        ("a.yaml", YAML, "{storage: {type: s3, cloud: {provider: aws, "),
        (
            "a.json",
            JSON,
            "{\"storage\": {\"type\": \"s3\", \"cloud\": {\"provider\": \"aws\", ",
        ),
    ];
    for (name, head, typed) in cases {
        let file = sandbox.path(name);
        let text = format!("{head}{typed}");
        editor.open(&file, &text);
        let line = head.matches('\n').count();
        let before = head.rsplit('\n').next().unwrap().len();
        for (word, field) in [
            ("storage", "storage"),
            ("s3", "storage.type"),
            ("rovider", "storage.cloud.provider"),
        ] {
            let column = before + typed.find(word).unwrap() + 1;
            let hover = editor.ask_at("textDocument/hover", &file, line, column);
            let page = hover["contents"]["value"].as_str().unwrap_or_default();
            assert!(
                page.contains(&format!("**spec.{field}** of Neo4jBackup")),
                "{word}: {hover}"
            );
        }
    }
    assert_eq!(editor.shut_down().exit, Some(0));
}
