//! Findings as an editor shows them.

use gen_lsp_types::{
    Code, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, Message,
};
use neo4jbackup_core::finding::Severity;

use super::place::Lines;
use crate::report::{Finding, Related};

/// Who found it, for editors that show what several programs say.
pub(super) const SOURCE: &str = "neo4jbackup";

/// One finding. `elsewhere` knows the places of what stands in other files.
pub(super) fn diagnostic(
    finding: &Finding,
    text: &str,
    lines: &Lines,
    uri: &str,
    elsewhere: impl Fn(&Related) -> Option<Location>,
) -> Diagnostic {
    let related = finding.related.iter().filter_map(|related| {
        let location = match &related.place {
            Some((start, end)) => Location::new(uri.into(), lines.in_line(text, *start, *end)),
            None => elsewhere(related)?,
        };
        Some(DiagnosticRelatedInformation::new(location, related.text.clone()))
    });
    let related: Vec<_> = related.collect();
    let url = &finding.url;
    Diagnostic {
        range: lines.in_line(text, finding.place.start, finding.place.end),
        severity: Some(match finding.severity {
            Severity::Error => DiagnosticSeverity::Error,
            Severity::Warning => DiagnosticSeverity::Warning,
            Severity::Info => DiagnosticSeverity::Information,
        }),
        code: Some(Code::String(finding.code.to_owned())),
        code_description: (!url.is_empty()).then(|| CodeDescription::new(url.as_str().into())),
        source: Some(SOURCE.to_owned()),
        message: Message::String(message(finding)),
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

fn message(finding: &Finding) -> String {
    if finding.help.is_empty() {
        finding.message.clone()
    } else {
        format!("{}\nhelp: {}", finding.message, finding.help)
    }
}

/// What is said in the first line of a text instead of findings.
pub(super) fn refusal(message: &str) -> Diagnostic {
    Diagnostic {
        severity: Some(DiagnosticSeverity::Error),
        source: Some(SOURCE.to_owned()),
        message: Message::String(message.to_owned()),
        ..Diagnostic::default()
    }
}
