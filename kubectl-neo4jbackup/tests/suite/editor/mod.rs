//! `lsp`, as an editor speaks to it.

mod brackets;
mod client;
mod definitions;
mod folders;
mod settings;

use std::fs;

use lsp_server::Message;
use serde_json::{Value, json};

use self::client::{Editor, edited, uri};
use crate::support::{SIX_FIELDS, Sandbox, root};

/// An editor that counts bytes and knows versions.
fn capabilities() -> Value {
    json!({
        "general": {"positionEncodings": ["utf-16", "utf-8"]},
        "workspace": {"workspaceEdit": {"documentChanges": true}},
    })
}

fn codes(findings: &[Value]) -> Vec<&str> {
    // What is said instead of findings has no code.
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap_or_default())
        .collect()
}

/// Whether a rule has found something.
fn has(params: &Value, code: &str) -> bool {
    codes(params["diagnostics"].as_array().unwrap()).contains(&code)
}

fn labels(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["label"].as_str().unwrap())
        .collect()
}

fn line_of(text: &str, part: &str) -> usize {
    text.lines().position(|line| line.contains(part)).unwrap()
}

#[test]
fn a_finding_comes_and_goes_with_what_is_typed() {
    let sandbox = Sandbox::new();
    // It is saved nowhere yet.
    let file = sandbox.path("backup.yaml");
    let (mut editor, welcome) = Editor::in_folder(&sandbox.path(""), &["--stdio"], &capabilities());
    assert_eq!(welcome["capabilities"]["positionEncoding"], "utf-8");
    assert_eq!(welcome["serverInfo"]["name"], "neo4jbackup");

    editor.open(&file, SIX_FIELDS);
    let findings = editor.findings_of(&file, 1);
    let finding = findings.iter().find(|finding| finding["code"] == "NB5001").unwrap();
    let line = line_of(SIX_FIELDS, "schedule");
    let range = json!({"start": {"line": line, "character": 12}, "end": {"line": line, "character": 25}});
    assert_eq!(finding["range"], range);
    assert_eq!(finding["severity"], 1);
    assert_eq!(finding["source"], "neo4jbackup");
    assert!(
        finding["codeDescription"]["href"]
            .as_str()
            .unwrap()
            .ends_with("/docs/rules/NB5001.md")
    );
    assert!(
        finding["message"].as_str().unwrap().contains("has 6 fields"),
        "{finding}"
    );
    assert!(
        finding["message"].as_str().unwrap().contains("help: use `0 2 * * *`"),
        "{finding}"
    );

    editor.change(&file, 2, line, [13, 15], "");
    let findings = editor.findings_of(&file, 2);
    assert!(!codes(&findings).contains(&"NB5001"), "{findings:?}");

    // Of a burst of changes only the last matters.
    for version in 3..60 {
        editor.change(&file, version, line, [13, 13], if version % 2 == 1 { "0 " } else { "" });
        if version % 2 == 0 {
            editor.change(&file, version, line, [13, 15], "");
        }
    }
    let findings = editor.findings_of(&file, 59);
    assert!(codes(&findings).contains(&"NB5001"), "{findings:?}");

    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri(&file)}}));
    let findings = editor.findings(&file, |params| params.get("version").is_none());
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[test]
fn columns_are_those_of_the_editor() {
    let text = "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {name: a}\nspec:\n  instanceRef: i\n  \
                allDatabases: true\n  storage: {path: \"ä😀\", type: s3, bucket: Acme_Backups, cloud: {provider: aws}}\n";
    let sandbox = Sandbox::new();
    let file = sandbox.path("a.yaml");
    let line = text.lines().nth(6).unwrap();
    let before = line.split("Acme").next().unwrap();
    let offers = [
        (capabilities(), before.len()),
        (json!({}), before.encode_utf16().count()),
    ];
    for (capabilities, column) in offers {
        let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &[], &capabilities);
        editor.open(&file, text);
        let findings = editor.findings_of(&file, 1);
        let finding = findings.iter().find(|finding| finding["code"] == "NB7002").unwrap();
        assert_eq!(finding["range"]["start"], json!({"line": 6, "character": column}));
        // What is typed lands where the editor means it.
        editor.change(&file, 2, 6, [column, column + "Acme_Backups".len()], "acme-backups");
        let findings = editor.findings_of(&file, 2);
        assert!(!codes(&findings).contains(&"NB7002"), "{findings:?}");
        assert_eq!(editor.shut_down().exit, Some(0));
    }
}

