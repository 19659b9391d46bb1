//! XML as `JUnit` writes it: a suite for each object, a case for each check that was applied to it, a failure for each finding
//! at or above a warning, and a suite of what could not be checked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::model::ObjectRef;
use neo4jbackup_core::quoted::Name;

use super::object;
use super::summary::{outcome, place};
use crate::doctor_report::{DoctorReport, Finding, Skipped};
use crate::render::xml::escape;

/// How much is told of one sign, in characters.
const LONGEST_SIGN: usize = 1_000;

/// The cases of one object: by code and name of the check, what it found.
type Cases<'r> = BTreeMap<(&'static str, &'static str), Vec<&'r Finding>>;

pub(super) fn render(report: &DoctorReport) -> String {
    let mut suites: BTreeMap<String, Cases<'_>> = BTreeMap::new();
    for applied in &report.details.applied {
        let cases = suites.entry(suite(applied.subject.as_ref())).or_default();
        cases.entry((applied.code, applied.name)).or_default();
    }
    for finding in &report.findings {
        let cases = suites.entry(suite(finding.subject.as_ref())).or_default();
        cases.entry((finding.code, finding.name)).or_default().push(finding);
    }
    let failures = |cases: &Cases<'_>| cases.values().flatten().filter(|finding| fails(finding)).count();
    // A case that found nothing is one test, and so is each finding.
    let tests = |cases: &Cases<'_>| cases.values().map(|found| found.len().max(1)).sum::<usize>();
    let failed: usize = suites.values().map(failures).sum();
    let all = suites.values().map(tests).sum::<usize>() + report.skipped.len();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites name=\"kubectl neo4jbackup doctor\" tests=\"{all}\" failures=\"{failed}\" errors=\"0\">"
    );
    for (name, cases) in &suites {
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" timestamp=\"{}\">",
            escape(name),
            tests(cases),
            failures(cases),
            report.about.checked_at,
        );
        for ((code, check), found) in cases {
            if found.is_empty() {
                let _ = writeln!(
                    xml,
                    "    <testcase classname=\"{}\" name=\"{code} {check}\"/>",
                    escape(name)
                );
            }
            for finding in found {
                case(name, finding, report, &mut xml);
            }
        }
        xml.push_str("  </testsuite>\n");
    }
    not_checked(&report.skipped, &mut xml);
    let _ = writeln!(
        xml,
        "  <testsuite name=\"summary\" tests=\"0\" failures=\"0\" errors=\"0\"><system-out>{}</system-out></testsuite>",
        escape(&format!("{} ({})", outcome(report), place(report)))
    );
    xml + "</testsuites>\n"
}

/// What a suite is called: its object.
fn suite(subject: Option<&ObjectRef>) -> String {
    subject.map_or_else(|| "cluster".to_owned(), object)
}

fn case(suite: &str, finding: &Finding, report: &DoctorReport, xml: &mut String) {
    let mut name = format!("{} {}", finding.code, finding.name);
    if finding.subject.as_ref() != Some(&finding.object) {
        name += &format!(" {}", object(&finding.object));
    }
    if !finding.field.is_empty() {
        name += &format!(" {}", Name(&finding.field));
    }
    let _ = write!(
        xml,
        "    <testcase classname=\"{}\" name=\"{}\">",
        escape(suite),
        escape(&name)
    );
    let details = escape(&details(finding, report));
    let _ = if fails(finding) {
        let message = escape(&finding.said());
        let severity = finding.severity;
        write!(
            xml,
            "<failure type=\"{severity}\" message=\"{message}\">{details}</failure>"
        )
    } else {
        write!(xml, "<system-out>{details}</system-out>")
    };
    xml.push_str("</testcase>\n");
}

fn details(finding: &Finding, report: &DoctorReport) -> String {
    let mut lines = vec![format!("{}: {}", object(&finding.object), finding.said())];
    let cause_of = |id| report.findings.binary_search_by_key(&id, |finding| finding.id);
    let cause = finding.caused_by.and_then(|id| report.findings.get(cause_of(id).ok()?));
    if let Some(cause) = cause {
        lines.push(format!("follows from {} of {}", cause.code, object(&cause.object)));
    }
    for sign in &finding.evidence {
        let time = sign.time.map(|time| format!("{time} ")).unwrap_or_default();
        let text = sign.shortened(LONGEST_SIGN, "…");
        lines.push(format!("evidence: {time}{}: {text}", object(&sign.object)));
    }
    if !finding.help.is_empty() {
        lines.push(format!("fix: {}", finding.help));
    }
    lines.extend(finding.commands.iter().map(|command| format!("$ {command}")));
    lines.push(finding.url.clone());
    lines.join("\n")
}

/// What could not be looked at is skipped, by code and name, with the right that is missing.
fn not_checked(skipped: &[Skipped], xml: &mut String) {
    if skipped.is_empty() {
        return;
    }
    let count = skipped.len();
    let _ = writeln!(
        xml,
        "  <testsuite name=\"not checked\" tests=\"{count}\" failures=\"0\" errors=\"0\" skipped=\"{count}\">"
    );
    for skipped in skipped {
        let name = match (skipped.code, skipped.name) {
            (Some(code), Some(name)) => format!("{code} {name}"),
            _ => "evidence".to_owned(),
        };
        let place = skipped.namespace.as_deref();
        let right = skipped.cause.right.as_ref();
        let right = right.map(|right| format!("missing: {}", right.words()));
        let _ = writeln!(
            xml,
            "    <testcase classname=\"{}\" name=\"{}\"><skipped type=\"{}\" message=\"{}\">{}</skipped></testcase>",
            escape(&Name(place.unwrap_or("cluster")).to_string()),
            escape(&name),
            skipped.cause.kind,
            escape(&skipped.reason),
            escape(&right.unwrap_or_default()),
        );
    }
    xml.push_str("  </testsuite>\n");
}

fn fails(finding: &Finding) -> bool {
    finding.severity > Severity::Info
}
