//! What the tables say against an object and what the API server says with the CRD of that operator version: the same
//! fields, for random objects of every version.

use std::collections::BTreeSet;
use std::path::Path as FilePath;

use neo4jbackup_core::document::Node;
use neo4jbackup_core::schema::{Era, Kind, SchemaProblem, check};
use neo4jbackup_harness::{
    ApiClient, Binaries, ControlPlane, Options, await_something, drill_scale, report_progress, shared,
};
use neo4jbackup_tests::crds;
use serde_json::{Value, json};

use crate::guard::random::Random;
use crate::mutating_policies::objects::{Without, random_object};
use crate::policies::equality::findings;

/// The kinds whose tables are whole; of the others the tables hold a part.
const KINDS: [Kind; 2] = [Kind::Neo4jBackup, Kind::Neo4jRestore];

/// What a mutation writes over a value.
fn strange_values() -> Vec<Value> {
    vec![
        json!(""),
        json!("Archive"),
        json!("two words"),
        json!("a".repeat(300)),
        json!("5Gi"),
        json!("1e1.5"),
        json!("2025-01-15"),
        json!("2025-01-15T14:30:00Z"),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(2_147_483_648_i64),
        json!(null),
        json!([]),
        json!(["text", 7]),
        json!([{"name": "x"}]),
        json!({}),
        json!({"unknown": {"deep": 1}}),
    ]
}

#[test]
fn the_tables_say_of_objects_what_the_api_server_says_with_the_crd() {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
    for era in Era::ALL {
        compare_all(&control_plane, era, &crds::rendered_of(era), "the tables' CRD");
        let theirs = crds::folder_of(era).and_then(|letter| shared(&format!("upstream/crds/{letter}")));
        if let Some(folder) = theirs {
            compare_all(&control_plane, era, &own(&folder), "the operator's own CRD");
        }
    }
}

/// The operator's own definitions of the kinds whose tables are whole.
fn own(folder: &FilePath) -> String {
    let file = |kind: Kind| folder.join(format!("{}_{}.yaml", kind.group().name(), kind.plural()));
    KINDS
        .map(|kind| std::fs::read_to_string(file(kind)).unwrap())
        .join("\n---\n")
}

fn compare_all(control_plane: &ControlPlane, era: Era, crds: &str, whose: &str) {
    control_plane.install_crds(crds).unwrap();
    let mut client = control_plane.api_client().unwrap();
    let mut random = Random::new(era as u64 + 1);
    let (mut refused, mut clean, mut differences) = (0, 0, Vec::new());
    for number in 0..drill_scale().choose(200, 2_000) {
        let kind = KINDS[random.below(KINDS.len())];
        let object = mutant(&mut random, kind, era, number);
        let path = format!(
            "/apis/{}/namespaces/default/{}?dryRun=All&fieldValidation=Warn",
            kind.api_version(era.api_version()),
            kind.plural()
        );
        // A definition that has just been replaced is served as before for a moment.
        let answer = client.send("POST", &path, &object);
        let mut theirs = said(&answer.warnings, &answer.body);
        let node = Node::from(object.clone());
        let mut ours: BTreeSet<String> = check(kind, era, &node).iter().map(line).collect();
        // What a text with a format may be is left to the rule that knows what it means.
        let is_refused = "refuses spec.source.pointInTime";
        if theirs.contains(is_refused) && !ours.contains(is_refused) {
            let by_rule = findings(&object, None).iter().any(|finding| finding.code == "NB8001");
            assert!(by_rule, "NB8001 says nothing of {object}");
            ours.insert(is_refused.to_owned());
        }
        // The API server takes a list where the schema wants a text with a format. No operator can read one as a time, so
        // we are right to refuse it.
        if object.pointer("/spec/source/pointInTime").is_some_and(Value::is_array) {
            assert!(
                findings(&object, None).iter().any(|finding| finding.code == "NB8001"),
                "{object}"
            );
            ours.retain(|line| !line.contains("spec.source.pointInTime"));
            theirs.retain(|line| !line.contains("spec.source.pointInTime"));
        }
        if ours != theirs {
            let only = |left: &BTreeSet<String>, right: &BTreeSet<String>| left.difference(right).cloned().collect();
            let (we, they): (Vec<_>, Vec<_>) = (only(&ours, &theirs), only(&theirs, &ours));
            let body = &answer.body;
            differences.push(format!(
                "{object}\n{body}\n  only we: {we:?}\n  only the API server: {they:?}"
            ));
        } else if ours.is_empty() {
            clean += 1;
        } else {
            refused += 1;
        }
    }
    report_progress(&format!(
        "{era:?} with {whose}: {refused} with problems, {clean} without, {} differences",
        differences.len()
    ));
    assert!(
        differences.is_empty(),
        "{era:?} with {whose}: {} differences\n{}",
        differences.len(),
        differences[..differences.len().min(8)].join("\n")
    );
    assert!(
        refused > 20 && clean > 20,
        "too few of a sort: {refused} with problems, {clean} without"
    );
    remove(&mut client);
}

