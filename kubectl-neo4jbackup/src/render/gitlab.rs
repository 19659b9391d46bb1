//! The code quality report of GitLab.

use neo4jbackup_core::finding::Severity;
use serde_json::{Value, json};

use super::{Context, Format, sentence};
use crate::json::pretty;
use crate::report::{LintReport, fingerprints};

pub(super) struct Gitlab;

impl Format for Gitlab {
    fn render(&self, report: &LintReport, context: &Context<'_>) -> String {
        let pairs = report.findings.iter().zip(fingerprints(&report.findings));
        let issues: Vec<Value> = pairs
            .filter(|(finding, _)| finding.suppressed.is_none())
            .map(|(finding, fingerprint)| {
                let file = &finding.location.file;
                let path = context.checkout.place(file).unwrap_or_else(|| file.clone());
                json!({
                    "description": sentence(finding),
                    "check_name": finding.code,
                    "fingerprint": fingerprint,
                    "severity": match finding.severity {
                        Severity::Error => "critical",
                        Severity::Warning => "minor",
                        Severity::Info => "info",
                    },
                    "location": {"path": path, "lines": {"begin": finding.location.line}},
                })
            })
            .collect();
        pretty(&issues)
    }
}
