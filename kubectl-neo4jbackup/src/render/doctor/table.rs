//! A row for each diagnosis; what follows from another one is set in.

use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::summary::{not_checked, summary};
use super::{Page, object};
use crate::age::span;
use crate::doctor_report::{DoctorReport, Finding};
use crate::render::grid::voiceless;
use crate::wrap::wrap;

/// The gap between two columns.
const GAP: usize = 2;
/// Below this width the object stands in the message, and nothing says since when.
const NARROW: usize = 72;
/// Effects of effects are set in no further than this.
const DEEPEST: usize = 2;

pub(super) fn render(report: &DoctorReport, page: &Page) -> String {
    let mut output = String::new();
    if !report.findings.is_empty() {
        output += &rows(report, page);
        output.push('\n');
    }
    for line in not_checked(report) {
        output += &(wrap(&line, page.width, "    ") + "\n");
    }
    output + &wrap(&summary(report), page.width, "    ") + "\n"
}

fn rows(report: &DoctorReport, page: &Page) -> String {
    let is_narrow = page.width < NARROW;
    let header = ["SEVERITY", "CODE", "OBJECT", "SINCE", "MESSAGE"].map(str::to_owned);
    let mut rows = vec![header.to_vec()];
    rows.extend(
        report
            .findings
            .iter()
            .map(|finding| cells(finding, report.about.checked_at, is_narrow)),
    );
    if is_narrow {
        for row in &mut rows {
            row.drain(2..4);
        }
    }
    let last = rows[0].len() - 1;
    let widest = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
    let mut widths: Vec<usize> = (0..last).map(widest).collect();
    if !is_narrow {
        widths[2] = widths[2].min(page.width / 3);
    }
    let taken: usize = widths.iter().map(|width| width + GAP).sum();
    widths.push(page.width.saturating_sub(taken).max(1));
    let severities = report.findings.iter().map(|finding| Some(finding.severity));
    rows.iter()
        .zip(std::iter::once(None).chain(severities))
        .map(|(row, severity)| {
            let line = lines(row, &widths);
            match severity.filter(|_| page.color) {
                // It is the first word of the row, and a word of ours.
                Some(severity) => line.replacen(&severity.to_string(), &page.severity(severity), 1),
                None => line,
            }
        })
        .collect()
}

fn cells(finding: &Finding, now: Timestamp, is_narrow: bool) -> Vec<String> {
    let indent = "  ".repeat(finding.depth.min(DEEPEST));
    let since = finding.evidence.iter().filter_map(|sign| sign.time).min();
    let since = since.map(|time| span((now.as_second() - time.as_second()).max(0)));
    let object = object(&finding.object);
    let message = if is_narrow {
        format!("{object}: {}", finding.said())
    } else {
        finding.said()
    };
    vec![
        format!("{indent}{}", finding.severity),
        finding.code.to_owned(),
        object,
        since.unwrap_or_else(|| "-".to_owned()),
        message,
    ]
}

/// A row in as many lines as its tallest cell has.
fn lines(cells: &[String], widths: &[usize]) -> String {
    let last = cells.len() - 1;
    let broken: Vec<Vec<String>> = cells
        .iter()
        .zip(widths)
        .enumerate()
        .map(|(position, (cell, width))| {
            let cell = if position == last {
                wrap(cell, *width, "")
            } else {
                cell.clone()
            };
            cell.lines().flat_map(|line| pieces(line, *width)).collect()
        })
        .collect();
    let height = broken.iter().map(Vec::len).max().unwrap_or_default();
    (0..height)
        .map(|row| {
            let mut line = String::new();
            for (cell, width) in broken.iter().zip(widths) {
                let piece = cell.get(row).map_or("", String::as_str);
                line += piece;
                line += &" ".repeat((width + GAP).saturating_sub(piece.width()));
            }
            voiceless(&line) + "\n"
        })
        .collect()
}

/// A text without blanks to break it at, in pieces of at most so many columns. Those but the first are set in, where there is
/// room for that: so no part of a name begins a line.
fn pieces(text: &str, width: usize) -> Vec<String> {
    let indent = if width > 8 { "  " } else { "" };
    let mut pieces = vec![String::new()];
    let mut column = 0;
    for letter in text.chars() {
        let letter_width = letter.width().unwrap_or_default();
        if column + letter_width > width && column > indent.len() {
            pieces.push(indent.to_owned());
            column = indent.len();
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
        column += letter_width;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_piece_is_wider_than_its_column() {
        assert_eq!(pieces("nightly", 10), ["nightly"]);
        assert_eq!(pieces("Neo4jBackup graph/x", 10), ["Neo4jBacku", "  p graph/", "  x"]);
        assert_eq!(pieces("日本日本", 3), ["日", "本", "日", "本"]);
        assert_eq!(pieces("ab", 1), ["a", "b"]);
    }

    #[test]
    fn a_row_is_as_tall_as_its_tallest_cell() {
        let cells = ["error", "a b c ::d"].map(str::to_owned);
        assert_eq!(lines(&cells, &[5, 5]), "error  a b c\n       \\u{3a}:d\n");
    }
}
