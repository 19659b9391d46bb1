//! What a program may read, as YAML.

use std::fmt::Write as _;

use neo4jbackup_core::document::Node;
use neo4jbackup_core::quoted::{begins_command, is_printable, printable};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_saphyr::DoubleQuoted;

/// Any report as YAML.
pub(crate) fn of(report: &impl Serialize) -> String {
    // By way of JSON, because what a text is written in depends on what is in it.
    let json = serde_json::to_string(report).unwrap_or_default();
    let root: Node<'_> = serde_json::from_str(&json).unwrap_or(Node::Null);
    escaped(&serde_saphyr::to_string(&Shown(&root)).unwrap_or_default())
}

/// A node whose texts stand in double quotes where something in them has to be escaped.
struct Shown<'n, 'a>(&'n Node<'a>);

impl Serialize for Shown<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Node::String(text) => text_in_quotes(text, serializer),
            Node::List(items) => serializer.collect_seq(items.iter().map(Shown)),
            Node::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.iter().count()))?;
                for (key, value) in entries.iter() {
                    map.serialize_entry(&Key(key), &Shown(value))?;
                }
                map.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}

struct Key<'k>(&'k str);

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        text_in_quotes(self.0, serializer)
    }
}

fn text_in_quotes<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if printable(text) == text {
        serializer.serialize_str(text)
    } else {
        DoubleQuoted(text).serialize(serializer)
    }
}

/// What the library leaves as it is, written as a number. It can only stand between double quotes.
fn escaped(yaml: &str) -> String {
    let mut output = String::with_capacity(yaml.len());
    let mut before = None;
    for (position, letter) in yaml.char_indices() {
        let is_command = || begins_command(before, letter, &yaml[position + letter.len_utf8()..]);
        if letter == '\n' || (is_printable(letter) && !is_command()) {
            output.push(letter);
        } else {
            let _ = write!(output, "\\U{:08X}", u32::from(letter));
        }
        before = Some(letter);
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_texts_keep_their_value_and_lose_their_voice() {
        let text = "\u{1b}\n\u{9b}\u{202e}\u{e0041}ä ##[error]x ::debug::y";
        let json = serde_json::json!({text: [text, "::error::x", "plain", 1, null, true, ""]});
        let written = json.to_string();
        let node: Node<'_> = serde_json::from_str(&written).unwrap();
        let yaml = escaped(&serde_saphyr::to_string(&Shown(&node)).unwrap());
        assert!(
            yaml.chars().all(|letter| letter == '\n' || is_printable(letter)),
            "{yaml}"
        );
        assert!(!yaml.contains("##[") && !yaml.contains(" ::"), "{yaml}");
        assert_eq!(
            serde_saphyr::from_str::<serde_json::Value>(&yaml).unwrap(),
            json,
            "{yaml}"
        );
    }
}
