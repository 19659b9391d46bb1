//! Every fixture through each door: the same object gets the same codes, fields and verdict.
//!
//! What may differ is only what a door cannot see: rules that repeat the schema run in files only, and an annotation
//! switches a rule off in the webhook only where the settings say so (here they say so for all).

use std::collections::BTreeSet;
use std::sync::Arc;

use neo4jbackup_core::document::{Document, Node};
use neo4jbackup_core::engine;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::finding::Finding;
use neo4jbackup_core::lint::{self, Options};
use neo4jbackup_core::registry;
use neo4jbackup_core::rule::Doors;
use neo4jbackup_core::schema::Kind;
use neo4jbackup_core::subject::{Door, Subject};
use neo4jbackup_tests::fixture;
use neo4jbackup_webhook::{App, Reply};
use serde_json::{Value, json};

use crate::rules::{inventory, options};

/// Code and field of each finding that denies.
type Errors = BTreeSet<(String, String)>;

#[test]
fn every_fixture_gets_the_same_verdict_from_lint_and_from_the_webhook() {
    let mut judged = 0;
    each_object(|place, document, inventory, options| {
        let options = Options {
            assume_webhook: false,
            ..options
        };
        let webhook = webhook(&options, inventory);
        let object = serde_json::to_value(&document.root).unwrap();
        let expected = lint_errors(document, inventory, &options);
        assert_eq!(
            review_errors(&webhook.validate_bytes(&review(&object))),
            expected,
            "{place}"
        );
        let mutated = mutate(&webhook, object);
        let defaulted = lint_errors_after_defaults(document, inventory, &options);
        assert_eq!(
            review_errors(&webhook.validate_bytes(&review(&mutated))),
            defaulted,
            "{place}, mutated"
        );
        assert_eq!(
            mutate(&webhook, mutated.clone()),
            mutated,
            "{place}: a second mutation changes something"
        );
        judged += 1;
    });
    assert!(judged > 200, "only {judged} objects were judged");
}

#[test]
fn mutation_only_adds() {
    each_object(|place, document, inventory, options| {
        let object = serde_json::to_value(&document.root).unwrap();
        let mutated = mutate(&webhook(&options, inventory), object.clone());
        assert!(contains(&mutated, &object), "{place}: {object} became {mutated}");
    });
}

/// Every object of the operator's kinds in the fixtures, with its place, and with what its case knows and asks for.
fn each_object(mut judge: impl FnMut(&str, &Document<'_>, &Inventory, Options)) {
    for fixture in fixture::all() {
        for case in &fixture.cases {
            let file = lint::read(&case.manifest, &options(case).limits);
            let inventory = inventory(case, &file, &options(case));
            let is_known = |document: &&Document<'_>| Kind::of(&document.root).is_some();
            for document in file.documents.iter().filter(is_known) {
                let place = format!("{} «{}» {:?}", fixture.rule, case.title, document.index);
                judge(&place, document, &inventory, options(case));
            }
        }
    }
}

pub(crate) fn webhook(options: &Options, inventory: &Inventory) -> App {
    let mut settings = options.settings.clone();
    settings.ignorable = registry::all().iter().map(|rule| rule.meta().code.to_owned()).collect();
    let now = options.now;
    App::new(
        settings,
        Arc::new(arc_swap::ArcSwap::from_pointee(inventory.clone())),
        move || now,
    )
    .with_operator(options.operator)
}

fn lint_errors(document: &Document<'_>, inventory: &Inventory, options: &Options) -> Errors {
    errors(&document.root, inventory, options)
}

fn lint_errors_after_defaults(document: &Document<'_>, inventory: &Inventory, options: &Options) -> Errors {
    let findings = findings(&document.root, inventory, options);
    let defaulted = engine::with_defaults(&document.root, &findings).into_owned();
    errors(&defaulted, inventory, options)
}

fn findings<'n>(object: &'n Node<'n>, inventory: &Inventory, options: &'n Options) -> Vec<Finding> {
    let subject = Subject::of(object, Door::File, &options.context()).unwrap();
    engine::judge(&subject, inventory).findings
}

fn errors<'n>(object: &'n Node<'n>, inventory: &Inventory, options: &'n Options) -> Errors {
    let everywhere = |code: &str| registry::rule(code).is_some_and(|meta| meta.doors != Doors::Files);
    findings(object, inventory, options)
        .into_iter()
        .filter(|finding| finding.denies() && everywhere(finding.code))
        .map(|finding| (finding.code.to_owned(), finding.path.to_string()))
        .collect()
}

/// The body of a CREATE.
pub(crate) fn review(object: &Value) -> Vec<u8> {
    let (group, version) = object["apiVersion"].as_str().unwrap().split_once('/').unwrap();
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
    let review = json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "7b0b2f1e",
            "kind": {"group": group, "version": version, "kind": object["kind"]},
            "resource": {"group": group, "version": version, "resource": "any"},
            "name": object["metadata"]["name"].as_str().unwrap_or_default(),
            "namespace": namespace,
            "operation": "CREATE",
            "dryRun": false,
            "userInfo": {},
            "object": object,
            "oldObject": null,
        }
    });
    serde_json::to_vec(&review).unwrap()
}

fn response(reply: &Reply) -> Value {
    assert_eq!(reply.status.as_u16(), 200, "{}", String::from_utf8_lossy(&reply.body));
    serde_json::from_slice::<Value>(&reply.body).unwrap()["response"].clone()
}

fn review_errors(reply: &Reply) -> Errors {
    let response = response(reply);
    let causes = response["status"]["details"]["causes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert_eq!(response["allowed"], json!(causes.is_empty()));
    let cause = |cause: &Value| {
        let message = cause["message"].as_str().unwrap();
        let code = message.rsplit_once('[').unwrap().1.trim_end_matches(']');
        (code.to_owned(), cause["field"].as_str().unwrap().to_owned())
    };
    causes.iter().map(cause).collect()
}

fn mutate(webhook: &App, mut object: Value) -> Value {
    let response = response(&webhook.mutate_bytes(&review(&object)));
    if let Some(patch) = response["patch"].as_str() {
        let patch = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, patch).unwrap();
        let patch: json_patch::Patch = serde_json::from_slice(&patch).unwrap();
        json_patch::patch(&mut object, &patch).unwrap();
    }
    object
}

/// Whether everything of `small` stands unchanged in `large`.
fn contains(large: &Value, small: &Value) -> bool {
    match (large, small) {
        (Value::Object(large), Value::Object(small)) => small
            .iter()
            .all(|(key, value)| large.get(key).is_some_and(|found| contains(found, value))),
        // An absent value may be filled in.
        (_, Value::Null) => true,
        _ => large == small,
    }
}
