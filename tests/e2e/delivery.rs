//! What Argo CD and Flux say of backups and restores, by the checks of `examples/ci`: the Lua in the interpreter of Argo CD, the
//! expressions in one of CEL, over every object of the scenarios.

use std::collections::BTreeSet;
use std::process::Command;

use cel::{Context, Program};
use insta::assert_snapshot;
use neo4jbackup_harness::{glua, report_progress, root};
use neo4jbackup_tests::scenario::{self, documents};
use serde_json::{Value, json};

const KINDS: [&str; 2] = ["Neo4jBackup", "Neo4jRestore"];

/// An example of the folder.
fn example(name: &str) -> Value {
    let text = std::fs::read_to_string(root().join("examples/ci").join(name)).unwrap();
    documents(&text).remove(0)
}

/// The backups and restores of all scenarios, and one of each that the operator has not seen yet.
fn objects() -> Vec<Value> {
    let folders = scenario::folders();
    let of_scenarios = folders.iter().flat_map(|folder| scenario::objects(folder));
    let new = KINDS.map(|kind| json!({"kind": kind, "metadata": {"name": "new", "generation": 1}}));
    let changed = KINDS.map(|kind| {
        json!({
            "kind": kind, "metadata": {"name": "changed", "generation": 2},
            "status": {"observedGeneration": 1, "phase": "Completed"},
        })
    });
    let objects = of_scenarios.chain(new).chain(changed);
    let objects: Vec<Value> = objects
        .filter(|object| KINDS.iter().any(|kind| object["kind"] == *kind))
        .collect();
    assert!(objects.len() > 100);
    objects
}

/// A value as Lua writes it.
fn lua(value: &Value) -> String {
    match value {
        Value::Null => "nil".to_owned(),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let fields: Vec<String> = fields
                .map(|(key, value)| format!("[{}] = {}", lua(&key.as_str().into()), lua(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => format!("{{{}}}", items.iter().map(lua).collect::<Vec<_>>().join(", ")),
        Value::String(text) => {
            let bytes: String = text.bytes().map(|byte| format!("\\{byte:03}")).collect();
            format!("\"{bytes}\"")
        }
        other => other.to_string(),
    }
}

/// Health and message of each object.
fn healths(objects: &[Value]) -> Vec<(String, String)> {
    let data = example("argocd-cm.yaml")["data"].clone();
    let mut script = String::from("local checks = {}\n");
    for kind in KINDS {
        let check = data[format!("resource.customizations.health.neo4j.neo4j.com_{kind}")]
            .as_str()
            .unwrap();
        script += &format!("checks.{kind} = function(obj)\n{check}\nend\n");
    }
    script += "local function show(obj)\n  local hs = checks[obj.kind](obj)\n  print(hs.status .. \"\\t\" .. string.gsub(hs.message, \"\\n\", \" \"))\nend\n";
    for object in objects {
        script += &format!("show({})\n", lua(object));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("health.lua");
    std::fs::write(&file, script).unwrap();
    let output = Command::new(glua(&report_progress).unwrap())
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}{said}",
        String::from_utf8_lossy(&output.stderr)
    );
    let healths: Vec<(String, String)> = said
        .lines()
        .map(|line| line.split_once('\t').unwrap())
        .map(|(health, message)| (health.to_owned(), message.to_owned()))
        .collect();
    assert_eq!(healths.len(), objects.len(), "{said}");
    healths
}

/// What Flux makes of an object: its fields are the variables, the expressions come in this order, and the first that holds
/// counts. An expression that cannot be evaluated is an error, with which Flux goes on waiting.
fn state(object: &Value) -> &'static str {
    let flux = example("flux.yaml");
    let checks = flux["spec"]["healthCheckExprs"].as_array().unwrap();
    let check = checks.iter().find(|check| check["kind"] == object["kind"]).unwrap();
    let states = ["inProgress", "failed", "current"].into_iter();
    let mut holding = Vec::new();
    for state in states {
        let program = Program::compile(check[state].as_str().unwrap()).unwrap();
        let mut context = Context::default();
        for (field, value) in object.as_object().unwrap() {
            context.add_variable(field.as_str(), value.clone()).unwrap();
        }
        match program.execute(&context) {
            Ok(cel::Value::Bool(true)) => holding.push(state),
            Ok(cel::Value::Bool(false)) => {}
            other => {
                assert!(
                    other.is_err() && object.get("status").is_none(),
                    "{other:?}: {object:#}"
                );
                return "waits with an error";
            }
        }
    }
    let [state] = holding[..] else {
        panic!("no state, or two: {holding:?}: {object:#}");
    };
    state
}

#[test]
fn argo_cd_and_flux_tell_good_from_bad() {
    let objects = objects();
    let mut lines = BTreeSet::new();
    for (object, (health, message)) in objects.iter().zip(healths(&objects)) {
        let state = state(object);
        assert!(!message.is_empty() || health == "Progressing", "{object:#}");
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let status = &object["status"];
        lines.insert(format!(
            "{} {}, last run {}: {health}, {state}\n",
            text(&object["kind"]),
            text(&status["phase"]),
            text(&status["history"][0]["status"])
        ));
    }
    assert_snapshot!(lines.into_iter().collect::<String>());
}
