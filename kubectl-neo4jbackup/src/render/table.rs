//! Columns, with long messages wrapped to the width of the terminal.

use neo4jbackup_core::quoted::Name;

use super::{Context, Format, grid, not_checked, open, sentence, summary};
use crate::report::LintReport;
use crate::wrap::wrap;

pub(super) struct Table;

impl Format for Table {
    fn render(&self, report: &LintReport, context: &Context<'_>) -> String {
        let mut output = String::new();
        let mut findings = open(report).peekable();
        if findings.peek().is_some() {
            let mut rows = grid::plain(context.width);
            rows.set_header(["PLACE", "SEVERITY", "CODE", "OBJECT", "MESSAGE"]);
            for finding in findings {
                let location = &finding.location;
                rows.add_row([
                    format!("{}:{}:{}", Name(&location.file), location.line, location.column),
                    finding.severity.to_string(),
                    finding.code.to_owned(),
                    Name(&finding.object_name()).to_string(),
                    sentence(finding),
                ]);
            }
            output += &grid::lines(&rows);
            output.push('\n');
        }
        for line in not_checked(report) {
            output += &format!("{}\n", wrap(&format!("not checked: {line}"), context.width, "    "));
        }
        output + &wrap(&summary(report), context.width, "    ") + "\n"
    }
}
