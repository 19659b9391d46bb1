//! The table of signatures, read once.

use std::fmt;
use std::sync::LazyLock;

use serde::Serialize;

use super::Text;
use crate::document::{Limits, Node, parse};
use crate::operator::OperatorVersion;

const TABLE: &str = include_str!("../../logs/signatures.yaml");
const RESTORE_TABLE: &str = include_str!("../../logs/restore-messages.yaml");

/// Every class, in the order in which they are tried.
pub static CLASSES: LazyLock<Vec<Class>> = LazyLock::new(|| read(TABLE));

/// Every class of what the operator says of a restore, in the order in which they are tried.
pub(super) static RESTORE_CLASSES: LazyLock<Vec<Class>> = LazyLock::new(|| read(RESTORE_TABLE));

/// A kind of line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// The name, which stays: `no-space-left`.
    pub name: String,
    /// What a line of this class is to its reader.
    pub severity: Severity,
    /// Whether the line says why, and not only that.
    pub decides: bool,
    /// What has happened, in a sentence.
    pub cause: String,
    /// What to do, in a sentence.
    pub remedy: String,
    /// The first operator version that no longer fails so, for what an operator says.
    pub fixed: Option<OperatorVersion>,
    explains: Vec<String>,
    explained_by: Vec<String>,
    signatures: Vec<Signature>,
}

/// What a line is to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Looks like a failure and is none.
    Harmless,
    /// Something went well.
    Success,
    /// Worth knowing; the run may be good all the same.
    Warning,
    /// Something failed.
    Failure,
}

impl Severity {
    const ALL: [Self; 4] = [Self::Harmless, Self::Success, Self::Warning, Self::Failure];
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Harmless => "harmless",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Failure => "failure",
        })
    }
}

impl Class {
    /// Whether a line of this class is the cause of what a check or rule with this code finds.
    pub fn explains(&self, code: &str) -> bool {
        self.explains.iter().any(|known| known == code)
    }

    /// Whether what a check or rule with this code finds can be why there is a line of this class.
    pub fn is_explained_by(&self, code: &str) -> bool {
        self.explained_by.iter().any(|known| known == code)
    }

    /// Returns the codes of the checks and rules of which a finding can be why there is a line of this class.
    pub fn causes(&self) -> impl Iterator<Item = &str> {
        self.explained_by.iter().map(String::as_str)
    }

    /// Whether a line of this class is no reason to worry.
    pub(super) fn is_calm(&self) -> bool {
        self.severity < Severity::Failure
    }

    pub(super) fn matches(&self, text: &Text) -> bool {
        let text = text.for_class(self);
        self.signatures.iter().any(|signature| signature.matches(text))
    }

    #[cfg(test)]
    pub(super) fn signatures(&self) -> &[Signature] {
        &self.signatures
    }
}

/// What a line holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    from: From,
    /// Texts that follow each other, in small letters.
    parts: Vec<String>,
}

/// Where the first part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Anywhere,
    Beginning,
    /// It is the whole line.
    Whole,
}

impl Signature {
    fn read(text: &str) -> Self {
        let (from, text) = match (text.strip_prefix('^'), text.strip_prefix('=')) {
            (Some(rest), _) => (From::Beginning, rest),
            (None, Some(rest)) => (From::Whole, rest),
            (None, None) => (From::Anywhere, text),
        };
        let parts: Vec<&str> = text.split('…').collect();
        let is_one = parts.len() == 1;
        // The blanks beside "…" are there to be read; those of a signature in one piece tell words apart.
        let part = |part: &str| {
            if is_one {
                part.to_lowercase()
            } else {
                part.trim().to_lowercase()
            }
        };
        Self {
            from,
            parts: parts.into_iter().map(part).collect(),
        }
    }

    fn matches(&self, line: &str) -> bool {
        let Some((first, others)) = self.parts.split_first() else {
            return false;
        };
        let rest = match self.from {
            From::Whole => return line == first,
            From::Beginning => line.strip_prefix(first.as_str()),
            From::Anywhere => line.split_once(first.as_str()).map(|(_, rest)| rest),
        };
        let follow = |rest: Option<&str>| {
            let mut rest = rest?;
            for part in others {
                rest = rest.split_once(part.as_str())?.1;
            }
            Some(())
        };
        follow(rest).is_some()
    }

    /// A line that it matches.
    #[cfg(test)]
    pub(super) fn example(&self) -> String {
        let text = self.parts.join(" x ");
        match self.from {
            From::Whole => text,
            From::Beginning => text + " x",
            From::Anywhere => format!("x{text}x"),
        }
    }
}

fn read(table: &str) -> Vec<Class> {
    let parsed = parse(table, &Limits::default());
    let rows = parsed.documents.first().and_then(|document| document.root.as_list());
    rows.unwrap_or_default().iter().filter_map(class).collect()
}

fn class(row: &Node<'_>) -> Option<Class> {
    let text = |key: &str| row.get(key)?.as_str().map(str::to_owned);
    let severity = text("severity")?;
    let signatures = row.get("says")?.as_list()?.iter();
    let codes = |key: &str| {
        let codes = row.get(key).and_then(Node::as_list).unwrap_or_default().iter();
        codes.filter_map(Node::as_str).map(str::to_owned).collect()
    };
    Some(Class {
        name: text("class")?,
        severity: Severity::ALL.into_iter().find(|known| known.to_string() == severity)?,
        decides: row.get("decides").and_then(Node::as_bool).unwrap_or(true),
        cause: text("cause")?,
        remedy: text("remedy")?,
        fixed: text("fixed").and_then(|version| version.parse().ok()),
        explains: codes("explains"),
        explained_by: codes("explained-by"),
        signatures: signatures.filter_map(Node::as_str).map(Signature::read).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn every_row_of_the_tables_is_read() {
        is_read_whole(TABLE, &CLASSES);
        is_read_whole(RESTORE_TABLE, &RESTORE_CLASSES);
    }

    fn is_read_whole(table: &str, classes: &[Class]) {
        let parsed = parse(table, &Limits::default());
        let [document] = parsed.documents.as_slice() else {
            panic!("{} documents", parsed.documents.len());
        };
        assert_eq!((parsed.problems.len(), document.problems.len()), (0, 0));
        let rows = document.root.as_list().unwrap();
        assert_eq!(
            classes.len(),
            rows.len(),
            "a row lacks a field or has a severity that does not exist"
        );
        for (class, row) in classes.iter().zip(rows) {
            let known = [
                "class",
                "severity",
                "decides",
                "fixed",
                "cause",
                "remedy",
                "explains",
                "explained-by",
                "says",
            ];
            let codes = class.explains.iter().chain(&class.explained_by);
            for code in codes {
                let is_known = registry::rule(code).is_some() || registry::check(code).is_some();
                assert!(is_known, "{}: there is no {code}", class.name);
            }
            assert_eq!(class.fixed.is_some(), row.get("fixed").is_some(), "{}", class.name);
            assert!(
                row.as_map().unwrap().iter().all(|(key, _)| known.contains(&key)),
                "{}",
                class.name
            );
            assert!(!class.signatures.is_empty(), "{}", class.name);
            for text in [&class.cause, &class.remedy] {
                assert!(text.ends_with('.'), "{}: «{text}» is not a sentence", class.name);
            }
            for signature in &class.signatures {
                assert!(
                    signature.parts.iter().all(|part| !part.is_empty()),
                    "{}: {signature:?}",
                    class.name
                );
            }
        }
    }
}
