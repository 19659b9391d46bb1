//! Texts that try to be more than a value, and manifests with one of them in each place.

use serde_json::{Map, Value};

/// What is written on a line of its own by whoever gets a line feed through.
pub(crate) const FORGED: &str = "FORGED";

/// Every character that must not reach a terminal, in texts that are short enough to be quoted whole.
fn characters() -> Vec<String> {
    let hidden: Vec<char> = [
        '\u{0}'..='\u{1f}',
        '\u{7f}'..='\u{9f}',
        '\u{ad}'..='\u{ad}',
        '\u{61c}'..='\u{61c}',
        '\u{180e}'..='\u{180e}',
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{2069}',
        '\u{feff}'..='\u{feff}',
        '\u{fff9}'..='\u{fffb}',
        '\u{e0001}'..='\u{e0001}',
        '\u{e0020}'..='\u{e0022}',
        '\u{e007f}'..='\u{e007f}',
    ]
    .into_iter()
    .flatten()
    .collect();
    let text = |chunk: &[char]| chunk.iter().map(|letter| format!("x{letter}")).collect();
    hidden.chunks(8).map(text).collect()
}

/// Every hostile text.
pub(crate) fn texts() -> Vec<String> {
    let mut texts = characters();
    texts.extend(
        [
            "\n::error file=x::FORGED\r::stop-commands::x\n",
            "::error::FORGED",
            "x ::add-mask::y %0A::debug::FORGED",
            "##[error]FORGED ##vso[task.complete]",
            "a\r\nFORGED\nFORGED",
            "\u{1b}]0;title\u{7}\u{1b}[2K\u{9b}31m",
            "`<img src=https://evil.example/t.png> @org/team [click](https://evil.example) #1",
            "``<img src=x>``` | @org/team | \\| \\\\| ~~~ www.evil.example",
            "]]> <!-- </table> &amp; %25 '\"' \\\" \\n {{x}} =cmd|' /C calc'!A0",
            "",
            " ",
        ]
        .map(str::to_owned),
    );
    texts.push(format!("{}\u{1b}\nFORGED", "x".repeat(10_000)));
    texts.push("::error::FORGED ".repeat(600));
    texts
}

/// The object with `text` in the place of each of its texts in turn, behind each of them, and for each of its keys.
pub(crate) fn versions(object: &Value, text: &str) -> Vec<Value> {
    let mut versions = Vec::new();
    for path in paths(object) {
        let place = object.pointer(&path).expect("the path comes from the object");
        if let Value::String(old) = place {
            for new in [text.to_owned(), format!("{old}{text}")] {
                let mut version = object.clone();
                version
                    .pointer_mut(&path)
                    .expect("it is a copy")
                    .clone_from(&new.into());
                versions.push(version);
            }
        }
        if let Value::Object(entries) = place {
            for key in entries.keys() {
                let mut version = object.clone();
                let Some(Value::Object(entries)) = version.pointer_mut(&path) else {
                    continue;
                };
                let value = entries.remove(key).unwrap_or_default();
                entries.insert(text.to_owned(), value);
                versions.push(version);
            }
        }
    }
    versions.push(annotated(object, text));
    versions
}

/// The object with what annotations can say to us.
fn annotated(object: &Value, text: &str) -> Value {
    let mut object = object.clone();
    let applied = serde_json::json!({"spec": {text: text, "storage": {text: {}}}});
    let annotations = serde_json::json!({
        text: text,
        "kubectl.kubernetes.io/last-applied-configuration": applied.to_string(),
        "neo4jbackup.github.io/ignore-NB5001": text,
        "neo4jbackup.github.io/ignore-NB7004": format!("{text}; until=2020-01-01"),
        "neo4jbackup.github.io/ignore-NB3001": format!("because; until={text}"),
        (format!("neo4jbackup.github.io/ignore-{text}")): "because",
    });
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.insert("annotations".to_owned(), annotations);
    }
    object
}

fn paths(object: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        let below: Vec<String> = match object.pointer(&path) {
            Some(Value::Object(entries)) => keys(entries),
            Some(Value::Array(items)) => (0..items.len()).map(|index| index.to_string()).collect(),
            _ => Vec::new(),
        };
        found.extend(below.into_iter().map(|token| format!("{path}/{token}")));
    }
    found
}

fn keys(entries: &Map<String, Value>) -> Vec<String> {
    let token = |key: &String| key.replace('~', "~0").replace('/', "~1");
    entries.keys().map(token).collect()
}
