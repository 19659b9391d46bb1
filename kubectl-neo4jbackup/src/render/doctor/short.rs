//! One line for each diagnosis: `namespace/kind/name: severity CODE message`. What follows from another one is indented.

use neo4jbackup_core::quoted::Name;

use super::Page;
use crate::doctor_report::{DoctorReport, Finding};
use crate::report::object_name;

pub(super) fn render(report: &DoctorReport, _: &Page) -> String {
    report.findings.iter().map(line).collect()
}

fn line(finding: &Finding) -> String {
    let object = object_name(&finding.object);
    format!(
        "{}{}: {} {} {}\n",
        "  ".repeat(finding.depth),
        Name(&object),
        finding.severity,
        finding.code,
        finding.said()
    )
}
