//! Fields, values and pages by the definitions that `--crds` names.

use neo4jbackup_core::schema::{Era, Kind, Profile, crd, json_schema};
use serde_json::{Value, json};

use super::client::{Editor, uri};
use super::{capabilities, codes, labels};
use crate::support::Sandbox;

const HEAD: &str = "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {name: nightly}\nspec:\n";

/// A schema that has another field than the operator's, and one of those not.
fn changed(mut schema: Value, spec: &str, field: &str) -> String {
    let properties = schema.pointer_mut(spec).unwrap().as_object_mut().unwrap();
    properties.remove("schedule");
    let tier =
        json!({"type": "string", "enum": ["hot", "warm"], "default": "warm", "description": "How fast it is there."});
    properties.insert(field.to_owned(), tier);
    schema.to_string()
}

fn definition(field: &str) -> String {
    let spec = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
    changed(crd(Kind::Neo4jBackup, Era::V1_14), spec, field)
}

fn offered(editor: &mut Editor, sandbox: &Sandbox, typed: &str) -> Value {
    let file = sandbox.path("backup.yaml");
    let text = format!("{HEAD}{typed}");
    editor.open(&file, &text);
    let (line, last) = text.lines().enumerate().last().unwrap();
    editor.ask_at("textDocument/completion", &file, line, last.len())
}

#[test]
fn fields_values_and_pages_are_those_of_the_definitions() {
    let schema = changed(
        json_schema(Kind::Neo4jBackup, Profile::V1Beta1),
        "/properties/spec/properties",
        "tier",
    );
    for (file, text) in [
        ("crds/all.yaml", definition("tier")),
        ("schemas/neo4jbackup_v1beta1.json", schema),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write(file, text);
        let folder = file.split('/').next().unwrap();
        let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &["--crds", folder], &capabilities());
        let list = offered(&mut editor, &sandbox, "  ");
        assert!(
            labels(&list).contains(&"tier") && !labels(&list).contains(&"schedule"),
            "{list}"
        );
        let tier = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["label"] == "tier")
            .unwrap();
        assert_eq!(tier["textEdit"]["newText"], "tier: ");
        let page = tier["documentation"]["value"].as_str().unwrap();
        for part in [
            "**spec.tier** of Neo4jBackup: text",
            "How fast it is there.",
            "One of: `hot`, `warm`",
            "`warm`",
        ] {
            assert!(page.contains(part), "{page}");
        }
        assert_eq!(labels(&offered(&mut editor, &sandbox, "  tier: ")), ["hot", "warm"]);
        // What the definition has in common with the tables is there, below the first level, too.
        let list = offered(&mut editor, &sandbox, "  storage: {cloud: {provider: ");
        assert_eq!(labels(&list), ["aws", "gcp", "azure"]);

        // A page agrees with the findings: of a field that is there, and of one that is not.
        let typed = "  tier: cold\n  schedule: \"0 2 * * *\"\n";
        offered(&mut editor, &sandbox, typed);
        let file = sandbox.path("backup.yaml");
        let mut page = |line: usize| {
            let hover = editor.ask_at("textDocument/hover", &file, line, 3);
            hover["contents"]["value"].as_str().unwrap_or_default().to_owned()
        };
        assert!(page(4).contains("How fast it is there."), "{}", page(4));
        let schedule = page(5);
        assert!(
            schedule.contains("No field of the definition that `--crds` names"),
            "{schedule}"
        );
        // Kinds of which no definition is given are those of the tables.
        editor.open(&file, &format!("{}  ", HEAD.replace("Backup", "Restore")));
        let list = editor.ask_at("textDocument/completion", &file, 4, 2);
        assert!(
            labels(&list).contains(&"source") && !labels(&list).contains(&"tier"),
            "{list}"
        );
        assert_eq!(editor.shut_down().exit, Some(0));
    }
    // Without them there is no such field.
    let sandbox = Sandbox::new();
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &[], &capabilities());
    let list = offered(&mut editor, &sandbox, "  ");
    assert!(
        !labels(&list).contains(&"tier") && labels(&list).contains(&"schedule"),
        "{list}"
    );
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[test]
fn definitions_that_change_are_read_again() {
    let sandbox = Sandbox::new();
    sandbox.write("crds/backup.json", definition("tier"));
    let (mut editor, _) = Editor::in_folder(&sandbox.path(""), &["--crds", "crds"], &capabilities());
    let file = sandbox.path("backup.yaml");
    let text = format!("{HEAD}  instanceRef: prod\n  level: hot\n");
    editor.open(&file, &text);
    let has =
        |findings: &Value| findings.to_string().contains("spec.level") || findings.to_string().contains("`level`");
    editor.findings(&file, |params| has(&params["diagnostics"]));

    sandbox.write("crds/backup.json", definition("level"));
    let change = json!({"uri": uri(&sandbox.path("crds/backup.json")), "type": 2});
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": [change]}));
    let findings = editor.findings(&file, |params| !has(&params["diagnostics"]));
    assert!(!codes(&findings).contains(&"NB1003"), "{findings:?}");
    let list = offered(&mut editor, &sandbox, "  ");
    assert!(
        labels(&list).contains(&"level") && !labels(&list).contains(&"tier"),
        "{list}"
    );
    assert_eq!(editor.shut_down().exit, Some(0));
}
