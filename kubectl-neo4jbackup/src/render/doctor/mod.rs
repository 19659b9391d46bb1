//! The report of `doctor` in many formats, one per file.

mod ascii;
mod html;
mod junit;
mod markdown;
mod openmetrics;
mod short;
mod summary;
mod table;
mod text;

use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::model::ObjectRef;
use neo4jbackup_core::quoted::Name;

use crate::cli::DoctorFormat;
use crate::doctor_report::{DoctorReport, Finding};
use crate::json;
use crate::yaml;

/// How a page is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Whether only ASCII can be shown.
    pub(crate) is_ascii: bool,
    /// Whether to use colors.
    pub(crate) color: bool,
    /// The width of a line.
    pub(crate) width: usize,
}

impl Page {
    /// What stands where a text was cut.
    fn ellipsis(&self) -> &'static str {
        if self.is_ascii { "..." } else { "…" }
    }

    fn severity(&self, severity: Severity) -> String {
        if !self.color {
            return severity.to_string();
        }
        let color = match severity {
            Severity::Error => "\u{1b}[1;31m",
            Severity::Warning => "\u{1b}[1;33m",
            Severity::Info => "\u{1b}[1;34m",
        };
        format!("{color}{severity}\u{1b}[0m")
    }
}

/// The whole report, with a line feed at the end.
pub(crate) fn render(report: &DoctorReport, format: DoctorFormat, page: &Page) -> String {
    let for_terminal: fn(&DoctorReport, &Page) -> String = match format {
        DoctorFormat::Text => text::render,
        DoctorFormat::Table => table::render,
        DoctorFormat::Short => short::render,
        DoctorFormat::Json => return json::pretty(report),
        DoctorFormat::Yaml => return yaml::of(report),
        DoctorFormat::Junit => return junit::render(report),
        DoctorFormat::Markdown => return markdown::render(report),
        DoctorFormat::Openmetrics => return openmetrics::render(report),
        DoctorFormat::Html => return html::render(report),
    };
    if page.is_ascii {
        for_terminal(&ascii::report(report), page)
    } else {
        for_terminal(report, page)
    }
}

/// A finding that has changed, in one line: `2026-06-01T00:00:00Z new error Neo4jBackup graph/nightly: … [NB6001]`.
pub(crate) fn change(time: &str, word: &str, finding: &Finding, page: &Page) -> String {
    let Finding { severity, code, .. } = finding;
    let mut said = format!("{}: {}", object(&finding.object), finding.said());
    if page.is_ascii {
        ascii::text(&mut said);
    }
    format!("{time} {word} {severity} {said} [{code}]\n")
}

/// Each cause, with what follows from it.
fn causes(report: &DoctorReport) -> impl Iterator<Item = (&Finding, &[Finding])> {
    let mut rest = report.findings.as_slice();
    std::iter::from_fn(move || {
        let (cause, behind) = rest.split_first()?;
        let effects = behind.iter().take_while(|finding| finding.depth > cause.depth).count();
        rest = &behind[effects..];
        Some((cause, &behind[..effects]))
    })
}

/// `Neo4jBackup graph/nightly`.
fn object(object: &ObjectRef) -> String {
    let place = if object.namespace.is_empty() {
        object.name.clone()
    } else {
        format!("{}/{}", object.namespace, object.name)
    };
    format!("{} {}", Name(&object.kind), Name(&place))
}
