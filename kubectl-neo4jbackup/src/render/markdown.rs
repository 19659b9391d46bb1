//! A table for the description of, or a comment on, a pull request.

use std::fmt::Write as _;

use super::{Context, Format, not_checked, open, sentence, summary};
use crate::report::LintReport;

pub(super) struct Markdown;

impl Format for Markdown {
    fn render(&self, report: &LintReport, _: &Context<'_>) -> String {
        let mut output = format!("**{}**\n", escape(&summary(report)));
        let mut findings = open(report).peekable();
        if findings.peek().is_some() {
            output.push_str("\n| place | severity | rule | object | message |\n|---|---|---|---|---|\n");
        }
        for finding in findings {
            let location = &finding.location;
            let _ = writeln!(
                output,
                "| {}:{}:{} | {} | [{}]({}) | {} | {} |",
                code(&location.file),
                location.line,
                location.column,
                finding.severity,
                finding.code,
                finding.url,
                escape(&finding.object_name()),
                escape(&sentence(finding)),
            );
        }
        for skipped in report.skipped.iter().filter(|skipped| skipped.code.is_none()) {
            let _ = writeln!(output, "\n{} {}", code(&skipped.file), escape(&skipped.reason));
        }
        for line in not_checked(report) {
            let _ = writeln!(output, "\nNot checked: {}", escape(&line));
        }
        output
    }
}

/// Text in a cell: no line feeds, no cell borders, no tags; code in backticks stays code.
fn escape(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    let mut in_code = false;
    for letter in text.chars() {
        match letter {
            '`' => {
                in_code = !in_code;
                output.push('`');
            }
            '|' => output.push_str("\\|"),
            '<' if !in_code => output.push_str("&lt;"),
            '*' | '_' | '[' | '@' if !in_code => {
                output.push('\\');
                output.push(letter);
            }
            letter if letter.is_control() => output.push(' '),
            letter => output.push(letter),
        }
    }
    output
}

fn code(text: &str) -> String {
    let text = text.replace('|', "\\|").replace(['\n', '\r'], " ");
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}
