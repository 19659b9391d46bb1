//! Findings that somebody has accepted: an annotation on the object, or a comment in the file. Never without a reason.

mod apply;
mod lines;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::document::Path;
use crate::finding::SuppressedBy;
use crate::in_domain;
use crate::quoted::quoted;
use crate::registry;

pub(crate) use apply::{Requests, apply};

/// The prefix of the annotation: `neo4jbackup.github.io/ignore-NB7001: "reason; until=2027-01-01"`.
pub const ANNOTATION: &str = in_domain!("ignore-");

/// The comment: `# neo4jbackup:ignore NB7001 reason`.
pub const COMMENT: &str = "neo4jbackup:ignore";

/// One request to ignore one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The code or name of the rule, as written.
    pub rule: String,
    /// Why, as written; the part before `until=`.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Result<Option<Date>, String>,
    /// Where it stands.
    pub by: SuppressedBy,
    /// The annotation, when it is one.
    pub path: Option<Path>,
}

/// What is wrong with a request to ignore a rule, in words, with what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Suppression {
    /// Reads the value of an annotation.
    pub fn from_annotation(key: &str, value: &str) -> Option<Self> {
        let rule = key.strip_prefix(ANNOTATION)?;
        let path = Path::dotted("metadata.annotations").key(key);
        Some(Self::new(rule, value, SuppressedBy::Annotation, Some(path)))
    }

    /// Reads a comment, without the `#`.
    pub fn from_comment(text: &str) -> Option<Self> {
        let rest = text.trim_start_matches('#').trim().strip_prefix(COMMENT)?.trim();
        let (rule, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        Some(Self::new(rule, reason, SuppressedBy::Comment, None))
    }

    fn new(rule: &str, text: &str, by: SuppressedBy, path: Option<Path>) -> Self {
        let mut reason = Vec::new();
        let mut until = Ok(None);
        for part in text.split(';').map(str::trim) {
            match part.strip_prefix("until=") {
                Some(day) => until = day.trim().parse::<Date>().map(Some).map_err(|_| day.trim().to_owned()),
                None if !part.is_empty() => reason.push(part),
                None => {}
            }
        }
        Self {
            rule: rule.to_owned(),
            reason: reason.join("; "),
            until,
            by,
            path,
        }
    }

    /// Says why this request does not count, when it does not.
    pub fn problem(&self, now: Timestamp) -> Option<Invalid> {
        let invalid = |message: String, help: &str| {
            Some(Invalid {
                message,
                help: help.to_owned(),
            })
        };
        if registry::rule(&self.rule).is_none() {
            return invalid(
                format!("{} is not the code of a rule", quoted(&self.rule)),
                "list the codes with `kubectl neo4jbackup explain --list`",
            );
        }
        if self.reason.is_empty() {
            return invalid(
                format!("ignoring {} needs a reason", self.rule),
                "say in one sentence why it is accepted",
            );
        }
        match &self.until {
            Err(day) => invalid(
                format!("{} is not a date", quoted(day)),
                "write it as `until=2027-01-31`",
            ),
            Ok(Some(day)) if now.to_zoned(TimeZone::UTC).date() > *day => invalid(
                format!("ignoring {} has expired on {day}", self.rule),
                "fix the finding or give a later date",
            ),
            Ok(_) => None,
        }
    }

    /// Whether this request is about a rule.
    pub fn names(&self, code: &str, name: &str) -> bool {
        self.rule == code || self.rule == name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_annotation_and_comment() {
        let annotation =
            Suppression::from_annotation("neo4jbackup.github.io/ignore-NB7001", "moved; until=2027-01-01").unwrap();
        assert_eq!(
            (annotation.rule.as_str(), annotation.reason.as_str()),
            ("NB7001", "moved")
        );
        assert_eq!(annotation.until, Ok(Some(jiff::civil::date(2027, 1, 1))));
        let comment = Suppression::from_comment("# neo4jbackup:ignore schedule-invalid test data").unwrap();
        assert_eq!(
            (comment.rule.as_str(), comment.reason.as_str()),
            ("schedule-invalid", "test data")
        );
        assert_eq!(Suppression::from_comment("# nothing"), None);
    }
}
