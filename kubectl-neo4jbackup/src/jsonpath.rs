//! Templates as `kubectl get -o jsonpath=…` takes them: `{range .items[*]}{.name}{"\n"}{end}`.
//!
//! The dialect is kubectl's and not that of RFC 9535, and so are its answers: a field that is absent is nothing, an index
//! that is out of bounds is an error, `$` and `@` are where one stands. What stands in the brackets is asked of
//! `serde_json_path`, piece by piece. What is foreign in a value is made printable.

mod path;
mod scan;

use neo4jbackup_core::quoted::{printable, quoted};
use serde_json::Value;

use self::path::Path;
use self::scan::{Token, tokens};

/// A template.
#[derive(Debug, Clone)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Debug, Clone)]
enum Part {
    /// What stands outside of braces, or in quotes inside of them.
    Text(String),
    /// The values at a path, a blank between two.
    Values(Path),
    /// The same for each value at a path.
    Range(Path, Vec<Part>),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A brace that is not closed.
    #[error("a `{{` is not closed")]
    OpenBrace,
    /// A quoted text that is not closed, or ends in a backslash.
    #[error("a text in quotes is not closed")]
    OpenQuote,
    /// `end` without `range`.
    #[error("there is an `{{end}}` without a `{{range}}`")]
    EndWithoutRange,
    /// `range` without `end`.
    #[error("there is a `{{range}}` without an `{{end}}`")]
    RangeWithoutEnd,
    /// Something else in braces.
    #[error("{} is neither a path, nor a text in quotes, nor `range` or `end`", quoted(.0))]
    Action(String),
    /// Something else in a path.
    #[error("{} in the path {} is not supported: {why}", quoted(piece), quoted(path))]
    Piece {
        /// The path.
        path: String,
        /// What stands in it.
        piece: String,
        /// Why that cannot be.
        why: &'static str,
    },
    /// An index that a list does not have.
    #[error("{} is out of bounds of a list of {length}", quoted(piece))]
    OutOfBounds {
        /// The index.
        piece: String,
        /// How many the list has.
        length: usize,
    },
    /// An index into something that is no list.
    #[error("{} is asked of something that is no list", quoted(.0))]
    NoList(String),
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        // A range that is open, with what stands before it.
        let mut open: Vec<(Path, Vec<Part>)> = Vec::new();
        let mut parts = Vec::new();
        for token in tokens(text)? {
            match token {
                Token::Text(text) => parts.push(Part::Text(text)),
                Token::Path(path) => parts.push(Part::Values(Path::parse(&path)?)),
                Token::Range(path) => open.push((Path::parse(&path)?, std::mem::take(&mut parts))),
                Token::End => {
                    let (path, before) = open.pop().ok_or(TemplateError::EndWithoutRange)?;
                    let inner = std::mem::replace(&mut parts, before);
                    parts.push(Part::Range(path, inner));
                }
            }
        }
        if open.is_empty() {
            Ok(Self { parts })
        } else {
            Err(TemplateError::RangeWithoutEnd)
        }
    }

    /// What it says of a value.
    pub fn render(&self, value: &Value) -> Result<String, TemplateError> {
        let mut output = String::new();
        render(&self.parts, value, &mut output)?;
        Ok(output)
    }
}

fn render(parts: &[Part], value: &Value, output: &mut String) -> Result<(), TemplateError> {
    for part in parts {
        match part {
            Part::Text(text) => output.push_str(text),
            Part::Values(path) => {
                let texts: Vec<String> = path.find(value)?.into_iter().map(shown).collect();
                output.push_str(&texts.join(" "));
            }
            Part::Range(path, inner) => {
                for item in path.find(value)? {
                    render(inner, item, output)?;
                }
            }
        }
    }
    Ok(())
}

/// A text as it is, everything else as JSON.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    printable(text).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(template: &str) -> Result<String, TemplateError> {
        let value = json!({
            "complete": true, "none": null,
            "items": [
                {"name": "nightly", "age": 3940, "labels": {"a.b/c": "x"}, "storage": null},
                {"name": "dump\u{1b}[2J", "age": 9, "labels": {}, "storage": "s3://b"}
            ]
        });
        Template::parse(template)?.render(&value)
    }

    #[test]
    fn the_usual_forms_say_what_kubectl_says() {
        for (template, expected) in [
            ("{.items[*].age}", "3940 9"),
            ("{.complete}{.none}{.absent}", "truenull"),
            ("{range .items[*]}{.age}{\"\\n\"}{end}", "3940\n9\n"),
            ("{.items[?(@.age>10)].name}", "nightly"),
            ("{.items[0].labels.a\\.b/c}", "x"),
            ("{.items[0].labels['a\\.b/c']}", "x"),
            (
                "{.items[-1:].age} {.items[0,1]['age','storage']}",
                "9 3940 9 null s3://b",
            ),
            ("{$.items[0]['name']}", "nightly"),
            ("all of {.items[?(@.storage)].age}", "all of 3940 9"),
        ] {
            assert_eq!(said(template).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn what_others_wrote_moves_no_cursor() {
        assert_eq!(said("{.items[1].name}").as_deref(), Ok("dump\\u{1b}[2J"));
    }

    #[test]
    fn what_is_not_supported_says_so() {
        for (template, expected) in [
            ("{.items", "a `{` is not closed"),
            ("{end}", "there is an `{end}` without a `{range}`"),
            ("{range .items[*]}x", "there is a `{range}` without an `{end}`"),
            (
                "{name}",
                "`name` is neither a path, nor a text in quotes, nor `range` or `end`",
            ),
            ("{\"x}", "a text in quotes is not closed"),
            ("{.items[2].name}", "`2` is out of bounds of a list of 2"),
            ("{.complete[0]}", "`0` is asked of something that is no list"),
        ] {
            assert_eq!(said(template).unwrap_err().to_string(), expected, "{template}");
        }
        for template in [
            "{.items[?(@.age>1 && @.age<9)]}",
            "{.items[?(@.name=~/x/)]}",
            "{.items[a]}",
            "{.items[\"name\"]}",
            "{.items[0}",
            "{.items[?(@.labels.*==1)]}",
        ] {
            let error = said(template).unwrap_err().to_string();
            assert!(
                error.contains("not supported") || error.contains("closed"),
                "{template}: {error}"
            );
        }
    }
}