/// Definitions of another API version cannot replace those of one that has been stored.
fn remove(client: &mut ApiClient) {
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert_eq!(client.send("DELETE", path, &json!({})).status, 200);
    await_something("the end of the definitions", || {
        let left = client.get(path).unwrap()["items"].as_array().map_or(0, Vec::len);
        if left == 0 { Ok(()) } else { Err(left) }
    });
}

/// An object that the schema takes, of this version or of another, with some of its values written over.
fn mutant(random: &mut Random, kind: Kind, era: Era, number: usize) -> Value {
    let from = if random.below(4) == 0 {
        Era::ALL[random.below(Era::ALL.len())]
    } else {
        era
    };
    let mut object = random_object(
        random,
        kind,
        from,
        "default",
        &format!("mutant-{number}"),
        Without::Anything,
    );
    object["apiVersion"] = json!(kind.api_version(era.api_version()));
    for _ in 0..random.below(3) {
        let mut places = Vec::new();
        pointers(&object["spec"], "/spec", &mut places);
        if places.is_empty() {
            break;
        }
        let place = places[random.below(places.len())].clone();
        let (parent, key) = place.rsplit_once('/').unwrap();
        let (parent, key) = (parent.to_owned(), unescaped(key));
        let values = strange_values();
        let value = values[random.below(values.len())].clone();
        match object.pointer_mut(&parent) {
            Some(Value::Object(map)) if random.below(5) == 0 => {
                map.remove(&key);
            }
            Some(Value::Object(map)) if random.below(4) == 0 => {
                map.insert(format!("{key}X"), value);
            }
            Some(Value::Object(map)) => {
                map.insert(key, value);
            }
            Some(Value::Array(items)) => {
                let index: usize = key.parse().unwrap();
                items[index] = value;
            }
            _ => {}
        }
    }
    object
}

/// Every place below a value, as JSON pointers.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                found.push(at.clone());
                pointers(value, &at, found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let at = format!("{at}/{index}");
                found.push(at.clone());
                pointers(value, &at, found);
            }
        }
        _ => {}
    }
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}

/// What we say of a field: that it is dropped, or that it is wrong.
fn line(problem: &SchemaProblem<'_>) -> String {
    let verb = match problem {
        SchemaProblem::Unknown { .. } | SchemaProblem::OtherVersion { .. } => "drops",
        _ => "refuses",
    };
    format!("{verb} {}", plain(&problem.path().to_string()))
}

/// The same of an answer of the API server.
fn said(warnings: &[String], body: &Value) -> BTreeSet<String> {
    let dropped = warnings
        .iter()
        .filter_map(|warning| warning.strip_prefix("unknown field "))
        .map(|field| format!("drops {}", plain(field.trim_matches('"'))));
    let causes = body["details"]["causes"].as_array().into_iter().flatten();
    let refused = causes
        .filter_map(field)
        .map(|field| format!("refuses {}", plain(field)));
    let refused: Vec<String> = refused.collect();
    // What is below a value that is refused as a whole is of no matter.
    let is_below = |line: &String| {
        let dropped = line.trim_start_matches("drops ");
        refused.iter().any(|line| {
            let field = line.trim_start_matches("refuses ");
            dropped.strip_prefix(field).is_some_and(|rest| rest.starts_with('.'))
        })
    };
    let dropped = dropped.filter(|line| !is_below(line)).collect::<Vec<_>>();
    dropped.into_iter().chain(refused.iter().cloned()).collect()
}

/// A path without the marks by which ours and theirs differ.
fn plain(path: &str) -> String {
    path.replace(['[', ']', '"'], ".")
        .split('.')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(".")
}

/// The field of a cause. What is said of the range of a number names it in the message only, and the second half of what is
/// said of a value that is neither a number nor a text names none.
fn field(cause: &Value) -> Option<&str> {
    match cause["field"].as_str()? {
        "<nil>" => {
            let (_, field) = cause["message"].as_str()?.rsplit_once(" in ")?;
            field.starts_with("spec.").then_some(field)
        }
        field => Some(field),
    }
}
