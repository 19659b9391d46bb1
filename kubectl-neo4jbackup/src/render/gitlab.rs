//! The code quality report of GitLab.

use neo4jbackup_core::finding::Severity;
use serde_json::{Value, json};

use super::{Context, Format, sentence};
use crate::json::pretty;
use crate::report::{LintReport, fingerprints};

pub(super) struct Gitlab;

impl Format for Gitlab {
    fn render(&self, report: &LintReport, _: &Context<'_>) -> String {
        let pairs = report.findings.iter().zip(fingerprints(&report.findings));
        let issues: Vec<Value> = pairs
            .filter(|(finding, _)| finding.suppressed.is_none())
            .map(|(finding, fingerprint)| {
                json!({
                    "description": sentence(finding),
                    "check_name": finding.code,
                    "fingerprint": fingerprint,
                    "severity": match finding.severity {
                        Severity::Error => "critical",
                        Severity::Warning => "minor",
                        Severity::Info => "info",
                    },
                    "location": {"path": finding.location.file, "lines": {"begin": finding.location.line}},
                })
            })
            .collect();
        pretty(&issues)
    }
}
