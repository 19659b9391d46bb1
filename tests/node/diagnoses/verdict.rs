//! Whether `doctor` says of what happened here what it is known to say of it.

use jiff::Timestamp;
use serde_json::Value;

use super::scene::{GRAPH, with_word};
use super::stage::Said;

/// The first finding of a report, of which others are effects: what stands in the first line that a person reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    severity: String,
    code: String,
    kind: String,
    /// Without what is another one each time: times, ages, numbers of runs and ends of names.
    message: String,
}

impl Verdict {
    /// That of a report which was made of a namespace.
    pub(super) fn of(said: &Said, namespace: &str) -> Result<Self, String> {
        let report: Value = serde_json::from_str(&said.stdout).map_err(|error| format!("{error}: {said:?}"))?;
        let first = &report["findings"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Self {
            severity: text(&first["severity"]),
            code: text(&first["code"]),
            kind: text(&first["object"]["kind"]),
            message: timeless(&with_word(&text(&first["message"]), namespace, GRAPH)),
        })
    }

    pub(super) fn code(&self) -> &str {
        &self.code
    }
}

/// A text without times and with what controllers add to names cut off.
fn timeless(text: &str) -> String {
    let words = text.split_whitespace().filter_map(|word| {
        let core = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
        if core.parse::<Timestamp>().is_ok() {
            return Some(word.replace(core, "TIME"));
        }
        let number = core.trim_end_matches(['s', 'm', 'h', 'd']);
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_age = is_number && number.len() < core.len();
        if is_age {
            return None;
        }
        let parts: Vec<&str> = core.split('-').collect();
        let run = parts
            .iter()
            .position(|part| part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_digit()));
        Some(run.map_or_else(
            || word.to_owned(),
            |run| word.replace(core, &(parts[..run].join("-") + "-RUN")),
        ))
    });
    // What is left of an age is its bracket.
    words
        .collect::<Vec<_>>()
        .join(" ")
        .replace("(ago)", "")
        .replace(" ago)", "")
}

#[test]
fn what_is_another_one_each_time_is_left_out() {
    let mask = "run neo4j-backup-29920680 of 2026-11-21T06:01:20Z (3h 58m ago) ended; pod a-29920680-x7k2p: 1 of 14";
    assert_eq!(timeless(mask), "run neo4j-backup-RUN of TIME ended; pod a-RUN: 1 of 14");
}
