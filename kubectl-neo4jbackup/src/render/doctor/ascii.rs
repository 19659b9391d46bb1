//! The report for a terminal that shows ASCII only.

use std::fmt::Write as _;

use crate::doctor_report::{DoctorReport, Finding};

/// The same report with every character written in ASCII that a format for terminals shows.
pub(super) fn report(report: &DoctorReport) -> DoctorReport {
    let mut report = report.clone();
    report.findings.iter_mut().for_each(finding);
    for skipped in &mut report.skipped {
        text(&mut skipped.reason);
    }
    for place in [&mut report.about.context, &mut report.about.bundle]
        .into_iter()
        .flatten()
    {
        text(place);
    }
    report
}

fn finding(finding: &mut Finding) {
    let Finding {
        message,
        help,
        field,
        commands,
        ..
    } = finding;
    let of_signs = finding.evidence.iter_mut().map(|sign| &mut sign.text);
    for said in [message, help, field].into_iter().chain(commands).chain(of_signs) {
        text(said);
    }
}

/// Writes a text in ASCII.
pub(super) fn text(text: &mut String) {
    if text.is_ascii() {
        return;
    }
    let mut output = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '…' => output.push_str("..."),
            letter if letter.is_ascii() => output.push(letter),
            letter => {
                let _ = write!(output, "{}", letter.escape_unicode());
            }
        }
    }
    *text = output;
}
