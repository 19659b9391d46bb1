//! Blocks of Terraform, and how they are written.

use std::fmt::Write as _;

use serde_json::Value;

use crate::quoted::printable;

/// A block: `resource "aws_iam_policy" "name" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// A line before it.
    pub comment: &'static str,
    /// Its type and its name.
    pub labels: [String; 2],
    /// What is in it.
    pub items: Vec<Item>,
}

/// What is in a block.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// `key = "text"`.
    Text(&'static str, String),
    /// `key = jsonencode(…)`.
    Json(&'static str, Value),
    /// `key = aws_iam_policy.name.arn`.
    Reference(&'static str, String),
    /// `key = ["text"]`.
    Texts(&'static str, Vec<String>),
    /// `key { … }`.
    Block(&'static str, Vec<Item>),
}

/// A name that Terraform takes, made of names of objects: letters, digits, `_` and `-`, and no digit first.
pub(super) fn label(parts: &[&str]) -> String {
    let letters = parts.join("_");
    let letters = letters.chars().map(|letter| {
        if letter.is_ascii_alphanumeric() || letter == '-' {
            letter
        } else {
            '_'
        }
    });
    let label: String = letters.collect();
    if label.starts_with(|first: char| first.is_ascii_alphabetic()) {
        label
    } else {
        format!("neo4j_{label}")
    }
}

/// The blocks as a file, one after the other; of equal ones the first.
pub fn render(blocks: &[Block]) -> String {
    let mut seen: Vec<&Block> = Vec::new();
    for block in blocks {
        if !seen.contains(&block) {
            seen.push(block);
        }
    }
    let files: Vec<String> = seen.into_iter().map(block_text).collect();
    files.join("\n")
}

fn block_text(block: &Block) -> String {
    let mut text = String::new();
    if !block.comment.is_empty() {
        let _ = writeln!(text, "# {}", block.comment);
    }
    let _ = writeln!(
        text,
        "resource {} {} {{",
        quoted(&block.labels[0]),
        quoted(&block.labels[1])
    );
    items(&block.items, 1, &mut text);
    text + "}\n"
}

fn items(all: &[Item], depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    // As `terraform fmt` has it: the signs of neighbours stand below each other.
    let width = all.iter().filter_map(key).map(str::len).max().unwrap_or_default();
    for item in all {
        let _ = match item {
            Item::Text(key, value) => writeln!(text, "{indent}{key:width$} = {}", quoted(value)),
            Item::Reference(key, value) => writeln!(text, "{indent}{key:width$} = {value}"),
            Item::Texts(key, values) => {
                let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
                writeln!(text, "{indent}{key:width$} = [{}]", values.join(", "))
            }
            Item::Json(key, value) => {
                let mut expression = String::new();
                json(value, depth, &mut expression);
                writeln!(text, "{indent}{key:width$} = jsonencode({expression})")
            }
            Item::Block(key, inner) => {
                let _ = writeln!(text, "\n{indent}{key} {{");
                items(inner, depth + 1, text);
                writeln!(text, "{indent}}}")
            }
        };
    }
}

fn key(item: &Item) -> Option<&'static str> {
    match item {
        Item::Text(key, _) | Item::Json(key, _) | Item::Reference(key, _) | Item::Texts(key, _) => Some(key),
        Item::Block(..) => None,
    }
}

/// JSON as an expression of Terraform.
fn json(value: &Value, depth: usize, text: &mut String) {
    let (indent, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Value::Object(map) => {
            text.push_str("{\n");
            for (key, value) in map {
                let _ = write!(text, "{indent}{} = ", quoted(key));
                json(value, depth + 1, text);
                text.push('\n');
            }
            let _ = write!(text, "{outer}}}");
        }
        Value::Array(list) if list.iter().all(Value::is_string) => {
            let values: Vec<String> = list.iter().filter_map(Value::as_str).map(quoted).collect();
            let _ = write!(text, "[{}]", values.join(", "));
        }
        Value::Array(list) => {
            text.push_str("[\n");
            for value in list {
                text.push_str(&indent);
                json(value, depth + 1, text);
                text.push_str(",\n");
            }
            let _ = write!(text, "{outer}]");
        }
        Value::String(value) => text.push_str(&quoted(value)),
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

/// A text of Terraform, in which nothing is a template.
fn quoted(value: &str) -> String {
    let value = printable(value);
    let mut text = String::from("\"");
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '$' | '%' if letters.peek() == Some(&'{') => {
                text.push(letter);
                text.push(letter);
            }
            letter => text.push(letter),
        }
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_objects_say_is_text_and_never_a_template() {
        assert_eq!(quoted("a\"b\\c${d}%{e}$"), r#""a\"b\\c$${d}%%{e}$""#);
        assert_eq!(label(&["graph", "night.ly"]), "graph_night_ly");
        assert_eq!(label(&["1", "x"]), "neo4j_1_x");
    }

    #[test]
    fn a_block_is_dropped_only_where_all_of_it_was_there() {
        let block = |name: &str| Block {
            comment: "",
            labels: ["aws_iam_policy".to_owned(), "one".to_owned()],
            items: vec![Item::Text("name", name.to_owned())],
        };
        let text = render(&[block("a"), block("b"), block("a")]);
        assert_eq!(text.matches("resource").count(), 2, "{text}");
        assert!(text.contains("\"a\"") && text.contains("\"b\""), "{text}");
    }
}
