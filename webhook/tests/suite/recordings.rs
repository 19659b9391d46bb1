//! Every write that the real operator was seen to make on its own passes, whichever version of it is installed. Runs where the recordings are.

use std::path::{Path, PathBuf};

use neo4jbackup_core::operator::{Era, Operator};
use serde_json::{Value, json};

use crate::support::{app, review, validate};

fn recordings() -> Option<PathBuf> {
    let shared = std::env::var_os("NEO4JBACKUP_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let file = shared.join("recordings/admission-writes.jsonl");
    if file.is_file() {
        return Some(file);
    }
    println!("skipped: {} is not there", file.display());
    None
}

#[test]
fn no_write_of_the_operator_is_denied() {
    let Some(file) = recordings() else { return };
    // The newest of each schema, and those between which the behavior changes.
    let eras = Era::ALL.into_iter().map(Operator::of_era);
    let others = ["1.11.1", "1.18.0", "1.27"].map(|version| version.parse().unwrap());
    let apps: Vec<_> = [None]
        .into_iter()
        .chain(eras.chain(others).map(Some))
        .map(|operator| (operator, app().with_operator(operator)))
        .collect();
    let text = std::fs::read_to_string(file).unwrap();
    let writes: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut judged = 0;
    for write in &writes {
        let by_operator = write["userAgent"]
            .as_str()
            .is_some_and(|agent| agent.starts_with("manager/"));
        if !by_operator || write["requestObject"].is_null() {
            continue;
        }
        let (operation, object) = match write["verb"].as_str().unwrap() {
            "create" => ("CREATE", &write["requestObject"]),
            "update" => ("UPDATE", &write["requestObject"]),
            // A patch reaches the webhook as the object that comes of it.
            "patch" if write["responseObject"]["spec"].is_object() => ("UPDATE", &write["responseObject"]),
            _ => continue,
        };
        let mut review = review(operation, object, &write["oldObject"]);
        review["request"]["subResource"] = write["subresource"].clone();
        review["request"]["name"] = write["name"].clone();
        review["request"]["namespace"] = write["namespace"].clone();
        for (operator, app) in &apps {
            let response = validate(app, &review);
            assert_eq!(
                response["allowed"],
                json!(true),
                "{}/{} by {operator:?}: {response}",
                write["namespace"],
                write["name"]
            );
        }
        judged += 1;
    }
    assert!(judged > 200, "only {judged} writes were judged");
}
