//! For people, at night: the cause in the first line, what it rests on, what to do, and what follows from it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use neo4jbackup_core::check::{Evidence, EvidenceKind, ago};
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::model::ObjectRef;
use neo4jbackup_core::quoted::{Name, beginning};

use crate::doctor_report::{DoctorReport, Finding};
use crate::render::summary::{counted, number};
use crate::report::Verdict;
use crate::wrap::wrap;

/// How many signs are shown of one diagnosis; the other formats have all.
const MOST_EVIDENCE: usize = 4;
/// How many effects are shown of one cause.
const MOST_EFFECTS: usize = 8;
/// How much is shown of one sign in our words, in characters; what others wrote is shown whole.
const LONGEST_EVIDENCE: usize = 400;
/// How many checks are named that could not be made for one reason.
const MOST_CODES: usize = 6;
/// How many things that could not be checked are listed.
const MOST_SKIPPED: usize = 5;
/// The column at which texts begin that have a word before them.
const INDENT: usize = 13;

pub(super) fn render(report: &DoctorReport, color: bool, width: usize) -> String {
    let page = Page {
        report,
        color,
        width,
        now: report.checked_at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
    };
    let mut text = String::new();
    let mut rest = report.findings.as_slice();
    while let [cause, behind @ ..] = rest {
        let effects = behind.iter().take_while(|finding| finding.depth > cause.depth).count();
        page.cause(cause, &behind[..effects], &mut text);
        rest = &behind[effects..];
    }
    page.end(&mut text);
    text
}

struct Page<'r> {
    report: &'r DoctorReport,
    color: bool,
    width: usize,
    now: Timestamp,
}

impl Page<'_> {
    fn cause(&self, cause: &Finding, effects: &[Finding], text: &mut String) {
        let severity = self.severity(cause.severity);
        let probably = if cause.probable { "probably: " } else { "" };
        let head = format!("{}: {probably}{}", object(&cause.object), cause.message);
        let code = format!("[{}]", cause.code);
        let _ = writeln!(
            text,
            "{severity}{}",
            wrap(&format!("{} {head} {code}", cause.severity), self.width, "    ")
                .trim_start_matches(&cause.severity.to_string())
        );
        let subject = cause.subject.as_ref().filter(|subject| **subject != cause.object);
        if let Some(subject) = subject {
            self.row("for", &object(subject), text);
        }
        let says_field = |evidence: &Evidence| {
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
            let shown = if evidence.kind.is_quoted_whole() {
                &evidence.text
            } else {
                beginning(&evidence.text, LONGEST_EVIDENCE)
            };
            sign += shown;
            if shown.len() < evidence.text.len() {
                sign.push('…');
            }
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
            let line = format!(
                "{indent}{} {about}{} [{}]",
                effect.severity, effect.message, effect.code
            );
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
        let room = self.width.saturating_sub(first.len());
        let wrapped = wrap(line, room, "").replace('\n', &format!("\n{indent}"));
        let _ = writeln!(text, "{first}{wrapped}");
    }

    fn severity(&self, severity: Severity) -> String {
        if !self.color {
            return severity.to_string();
        }
        let color = match severity {
            Severity::Error => "\u{1b}[1;31m",
            Severity::Warning => "\u{1b}[1;33m",
            Severity::Info => "\u{1b}[1;34m",
        };
        format!("{color}{severity}\u{1b}[0m")
    }

    fn end(&self, text: &mut String) {
        // Why something is not known is the same for many checks, and is said once.
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for skipped in &self.report.skipped {
            let codes = reasons.entry(&skipped.reason).or_default();
            if let Some(code) = skipped.code.filter(|code| !codes.contains(code)) {
                codes.push(code);
            }
        }
        for (reason, codes) in reasons.iter().take(MOST_SKIPPED) {
            let line = match codes.as_slice() {
                [] => format!("not read: {reason}; evidence may be missing"),
                codes if codes.len() > MOST_CODES => format!("not checked: {} checks ({reason})", codes.len()),
                codes => format!("not checked: {} ({reason})", codes.join(", ")),
            };
            let _ = writeln!(text, "{}", wrap(&line, self.width, "    "));
        }
        if reasons.len() > MOST_SKIPPED {
            let more = reasons.len() - MOST_SKIPPED;
            let _ = writeln!(text, "not checked for {more} more reasons; `-o json` lists all");
        }
        let _ = writeln!(text, "{}", wrap(&self.summary(), self.width, "    "));
    }

    fn summary(&self) -> String {
        let report = self.report;
        let counts = &report.summary;
        let found = counted(counts.errors, counts.warnings, counts.infos);
        let mut line = if found.is_empty() {
            format!("nothing is wrong: {} made", number(counts.applied, "check"))
        } else {
            let causes = number(counts.causes, "cause");
            format!(
                "{} from {causes}; {} of {} found nothing",
                found.join(", "),
                counts.passed,
                number(counts.applied, "check")
            )
        };
        if report.result == Verdict::Pass && !report.complete && found.is_empty() {
            line = format!(
                "nothing was found, but not everything could be checked: {} made",
                number(counts.applied, "check")
            );
        }
        let place = match (&report.bundle, &report.context) {
            (Some(bundle), _) => format!("bundle {bundle}"),
            (None, Some(context)) => format!("context {}", Name(context)),
            (None, None) => "this cluster".to_owned(),
        };
        let namespaces = match report.namespaces.as_deref() {
            None => "all namespaces".to_owned(),
            Some([namespace]) => format!("namespace {}", Name(namespace)),
            Some(namespaces) => format!("{} namespaces", namespaces.len()),
        };
        let operator = report.operator_version.as_deref().unwrap_or("of unknown version");
        format!("{line} ({place}, {namespaces}, operator {operator})")
    }
}

/// `Neo4jBackup graph/nightly`.
fn object(object: &ObjectRef) -> String {
    let place = if object.namespace.is_empty() {
        object.name.clone()
    } else {
        format!("{}/{}", object.namespace, object.name)
    };
    format!("{} {}", Name(&object.kind), Name(&place))
}
