//! A report in many formats, one per file.

pub(crate) mod auth;
pub(crate) mod auth_policy;
pub(crate) mod checkout;
mod columns;
pub(crate) mod doctor;
mod github;
mod gitlab;
pub(crate) mod grid;
mod json;
mod junit;
pub(crate) mod markdown;
pub(crate) mod report_diff;
pub(crate) mod rights;
pub(crate) mod role;
mod sarif;
pub(crate) mod schedule;
mod short;
pub(crate) mod status;
pub(crate) mod status_html;
pub(crate) mod summary;
mod table;
mod text;
pub(crate) mod webhook;
mod xml;
mod yaml;

use self::checkout::Checkout;
use crate::report::{Finding, LintReport};

pub use summary::{not_checked, summary};

/// What a format may use beside the report.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// The texts of the run, by [`crate::report::Place::text`].
    pub texts: &'c [&'c str],
    /// Whether to use colors.
    pub color: bool,
    /// The width of a line.
    pub width: usize,
    /// Where the files stand for a pipeline.
    pub checkout: &'c Checkout,
}

/// A format of the report.
pub trait Format: Sync {
    /// The whole report, with a line feed at the end.
    fn render(&self, report: &LintReport, context: &Context<'_>) -> String;

    /// What of a report does not fit into the format, in a sentence; `None` where everything does.
    fn cut(&self, _report: &LintReport) -> Option<String> {
        None
    }

    /// Whether it is for people, who read the summary at its end.
    fn is_for_people(&self) -> bool {
        false
    }
}

/// Every format by its name; `text` is what a person gets who asks for none.
pub const FORMATS: [(&str, &dyn Format); 10] = [
    ("text", &text::Text),
    ("table", &table::Table),
    ("short", &short::Short),
    ("json", &json::Json),
    ("yaml", &yaml::Yaml),
    ("sarif", &sarif::Sarif),
    ("junit", &junit::Junit),
    ("github", &github::Github),
    ("gitlab", &gitlab::Gitlab),
    ("markdown", &markdown::Markdown),
];

/// The findings that a format for people shows: those that nobody has accepted.
fn open(report: &LintReport) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| finding.suppressed.is_none())
}

/// What is wrong and what to do, in one line.
fn sentence(finding: &Finding) -> String {
    if finding.help.is_empty() {
        finding.message.clone()
    } else {
        format!("{}; {}", finding.message, finding.help)
    }
}
