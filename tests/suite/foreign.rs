//! What others wrote has no voice in what we say: every field, key, name and annotation of every fixture is filled with
//! hostile texts, and what the doors then say is read as terminals, pipelines and renderers read it.

mod doctor;
mod hostile;
mod streams;
mod voice;

use neo4jbackup_core::document::Node;
use neo4jbackup_core::lint;
use neo4jbackup_core::schema::Kind;
use neo4jbackup_tests::fixture::{self, Case};
use neo4jbackup_webhook::App;
use serde_json::{Value, json};

use crate::parity::{review, webhook};
use crate::rules::{inventory, options};
use voice::{assert_lines, assert_one_line};

#[test]
fn no_finding_and_no_reply_has_a_foreign_voice() {
    let texts = hostile::texts();
    let (mut judged, mut turn) = (0, 0);
    for fixture in fixture::all() {
        for case in &fixture.cases {
            let objects = objects(case);
            for (position, object) in objects.iter().enumerate() {
                for text in &texts {
                    // The number of places times that of texts is more than a test should take; which text meets which
                    // rule of which case changes from place to place.
                    turn += 1;
                    for version in hostile::versions(object, text)
                        .into_iter()
                        .skip(turn % STEP)
                        .step_by(STEP)
                    {
                        let mut objects = objects.clone();
                        objects[position] = version;
                        judge(&fixture.rule, case, &objects);
                        judged += 1;
                    }
                }
            }
        }
    }
    assert!(judged > 2_000, "only {judged} objects were judged");
}

/// How many of the places of an object get each text.
const STEP: usize = 41;

/// The objects of the operator in the manifest of a case.
pub(crate) fn objects(case: &Case) -> Vec<Value> {
    let file = lint::read(&case.manifest, &options(case).limits);
    let known = file
        .documents
        .iter()
        .filter(|document| Kind::of(&document.root).is_some());
    known
        .map(|document| serde_json::to_value(&document.root).expect("a document is JSON"))
        .collect()
}

fn judge(rule: &str, case: &Case, objects: &[Value]) {
    let what = format!("{rule} «{}»", case.title);
    let options = options(case);
    let text: String = objects
        .iter()
        .map(|object| format!("{}\n---\n", ascii(object)))
        .collect();
    let file = lint::read(&text, &options.limits);
    let inventory = inventory(case, &file, &options);
    let outcome = lint::judge(&file, &inventory, &options);
    for located in &outcome.findings {
        let finding = &located.finding;
        let title = finding.fix.as_ref().map(|fix| fix.title.clone());
        let said = [finding.message.clone(), finding.help.clone(), finding.path.to_string()];
        for said in said
            .into_iter()
            .chain(finding.evidence.iter().map(|evidence| evidence.text.clone()))
            .chain(title)
        {
            assert_one_line(&format!("{what} {}", finding.code), &said);
        }
    }
    for skipped in &outcome.skipped {
        assert_one_line(&what, &skipped.reason());
    }
    let app = webhook(&options, &inventory);
    for object in objects.iter().filter(|object| object["kind"].is_string()) {
        if Kind::of(&node(object)).is_some() {
            reply(&what, &app, object);
        }
    }
    neighbours(&what, &app, objects);
}

/// What the webhook answers is printed by kubectl as it is: the fields and messages of causes, the name, the warnings.
fn reply(what: &str, app: &App, object: &Value) {
    let body = review(object);
    for reply in [app.validate_bytes(&body), app.mutate_bytes(&body)] {
        let text = String::from_utf8(reply.body.to_vec()).expect("a reply is text");
        assert_lines(what, &text);
        let response = serde_json::from_str::<Value>(&text).unwrap_or_default()["response"].clone();
        every_text(&response, &mut |said| assert_one_line(what, said));
    }
}

/// Rules quote the names of other objects of the namespace, too: a good backup is judged beside the hostile ones.
fn neighbours(what: &str, app: &App, objects: &[Value]) {
    let Some(Value::Object(metadata)) = objects.first().map(|object| &object["metadata"]) else {
        return;
    };
    let namespace = metadata.get("namespace").cloned().unwrap_or(Value::Null);
    let name = |object: &Value| object["metadata"]["name"].clone();
    for neighbour in objects {
        let restore = json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jRestore",
            "metadata": {"name": "other", "namespace": namespace},
            "spec": {"instanceRef": neighbour["spec"]["instanceRef"], "database": "neo4j",
                     "source": {"type": "backup", "backupRef": name(neighbour)}},
        });
        reply(what, app, &restore);
    }
}

fn node(object: &Value) -> Node<'static> {
    serde_json::from_str::<Node<'_>>(&object.to_string())
        .expect("JSON is a node")
        .into_owned()
}

fn every_text(value: &Value, check: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => check(text),
        Value::Array(items) => items.iter().for_each(|item| every_text(item, check)),
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            check(key);
            every_text(value, check);
        }),
        _ => {}
    }
}

/// JSON that is YAML as well: no character that YAML would refuse or read in its own way.
pub(crate) fn ascii(object: &Value) -> String {
    let escape = |letter: char| match u32::from(letter) {
        code @ 0x7f..=0xffff => format!("\\u{code:04x}"),
        _ => letter.to_string(),
    };
    object.to_string().chars().map(escape).collect()
}
