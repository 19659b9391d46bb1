//! For people, at night: the cause in the first line, what it rests on, what to do, and what follows from it.

use std::fmt::Write as _;

use jiff::Timestamp;
use neo4jbackup_core::check::{EvidenceKind, ago};

use super::summary::{not_checked, summary};
use super::{Page, causes, object};
use crate::doctor_report::{DoctorReport, Finding, Sign};
use crate::wrap::wrap;

/// How many signs are shown of one diagnosis; the other formats have all.
const MOST_EVIDENCE: usize = 4;
/// How many effects are shown of one cause.
const MOST_EFFECTS: usize = 8;
/// How much is shown of one sign in our words, in characters; what others wrote is shown whole.
const LONGEST_EVIDENCE: usize = 400;
/// The column at which texts begin that have a word before them.
const INDENT: usize = 13;

pub(super) fn render(report: &DoctorReport, page: &Page) -> String {
    let writer = Writer {
        page,
        now: report.about.checked_at,
    };
    let mut text = String::new();
    for (cause, effects) in causes(report) {
        writer.cause(cause, effects, &mut text);
    }
    for line in not_checked(report) {
        let _ = writeln!(text, "{}", wrap(&line, page.width, "    "));
    }
    let _ = writeln!(text, "{}", wrap(&summary(report), page.width, "    "));
    text
}

struct Writer<'p> {
    page: &'p Page,
    now: Timestamp,
}

impl Writer<'_> {
    fn cause(&self, cause: &Finding, effects: &[Finding], text: &mut String) {
        let severity = self.page.severity(cause.severity);
        let head = format!("{}: {}", object(&cause.object), cause.said());
        let code = format!("[{}]", cause.code);
        let _ = writeln!(
            text,
            "{severity}{}",
            wrap(&format!("{} {head} {code}", cause.severity), self.page.width, "    ")
                .trim_start_matches(&cause.severity.to_string())
        );
        let subject = cause.subject.as_ref().filter(|subject| **subject != cause.object);
        if let Some(subject) = subject {
            self.row("for", &object(subject), text);
        }
        let says_field = |evidence: &Sign| {
            let is_own = evidence.kind == EvidenceKind::Field && evidence.object == cause.object;
            is_own && evidence.text.starts_with(&cause.field)
        };
        if !cause.field.is_empty() && !cause.evidence.iter().any(says_field) {
            self.row("field", &cause.field, text);
        }
        let mut word = "evidence";
        for evidence in cause.evidence.iter().take(MOST_EVIDENCE) {
            let mut sign = String::new();
            if evidence.object != cause.object {
                sign += &format!("{}: ", object(&evidence.object));
            }
            let most = if evidence.kind.is_quoted_whole() {
                usize::MAX
            } else {
                LONGEST_EVIDENCE
            };
            sign += &evidence.shortened(most, self.page.ellipsis());
            if let Some(time) = evidence.time {
                sign += &format!(" ({})", ago(time, self.now));
            }
            self.row(word, &sign, text);
            word = "";
        }
        if cause.evidence.len() > MOST_EVIDENCE {
            let more = format!("and {} more; `-o json` has all", cause.evidence.len() - MOST_EVIDENCE);
            self.row("", &more, text);
        }
        if !cause.help.is_empty() {
            self.row("fix", &cause.help, text);
        }
        for (position, command) in cause.commands.iter().enumerate() {
            // A command is there to be copied: it is never broken.
            let word = if position == 0 && cause.help.is_empty() {
                "fix"
            } else {
                ""
            };
            let _ = writeln!(text, "    {word:<9}$ {command}");
        }
        let mut word = "effects";
        for effect in effects.iter().take(MOST_EFFECTS) {
            let indent = "  ".repeat(effect.depth.saturating_sub(cause.depth + 1));
            let about = if effect.object == cause.object {
                String::new()
            } else {
                format!("{}: ", object(&effect.object))
            };
            let line = format!("{indent}{} {about}{} [{}]", effect.severity, effect.said(), effect.code);
            self.row(word, &line, text);
            word = "";
        }
        if effects.len() > MOST_EFFECTS {
            self.row("", &format!("and {} more", effects.len() - MOST_EFFECTS), text);
        }
        text.push('\n');
    }

    fn row(&self, word: &str, line: &str, text: &mut String) {
        let indent = " ".repeat(INDENT);
        let first = format!("    {word:<9}");
        let room = self.page.width.saturating_sub(first.len());
        let wrapped = wrap(line, room, "").replace('\n', &format!("\n{indent}"));
        let _ = writeln!(text, "{first}{wrapped}");
    }
}