#[test]
fn under_the_pointer_are_pages_of_rules_and_fields() {
    let sandbox = Sandbox::new();
    let file = sandbox.path("backup.yaml");
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &[], &capabilities());
    editor.open(&file, SIX_FIELDS);
    let mut page = |part: &str, column: usize| {
        let hover = editor.ask_at("textDocument/hover", &file, line_of(SIX_FIELDS, part), column);
        hover["contents"]["value"].as_str().unwrap_or_default().to_owned()
    };
    let schedule = page("schedule", 15);
    assert!(
        schedule.starts_with("**NB5001 schedule-invalid** (error)"),
        "{schedule}"
    );
    assert!(schedule.contains("docs/rules/NB5001.md"), "{schedule}");
    assert!(
        schedule.contains("**spec.schedule** of Neo4jBackup: text"),
        "{schedule}"
    );
    let provider = page("provider", 8);
    assert!(provider.contains("**spec.storage.cloud.provider**"), "{provider}");
    assert!(provider.contains("One of: `aws`, `gcp`, `azure`"), "{provider}");
    assert_eq!(page("runbook", 3), "");

    // Half a line breaks the rest of the document, and not what is known of a field.
    let broken = SIX_FIELDS.replace("    bucket: backups", "    bucket: [backups");
    editor.open(&file, &broken);
    let hover = editor.ask_at("textDocument/hover", &file, line_of(&broken, "type: s3"), 5);
    let page = hover["contents"]["value"].as_str().unwrap_or_default();
    assert!(page.contains("**spec.storage.type** of Neo4jBackup"), "{hover}");
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[test]
fn what_may_come_next_is_what_the_schema_has_and_the_object_not() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "prod.yaml",
        "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jEnterpriseCluster\nmetadata: {name: prod, namespace: graph}\n",
    );
    let file = sandbox.path("backup.yaml");
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &[], &capabilities());
    let mut version = 0;
    let mut complete = |editor: &mut Editor, typed: &str| {
        version += 1;
        let head =
            "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata:\n  name: nightly\n  namespace: graph\n";
        let text = format!("{head}{typed}");
        editor.open(&file, &text);
        let (line, last) = text.lines().enumerate().last().unwrap();
        let list = editor.ask_at("textDocument/completion", &file, line, last.len());
        (text, list)
    };

    let (text, list) = complete(&mut editor, "spec:\n  instanceRef: prod\n  sto");
    assert!(labels(&list).contains(&"storage"), "{list}");
    assert!(!labels(&list).contains(&"instanceRef"), "{list}");
    let items = list["items"].as_array().unwrap();
    let storage = items.iter().find(|item| item["label"] == "storage").unwrap();
    assert_eq!(
        edited(&text, &json!([storage["textEdit"]])),
        text.replace("sto", "storage:")
    );
    assert!(
        storage["documentation"]["value"]
            .as_str()
            .unwrap()
            .contains("**spec.storage**"),
        "{storage}"
    );
    // No version has a field that was taken away.
    assert!(!labels(&list).contains(&"clusterRef"), "{list}");

    let (_, list) = complete(&mut editor, "spec:\n  storage:\n    type: ");
    assert_eq!(labels(&list), ["s3", "gcs", "azure", "pvc"]);
    let (text, list) = complete(&mut editor, "spec:\n  schedule: ");
    assert!(labels(&list).contains(&"0 2 * * *"), "{list}");
    let daily = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["label"] == "0 2 * * *")
        .unwrap();
    assert_eq!(daily["detail"], "at 02:00 every day");
    assert!(edited(&text, &json!([daily["textEdit"]])).ends_with("schedule: \"0 2 * * *\""));
    let (_, list) = complete(&mut editor, "spec:\n  options:\n    compress: ");
    assert_eq!(labels(&list), ["true", "false"]);
    let (_, list) = complete(&mut editor, "---\nkind: ");
    assert!(labels(&list).contains(&"Neo4jRestore"), "{list}");
    let (_, list) = complete(&mut editor, "---\napiVersion: ");
    assert!(labels(&list).contains(&"neo4j.neo4j.com/v1beta1"), "{list}");

    // Names are those of the files of the folder, which are read meanwhile.
    loop {
        let (_, list) = complete(&mut editor, "spec:\n  instanceRef: ");
        if labels(&list) == ["prod"] {
            break;
        }
        assert!(labels(&list).is_empty(), "{list}");
        std::thread::yield_now();
    }
    assert_eq!(editor.shut_down().exit, Some(0));

    // Fields are those of the operator that is said to read it.
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &["--operator-version", "1.12"], &capabilities());
    let (_, list) = complete(&mut editor, "spec:\n  ");
    assert!(labels(&list).contains(&"target"), "{list}");
    assert!(!labels(&list).contains(&"instanceRef"), "{list}");
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[test]
fn fixes_are_those_of_lint() {
    let sandbox = Sandbox::new();
    let text = SIX_FIELDS
        .replace("    cloud:\n      provider: aws\n", "")
        .replace("backups\n", "backups");
    sandbox.write("fixed.yaml", &text);
    sandbox.run(&["lint", "fixed.yaml", "--fix"]);
    let fixed = sandbox.read("fixed.yaml");
    assert_ne!(fixed, text);

    let file = sandbox.path("backup.yaml");
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &[], &capabilities());
    editor.open(&file, &text);
    let actions = editor.actions(&file, line_of(&text, "schedule"), None);
    let titles: Vec<&str> = actions.iter().map(|action| action["title"].as_str().unwrap()).collect();
    assert_eq!(
        titles,
        [
            "NB5001: use `0 2 * * *`",
            "Fix everything in this file that can be fixed with certainty"
        ]
    );
    let change = &actions[0]["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({"uri": uri(&file), "version": 1}));
    assert_eq!(
        edited(&text, &change["edits"]),
        text.replace("0 0 2 * * *", "0 2 * * *")
    );
    assert_eq!(actions[0]["kind"], "quickfix");
    assert_eq!(actions[0]["diagnostics"][0]["code"], "NB5001");

    // As before saving, anywhere in the file.
    let actions = editor.actions(&file, 0, Some("source.fixAll"));
    assert_eq!(actions[0]["kind"], "source.fixAll.neo4jbackup");
    assert_eq!(edited(&text, &actions[0]["edit"]["documentChanges"][0]["edits"]), fixed);
    assert!(editor.actions(&file, 0, Some("refactor")).is_empty());
    assert!(editor.actions(&file, 0, None).is_empty());
    assert_eq!(editor.shut_down().exit, Some(0));

    // Who knows no versions gets changes without.
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &[], &json!({}));
    editor.open(&file, &text);
    let actions = editor.actions(&file, 0, Some("source.fixAll.neo4jbackup"));
    assert_eq!(edited(&text, &actions[0]["edit"]["changes"][uri(&file)]), fixed);
    assert_eq!(editor.shut_down().exit, Some(0));
}

