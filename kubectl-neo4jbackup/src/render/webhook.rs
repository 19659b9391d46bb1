//! The report of `webhook check` for people.

use std::fmt::Write as _;

use neo4jbackup_core::auth::Verdict;

use super::auth::{self, Page};
use crate::webhook_report::WebhookReport;

/// The whole report, with a line feed at the end.
pub(crate) fn text(report: &WebhookReport, page: &Page) -> String {
    let mut text = String::new();
    let topic = auth::topic_width(report.rows.iter());
    for row in &report.rows {
        auth::row(row, topic, page, &mut text);
    }
    let counts = auth::counts(&report.summary);
    let summary = if counts.is_empty() {
        "webhook and policies do their work".to_owned()
    } else {
        counts
    };
    let _ = writeln!(text, "\n{summary}");
    text
}

/// One line for each thing that is not as it has to be: `VERDICT TOPIC text`.
pub(crate) fn short(report: &WebhookReport) -> String {
    let is_telling = |verdict| !matches!(verdict, Verdict::Ok | Verdict::Note);
    let rows = report.rows.iter().filter(|row| is_telling(row.verdict));
    rows.map(|row| format!("{} {} {}\n", auth::word(row.verdict), row.topic, row.text))
        .collect()
}
