//! The result of `webhook check` as the object that every format is made from: `WebhookReport` of
//! `report.neo4jbackup.github.io/v1`. Its JSON Schema is `docs/schemas/WebhookReport.json`.

use neo4jbackup_core::admission::Row;
use neo4jbackup_core::live::Cluster;
use serde::Serialize;

use crate::Exit;
use crate::about::About;
use crate::auth_report::{RowItem, Summary};
use crate::look::Source;
use crate::report::Verdict;

/// Whether webhook and policies do their work.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookReport {
    /// What was looked at, when, and whether that was all.
    #[serde(flatten)]
    pub(crate) about: About,
    /// `pass` while nothing is wrong.
    pub(crate) result: Verdict,
    /// How many rows there are of each verdict.
    pub(crate) summary: Summary,
    /// What was looked at, and what came of it.
    pub(crate) rows: Vec<RowItem>,
}

impl WebhookReport {
    /// Puts what was seen into the words of the report.
    pub(crate) fn new(cluster: &Cluster<'_>, source: Source, rows: Vec<Row>) -> Self {
        let rows: Vec<RowItem> = rows
            .into_iter()
            .map(|row| RowItem::of(row.topic.as_str(), row))
            .collect();
        let summary = Summary::of(&rows);
        Self {
            about: About::new("WebhookReport", cluster, source, summary.unknown == 0),
            result: summary.verdict(),
            summary,
            rows,
        }
    }

    /// What the shell is told.
    pub(crate) fn exit(&self) -> Exit {
        match self.result {
            Verdict::Fail => Exit::NotGood,
            Verdict::Pass if self.about.complete => Exit::Good,
            Verdict::Pass => Exit::Incomplete,
        }
    }
}
