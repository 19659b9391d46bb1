//! What a patch would fill in, as warnings with the YAML to write instead.

use json_patch::{Patch, PatchOperation};
use neo4jbackup_core::document::{Path, Segment};
use neo4jbackup_core::quoted::{code_span, printable, quoted};
use serde_json::Value;

/// kubectl prints each on a line of its own.
const MAX_WARNINGS: usize = 5;

/// The API server may cut what is longer, and YAML that is cut is worse than none.
const MAX_LENGTH: usize = 256;

/// A warning for each addition: ``spec.storage: write `cloud: {provider: aws}` [NB3001]``. Other operations say nothing.
pub(crate) fn patch_warnings(patch: &Patch, codes: &str) -> Vec<String> {
    let texts = patch.0.iter().filter_map(|operation| match operation {
        PatchOperation::Add(add) => {
            let tokens: Vec<String> = add.path.tokens().map(|token| token.decoded().into_owned()).collect();
            patch_warning(&tokens, &add.value, codes)
        }
        _ => None,
    });
    let mut texts: Vec<String> = texts.collect();
    if texts.len() > MAX_WARNINGS {
        let more = texts.len() - (MAX_WARNINGS - 1);
        texts.truncate(MAX_WARNINGS - 1);
        texts.push(format!(
            "and {more} more fields; see them all with `kubectl neo4jbackup lint`"
        ));
    }
    texts
}

fn patch_warning(tokens: &[String], value: &Value, codes: &str) -> Option<String> {
    let (last, parents) = tokens.split_last()?;
    let parent = Path(parents.iter().map(|token| segment(token)).collect());
    let parent = if parents.is_empty() {
        String::new()
    } else {
        format!("{parent}: ")
    };
    let mut yaml = String::new();
    if segment(last) == Segment::Key(last.clone()) {
        yaml = scalar(last) + ": ";
    }
    flow(&mut yaml, value);
    let whole = format!("{parent}write {} [{codes}]", code_span(&printable(yaml)));
    if whole.chars().count() <= MAX_LENGTH {
        return Some(whole);
    }
    Some(format!(
        "{parent}{} is missing; see what to write with `kubectl neo4jbackup lint` [{codes}]",
        quoted(last)
    ))
}

fn segment(token: &str) -> Segment {
    token
        .parse()
        .map_or_else(|_| Segment::Key(token.to_owned()), Segment::Index)
}

/// YAML on one line. JSON is YAML; what needs no quotes goes without.
fn flow(out: &mut String, value: &Value) {
    match value {
        Value::Object(map) => {
            out.push('{');
            for (position, (key, value)) in map.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                out.push_str(&scalar(key));
                out.push_str(": ");
                flow(out, value);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                flow(out, item);
            }
            out.push(']');
        }
        Value::String(text) => out.push_str(&scalar(text)),
        other => out.push_str(&other.to_string()),
    }
}

/// Quoted unless every reader of YAML takes it for the same text: words such as `no`, and all that is no word, are not.
fn scalar(text: &str) -> String {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.ends_with(|last: char| last.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_./:@".contains(character));
    let means_more = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    if is_word && !means_more {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn suggested(operations: Value) -> Vec<String> {
        patch_warnings(&serde_json::from_value(operations).unwrap(), "NB3001")
    }

    #[test]
    fn an_addition_is_shown_as_the_yaml_to_write() {
        let arn = "arn:aws:iam::123456789012:role/backup";
        assert_eq!(
            suggested(json!([
                {"op": "add", "path": "/spec/storage/cloud", "value": {"provider": "aws", "identity": {"provider": "aws"}}},
                {"op": "add", "path": "/metadata/annotations/eks.amazonaws.com~1role-arn", "value": arn},
                {"op": "add", "path": "/spec/list/0", "value": [1, true, "no", "a b"]},
                {"op": "remove", "path": "/spec/other"},
            ])),
            [
                "spec.storage: write `cloud: {identity: {provider: aws}, provider: aws}` [NB3001]",
                "metadata.annotations: write `eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/backup` [NB3001]",
                "spec.list: write `[1, true, \"no\", \"a b\"]` [NB3001]",
            ]
        );
    }

    #[test]
    fn what_is_shown_reads_back_as_what_was_meant() {
        let values = [
            json!({"a": "x: y", "b c": "#", "no": "off", "n": 1.5, "e": "", "u": "é", "q": "\"", "t": "12:30", "z": "a:"}),
            json!([
                "-",
                "1",
                "1e3",
                "null",
                "~",
                "a#b",
                "{",
                "arn:aws:iam::1:role/x",
                "x@y.z"
            ]),
        ];
        for value in values {
            let mut yaml = String::new();
            flow(&mut yaml, &value);
            let read: Value = serde_saphyr::from_str(&yaml).unwrap();
            assert_eq!(read, value, "{yaml}");
        }
    }

    #[test]
    fn what_is_too_long_or_too_much_is_not_cut_but_counted() {
        let long = suggested(json!([{"op": "add", "path": "/spec/a", "value": "x".repeat(300)}]));
        assert!(
            long[0].starts_with("spec: `a` is missing;") && long[0].len() <= MAX_LENGTH,
            "{long:?}"
        );
        let many: Vec<Value> = (0..9)
            .map(|number| json!({"op": "add", "path": format!("/spec/f{number}"), "value": 1}))
            .collect();
        let many = suggested(many.into());
        assert_eq!(many.len(), MAX_WARNINGS);
        assert!(many[4].starts_with("and 5 more fields"), "{many:?}");
    }
}
