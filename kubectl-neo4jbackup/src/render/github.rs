//! Workflow commands of GitHub Actions: each finding becomes a note in the diff.

use std::fmt::Write as _;

use neo4jbackup_core::finding::Severity;

use neo4jbackup_core::quoted::printable;

use super::{Context, Format, open, sentence};
use crate::report::LintReport;

pub(super) struct Github;

impl Format for Github {
    fn render(&self, report: &LintReport, context: &Context<'_>) -> String {
        let mut output = String::new();
        for finding in open(report) {
            let command = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "notice",
            };
            let location = &finding.location;
            let place = context.checkout.place(&location.file);
            let file = place.as_deref().unwrap_or(&location.file);
            let _ = write!(
                output,
                "::{command} file={},line={}",
                property(&printable(file)),
                location.line
            );
            // GitHub refuses columns where the lines differ, and its last column belongs to the note.
            if location.line == location.end_line {
                let last = location.end_column.saturating_sub(1).max(location.column);
                let _ = write!(output, ",col={},endColumn={last}", location.column);
            } else {
                let _ = write!(output, ",endLine={}", location.end_line);
            }
            let title = format!("{} {}", finding.code, finding.name);
            let _ = writeln!(output, ",title={}::{}", property(&title), data(&sentence(finding)));
        }
        output
    }
}

/// Text behind `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text of a property, where the separators count, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_escaped_where_they_separate() {
        assert_eq!(data("50%: a,\r\nb"), "50%25: a,%0D%0Ab");
        assert_eq!(property("50%: a,\r\nb"), "50%25%3A a%2C%0D%0Ab");
    }
}