/// A backup of the instance `prod` at a time.
fn backup(name: &str, schedule: &str) -> String {
    SIX_FIELDS
        .replace("name: nightly", &format!("name: {name}"))
        .replace("0 0 2 * * *", schedule)
}

#[test]
fn files_of_the_folder_count_whether_they_are_open_or_not() {
    let sandbox = Sandbox::new();
    sandbox.write("other.yaml", backup("other", "0 2 * * *"));
    let (file, other) = (sandbox.path("backup.yaml"), sandbox.path("other.yaml"));
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &[], &capabilities());
    editor.open(&file, &backup("nightly", "0 2 * * *"));
    let findings = editor.findings(&file, |params| has(params, "NB5004"));
    let finding = findings.iter().find(|finding| finding["code"] == "NB5004").unwrap();
    let related = &finding["relatedInformation"][0]["location"];
    assert_eq!(related["uri"], uri(&other.canonicalize().unwrap()), "{finding}");
    let line = line_of(SIX_FIELDS, "schedule");
    assert_eq!(related["range"]["start"]["line"], line);

    // What the editor has of the other file counts, and not what is saved.
    editor.open(&other, &backup("other", "30 2 * * *"));
    let findings = editor.findings(&file, |params| !has(params, "NB5004"));
    assert!(!codes(&findings).contains(&"NB5004"));
    editor.change(&other, 2, line, [13, 15], "0");
    editor.findings(&file, |params| has(params, "NB5004"));

    // Another program changes what is saved, and the editor tells of it.
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri(&other)}}));
    sandbox.write("other.yaml", backup("other", "45 3 * * *"));
    let change = json!({"uri": uri(&other), "type": 2});
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": [change]}));
    editor.findings(&file, |params| !has(params, "NB5004"));
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[test]
fn sessions_end_as_the_protocol_has_it() {
    let sandbox = Sandbox::new();
    let start = || Editor::in_folder(&sandbox.path(""), &[], &capabilities()).0;
    // Gone without a word, and without the right one.
    assert_eq!(start().hang_up().exit, Some(1));
    let mut editor = start();
    editor.tell("exit", Value::Null);
    assert_eq!(editor.hang_up().exit, Some(1));
    // Too early, too late, unknown, and not what it should be.
    let mut editor = Editor::start(&[]);
    assert_eq!(editor.ask("textDocument/hover", json!({})), -32002);
    editor.tell("textDocument/didOpen", json!({}));
    editor.ask("initialize", json!({"capabilities": {}}));
    assert_eq!(editor.ask("textDocument/rename", json!({})), -32601);
    assert_eq!(editor.ask("textDocument/hover", json!({"position": 1})), -32602);
    editor.tell("textDocument/didChange", json!({"nothing": true}));
    assert_eq!(editor.ask("shutdown", Value::Null), Value::Null);
    assert_eq!(editor.ask("textDocument/hover", json!({})), -32600);
    editor.send(&Message::Notification(lsp_server::Notification::new(
        "exit".to_owned(),
        Value::Null,
    )));
    assert_eq!(editor.hang_up().exit, Some(0));
    // Somebody types.
    let mut editor = Editor::start(&[]);
    editor.send_bytes(b"help\n");
    let ended = editor.hang_up();
    assert_eq!(ended.exit, Some(2));
    assert!(
        ended.stderr.contains("is not the language server protocol"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("docs/editor.md"), "{}", ended.stderr);
}

/// The blocks of a page in a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let begin = format!("\n```{language}\n");
    let parts = page.split(&begin).skip(1);
    let blocks = parts.map(|rest| rest.split("\n```").next().unwrap().to_owned());
    blocks.collect()
}

