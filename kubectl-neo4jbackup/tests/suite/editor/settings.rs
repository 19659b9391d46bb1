//! What texts are judged by, and when that is read again.

use lsp_server::Request;
use serde_json::{Value, json};

use super::client::{Editor, uri};
use super::{capabilities, codes, has};
use crate::support::{SIX_FIELDS, Sandbox};

const SETTINGS: &str = ".neo4jbackup.yaml";

/// Whether something else is said than findings.
fn is_refused(params: &Value) -> bool {
    let first = &params["diagnostics"][0];
    first["message"] != Value::Null && first["code"] == Value::Null
}

#[test]
fn settings_are_those_of_the_folder() {
    let sandbox = Sandbox::new();
    sandbox.write(SETTINGS, "skip: [NB5001]\n");
    let (file, settings) = (sandbox.path("backup.yaml"), sandbox.path(SETTINGS));
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &[], &capabilities());
    editor.open(&file, SIX_FIELDS);
    assert!(!codes(&editor.findings_of(&file, 1)).contains(&"NB5001"));

    sandbox.write(SETTINGS, "skipp: [NB5001]\n");
    editor.tell_of(&settings);
    let findings = editor.findings(&file, is_refused);
    let message = findings[0]["message"].as_str().unwrap();
    assert!(message.contains(SETTINGS) && message.contains("skipp"), "{message}");

    sandbox.write(SETTINGS, "skip: []\n");
    editor.tell_of(&settings);
    editor.findings(&file, |params| has(params, "NB5001"));
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[test]
fn what_somebody_has_accepted_is_no_news_from_then_on() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    let known = sandbox.path("known.json");
    let (file, settings) = (sandbox.path("backup.yaml"), sandbox.path(SETTINGS));
    let accept = || {
        let run = sandbox.run(&["lint", "backup.yaml", "--baseline", "known.json", "--write-baseline"]);
        assert!(run.stderr.contains("wrote known.json"), "{}", run.stderr);
    };
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &[], &capabilities());
    editor.open(&file, SIX_FIELDS);
    editor.findings(&file, |params| has(params, "NB5001"));
    // It is named before it is there.
    sandbox.write(SETTINGS, "baseline: known.json\n");
    editor.tell_of(&settings);
    let findings = editor.findings(&file, is_refused);
    assert!(
        findings[0]["message"].as_str().unwrap().contains("known.json"),
        "{findings:?}"
    );

    accept();
    editor.tell_of(&known);
    editor.findings(&file, |params| params["diagnostics"] == json!([]));
    // Somebody takes it back.
    let mut nothing: Value = serde_json::from_str(&sandbox.read("known.json")).unwrap();
    nothing["findings"] = json!([]);
    sandbox.write("known.json", nothing.to_string());
    editor.tell_of(&known);
    editor.findings(&file, |params| has(params, "NB5001"));
    accept();
    editor.tell_of(&known);
    editor.findings(&file, |params| params["diagnostics"] == json!([]));
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[test]
fn settings_that_are_named_are_read_again_as_those_that_are_found() {
    let sandbox = Sandbox::new();
    sandbox.write("lint/ours.yaml", "skip: [NB5001]\n");
    let (file, settings) = (sandbox.path("backup.yaml"), sandbox.path("lint/ours.yaml"));
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &["--config", "lint/ours.yaml"], &capabilities());
    editor.open(&file, SIX_FIELDS);
    assert!(!codes(&editor.findings_of(&file, 1)).contains(&"NB5001"));
    // Away, and there again.
    std::fs::remove_file(&settings).unwrap();
    editor.tell_of(&settings);
    editor.findings(&file, is_refused);
    sandbox.write("lint/ours.yaml", "skip: []\n");
    editor.tell_of(&settings);
    editor.findings(&file, |params| has(params, "NB5001"));
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[test]
fn what_an_editor_saves_or_closes_has_changed() {
    let sandbox = Sandbox::new();
    sandbox.write(SETTINGS, "skip: []\n");
    let (file, settings) = (sandbox.path("backup.yaml"), sandbox.path(SETTINGS));
    // It is one that never tells of files.
    let (mut editor, welcome) = Editor::in_folder(&sandbox.path(""), &[], &capabilities());
    assert_eq!(welcome["capabilities"]["textDocumentSync"]["save"], true);
    editor.open(&file, SIX_FIELDS);
    editor.findings(&file, |params| has(params, "NB5001"));
    editor.open(&settings, "skip: []\n");

    sandbox.write(SETTINGS, "skip: [NB5001]\n");
    editor.tell_done("didSave", &settings);
    editor.findings(&file, |params| !has(params, "NB5001"));
    sandbox.write(SETTINGS, "skip: []\n");
    editor.tell_done("didClose", &settings);
    editor.findings(&file, |params| has(params, "NB5001"));

    // A kustomization says what a file is for; a patch need not be whole.
    let patch = sandbox.path("overlay/patch.yaml");
    let text = "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {name: nightly}\nspec: {schedule: \"0 3 * * *\"}\n";
    sandbox.write("overlay/patch.yaml", text);
    editor.open(&patch, text);
    editor.findings(&patch, |params| params["diagnostics"] != json!([]));
    sandbox.write("overlay/Kustomization", "patches: [{path: patch.yaml}]\n");
    editor.tell_done("didSave", &sandbox.path("overlay/Kustomization"));
    editor.findings(&patch, |params| params["diagnostics"] == json!([]));
    assert_eq!(editor.shut_down().exit, Some(0));
}

/// The patterns that an editor is asked to watch next.
fn patterns(editor: &mut Editor) -> Vec<Value> {
    let Request { method, params, .. } = editor.asked();
    assert_eq!(method, "client/registerCapability");
    let registration = &params["registrations"][0];
    assert_eq!(registration["method"], "workspace/didChangeWatchedFiles");
    let watchers = registration["registerOptions"]["watchers"].as_array().unwrap();
    watchers.iter().map(|watcher| watcher["globPattern"].clone()).collect()
}

#[test]
fn an_editor_that_can_is_asked_to_tell_of_changes() {
    let sandbox = Sandbox::new();
    sandbox.write("ours.conf", "baseline: known\n");
    sandbox.write("repo/known", "");
    let (repo, config) = (sandbox.path("repo"), sandbox.path("ours.conf"));
    let outside = config.parent().unwrap().canonicalize().unwrap();
    let relative = json!({"baseUri": uri(&outside), "pattern": "ours.conf"});
    let absolute = json!(outside.join("ours.conf"));
    for (knows_bases, elsewhere) in [(true, relative), (false, absolute)] {
        let watching = json!({"dynamicRegistration": true, "relativePatternSupport": knows_bases});
        let able = json!({"workspace": {"didChangeWatchedFiles": watching}});
        let (mut editor, _) = Editor::in_folder(&repo, &["--config", config.to_str().unwrap()], &able);
        let of_folders = ["**/*.{yaml,yml,json}", "**/.neo4jbackup.yaml", "**/Kustomization"];
        assert_eq!(patterns(&mut editor), of_folders);
        let named = patterns(&mut editor);
        assert!(named.contains(&elsewhere), "{named:?}");

        // What is named later is asked for later.
        sandbox.write("ours.conf", "baseline: repo/accepted\n");
        editor.tell_of(&config);
        assert_eq!(patterns(&mut editor), ["**/accepted"]);
        sandbox.write("ours.conf", "baseline: known\n");
        assert_eq!(editor.shut_down().exit, Some(0));
    }
}
