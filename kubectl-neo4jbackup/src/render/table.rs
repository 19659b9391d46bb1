//! Columns, with long messages wrapped to the width of the terminal.

use comfy_table::ColumnConstraint;
use neo4jbackup_core::quoted::Name;
use unicode_width::UnicodeWidthChar as _;

use super::{Context, Format, grid, not_checked, open, sentence, summary};
use crate::report::LintReport;
use crate::wrap::wrap;

pub(super) struct Table;

impl Format for Table {
    fn is_for_people(&self) -> bool {
        true
    }

    fn render(&self, report: &LintReport, context: &Context<'_>) -> String {
        let mut output = String::new();
        let mut findings = open(report).peekable();
        if findings.peek().is_some() {
            let mut rows = grid::plain(context.width);
            rows.set_header(["PLACE", "SEVERITY", "CODE", "OBJECT", "MESSAGE"]);
            for finding in findings {
                let location = &finding.location;
                rows.add_row([
                    place(
                        &format!("{}:{}:{}", Name(&location.file), location.line, location.column),
                        context.width / 3,
                    ),
                    finding.severity.to_string(),
                    finding.code.to_owned(),
                    Name(&finding.object_name()).to_string(),
                    sentence(finding),
                ]);
            }
            if let Some(place) = rows.column_mut(0) {
                place.set_constraint(ColumnConstraint::ContentWidth);
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

/// A place in at most so many columns. Its lines but the first are set in, so that no name of a file begins a line.
fn place(text: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for letter in text.chars() {
        let letter_width = letter.width().unwrap_or_default();
        if column + letter_width > width {
            lines.push_str("\n  ");
            column = 2;
        }
        lines.push(letter);
        column += letter_width;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_place_goes_on_below_itself() {
        assert_eq!(place("a.yaml:1:2", 10), "a.yaml:1:2");
        assert_eq!(place("deploy/a.yaml:1:2", 10), "deploy/a.y\n  aml:1:2");
        assert_eq!(place("日本日本", 5), "日本\n  日\n  本");
    }
}
