//! Templates against what kubectl 1.36 says: `tests/vectors/jsonpath.json` holds its answers, null where it refuses. They were
//! written down from `kubectl annotate --local -f OBJECT x=y -o jsonpath=TEMPLATE`, which asks no server.

use std::fs;
use std::path::PathBuf;

use kubectl_neo4jbackup::jsonpath::Template;
use serde_json::Value;

#[test]
fn templates_say_what_kubectl_says() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/jsonpath.json");
    let vectors: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let answers = vectors["answers"].as_array().unwrap();
    assert!(answers.len() >= 30);
    let mut wrong = Vec::new();
    for answer in answers {
        let template = answer["template"].as_str().unwrap();
        let said = Template::parse(template).and_then(|template| template.render(&vectors["object"]));
        match (&said, answer["says"].as_str()) {
            (Ok(said), Some(expected)) if said == expected => {}
            (Err(_), None) => {}
            (_, expected) => wrong.push(format!("{template}: kubectl says {expected:?}, we say {said:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