#[test]
fn what_the_page_says_to_editors_can_be_read_by_them() {
    let page = fs::read_to_string(root().join("docs/editor.md")).unwrap();
    let json = blocks(&page, "json");
    let json: Vec<Value> = json.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    assert!(json.iter().any(|settings| settings["yaml.schemas"].is_object()));
    // Each editor starts the program by its name and its argument.
    let toml = blocks(&page, "toml");
    let toml: Vec<Value> = toml.iter().map(|text| toml::from_str(text).unwrap()).collect();
    let helix = &toml[0]["language-server"]["neo4jbackup"];
    assert_eq!(helix, &json!({"command": "kubectl-neo4jbackup", "args": ["lsp"]}));
    assert_eq!(toml[0]["language"][0]["language-servers"][1], "neo4jbackup");
    for (language, start) in [
        ("lua", "cmd = { 'kubectl-neo4jbackup', 'lsp' }"),
        ("elisp", "(\"kubectl-neo4jbackup\" \"lsp\")"),
        ("js", "{ command: 'kubectl-neo4jbackup', args: ['lsp'] }"),
    ] {
        assert!(blocks(&page, language).concat().contains(start), "{language}");
    }
    // The kind of all fixes is the one that is offered.
    let sandbox = Sandbox::new();
    let (editor, welcome) = Editor::in_folder(&sandbox.path(""), &[], &capabilities());
    let kinds = &welcome["capabilities"]["codeActionProvider"]["codeActionKinds"];
    assert_eq!(kinds, &json!(["quickfix", "source.fixAll.neo4jbackup"]));
    assert_eq!(
        json[0]["editor.codeActionsOnSave"]["source.fixAll.neo4jbackup"],
        "explicit"
    );
    assert!(blocks(&page, "lua")[1].contains("'source.fixAll.neo4jbackup'"));
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[test]
fn the_commands_of_the_page_do_what_it_says() {
    let page = fs::read_to_string(root().join("docs/editor.md")).unwrap();
    let sandbox = Sandbox::new();
    sandbox.write("deploy/backup.yaml", "");
    let mut runs = 0;
    for line in blocks(&page, "console").iter().flat_map(|block| block.lines()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["mkdir", "-p", folder] => fs::create_dir_all(sandbox.path(folder)).unwrap(),
            ["kubectl", "neo4jbackup", rest @ .., ">", file] => {
                let run = sandbox.run(rest);
                assert_eq!(run.exit, 0, "{line}: {}", run.stderr);
                sandbox.write(file, run.stdout);
            }
            ["kubectl", "neo4jbackup", rest @ ..] => {
                let run = sandbox.run_with(SIX_FIELDS, rest);
                assert!(run.exit < 2, "{line}: {}", run.stderr);
                assert!(
                    run.stdout.contains("deploy/backup.yaml") || rest.contains(&"--fix"),
                    "{line}: {}",
                    run.stdout
                );
                runs += 1;
            }
            other => panic!("what is {other:?}?"),
        }
    }
    assert_eq!(runs, 3);
    // The line that names a schema names one that is there, and the manifest below it is of that kind.
    let yaml = blocks(&page, "yaml").concat();
    let (_, schema) = yaml.lines().next().unwrap().split_once("$schema=").unwrap();
    let schema: Value = serde_json::from_str(&sandbox.read(schema)).unwrap();
    assert_eq!(schema["properties"]["kind"]["const"], "Neo4jBackup");
    assert!(yaml.contains("kind: Neo4jBackup"));
}
