//! XML as `JUnit` writes it: a suite for each file, a failed test for each finding at or above a warning.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use neo4jbackup_core::finding::Severity;

use neo4jbackup_core::quoted::{Name, printable};

use super::xml::escape;
use super::{Context, Format, open};
use crate::report::{Finding, LintReport, Skipped};

pub(super) struct Junit;

impl Format for Junit {
    fn render(&self, report: &LintReport, _: &Context<'_>) -> String {
        let mut files: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in open(report) {
            files.entry(&finding.location.file).or_default().push(finding);
        }
        let gaps: Vec<_> = report.skipped.iter().filter(|skipped| skipped.is_gap).collect();
        let of_file = |skipped: &&Skipped| skipped.code.is_none() && !skipped.is_gap;
        let unfinished: Vec<_> = report.skipped.iter().filter(of_file).collect();
        let failures = |findings: &[&Finding]| findings.iter().filter(|finding| fails(finding)).count();
        let failed: usize = files.values().map(|findings| failures(findings)).sum();
        // A run without a finding is one test that passed; without any test, readers take it for broken.
        let clean = files.is_empty() && gaps.is_empty() && unfinished.is_empty();
        let tests = files.values().map(Vec::len).sum::<usize>() + gaps.len() + unfinished.len() + usize::from(clean);
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let errors = gaps.len();
        let _ = writeln!(
            xml,
            "<testsuites name=\"kubectl neo4jbackup lint\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\">"
        );
        for (file, findings) in &files {
            let (tests, failed) = (findings.len(), failures(findings));
            let file = escape(&printable(*file));
            let _ = writeln!(
                xml,
                "  <testsuite name=\"{file}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\">"
            );
            for finding in findings {
                case(&mut xml, &file, finding);
            }
            xml.push_str("  </testsuite>\n");
        }
        if !gaps.is_empty() {
            let _ = writeln!(
                xml,
                "  <testsuite name=\"unreadable\" tests=\"{errors}\" failures=\"0\" errors=\"{errors}\">"
            );
            for gap in gaps {
                let (file, reason) = (escape(&printable(gap.file.as_str())), escape(&gap.reason));
                let _ = writeln!(
                    xml,
                    "    <testcase classname=\"{file}\" name=\"read\"><error message=\"{file} {reason}\"/></testcase>"
                );
            }
            xml.push_str("  </testsuite>\n");
        }
        if !unfinished.is_empty() {
            let count = unfinished.len();
            let _ = writeln!(
                xml,
                "  <testsuite name=\"not judged\" tests=\"{count}\" failures=\"0\" errors=\"0\" skipped=\"{count}\">"
            );
            for skipped in unfinished {
                let (file, reason) = (escape(&printable(skipped.file.as_str())), escape(&skipped.reason));
                let _ = writeln!(
                    xml,
                    "    <testcase classname=\"{file}\" name=\"lint\"><skipped message=\"{file} {reason}\"/></testcase>"
                );
            }
            xml.push_str("  </testsuite>\n");
        }
        if clean {
            xml.push_str("  <testsuite name=\"lint\" tests=\"1\" failures=\"0\" errors=\"0\">\n");
            let _ = writeln!(
                xml,
                "    <testcase classname=\"lint\" name=\"{}\"/>",
                escape(&super::summary(report))
            );
            xml.push_str("  </testsuite>\n");
        }
        xml + "</testsuites>\n"
    }
}

fn case(xml: &mut String, file: &str, finding: &Finding) {
    let location = &finding.location;
    let name = format!("{} {} {}", finding.code, Name(&finding.object_name()), finding.field);
    let place = format!("{}:{}:{}", location.file, location.line, location.column);
    let _ = write!(
        xml,
        "    <testcase classname=\"{file}\" name=\"{}\" file=\"{file}\" line=\"{}\">",
        escape(name.trim_end()),
        location.line
    );
    let details = format!(
        "{}: {}\n{}\n{}",
        printable(place),
        finding.message,
        finding.help,
        finding.url
    );
    if fails(finding) {
        let _ = write!(
            xml,
            "<failure type=\"{}\" message=\"{}\">{}</failure>",
            finding.severity,
            escape(&finding.message),
            escape(&details)
        );
    } else {
        let _ = write!(xml, "<system-out>{}</system-out>", escape(&details));
    }
    xml.push_str("</testcase>\n");
}

fn fails(finding: &Finding) -> bool {
    finding.severity > Severity::Info
}
