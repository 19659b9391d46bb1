//! For an issue, or the channel of an incident: a heading, a table of signs, commands to copy, and what follows, for each cause.
//!
//! What others wrote stands in code spans, as in the table of `lint`.

use std::fmt::Write as _;

use super::object;
use super::summary::{not_checked, outcome, place};
use crate::doctor_report::{DoctorReport, Finding, Sign};
use crate::render::markdown::{code, prose};

/// How much is told of one sign, in characters.
const LONGEST_SIGN: usize = 400;

pub(super) fn render(report: &DoctorReport) -> String {
    let mut output = format!("**{}**\n\n", prose(&outcome(report)));
    let _ = writeln!(output, "{} at {}", prose(&place(report)), report.about.checked_at);
    for (cause, effects) in super::causes(report) {
        section(cause, effects, &mut output);
    }
    for line in not_checked(report) {
        let _ = writeln!(output, "\n{}", prose(&line));
    }
    output
}

fn section(cause: &Finding, effects: &[Finding], output: &mut String) {
    let _ = writeln!(output, "\n### {}", line(cause));
    if !cause.field.is_empty() {
        let _ = writeln!(output, "\nField: {}", code(&cause.field));
    }
    if !cause.evidence.is_empty() {
        output.push_str("\n| object | sign | last seen |\n|---|---|---|\n");
    }
    for sign in &cause.evidence {
        let _ = writeln!(output, "{}", row(sign));
    }
    if !cause.help.is_empty() {
        let _ = writeln!(output, "\nFix: {}", prose(&cause.help));
    }
    if !cause.commands.is_empty() {
        let fence = fence(&cause.commands);
        let _ = writeln!(output, "\n{fence}sh\n{}\n{fence}", cause.commands.join("\n"));
    }
    if !effects.is_empty() {
        output.push_str("\nWhat follows from it:\n\n");
    }
    for effect in effects {
        let indent = "  ".repeat(effect.depth.saturating_sub(cause.depth + 1));
        let _ = writeln!(output, "{indent}- {}", line(effect));
    }
}

/// A finding in one line, whatever it stands in.
fn line(finding: &Finding) -> String {
    format!(
        "{} {}: {} ([{}]({}))",
        finding.severity,
        code(&object(&finding.object)),
        prose(&finding.said()),
        finding.code,
        finding.url
    )
}

fn row(sign: &Sign) -> String {
    let time = sign.time.map(|time| time.to_string()).unwrap_or_default();
    let text = sign.shortened(LONGEST_SIGN, "…");
    format!("| {} | {} | {time} |", code(&object(&sign.object)), code(&text))
}

/// A fence that no line of the commands ends.
fn fence(commands: &[String]) -> String {
    let runs = commands
        .iter()
        .flat_map(|command| command.split(|letter| letter != '`'));
    let longest = runs.map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}
