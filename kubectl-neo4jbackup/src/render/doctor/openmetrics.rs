//! Metrics in the text format of `OpenMetrics`, for a file that an exporter picks up: what is wrong with which object, and when
//! a backup was last good.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use neo4jbackup_core::quoted::printable;

use crate::doctor_report::DoctorReport;
use crate::report::Verdict;

pub(super) fn render(report: &DoctorReport) -> String {
    let mut metrics = Metrics::default();
    metrics.family("neo4jbackup_diagnosis", "", "Findings by code, severity and object.");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for finding in &report.findings {
        let labels = labels(&[
            ("code", finding.code),
            ("check", finding.name),
            ("severity", &finding.severity.to_string()),
            ("kind", &finding.object.kind),
            ("namespace", &finding.object.namespace),
            ("name", &finding.object.name),
            ("role", if finding.caused_by.is_some() { "effect" } else { "cause" }),
        ]);
        *counts.entry(labels).or_default() += 1;
    }
    for (labels, count) in &counts {
        metrics.sample("neo4jbackup_diagnosis", labels, &count.to_string());
    }
    let last_good = "neo4jbackup_last_good_run_timestamp_seconds";
    metrics.family(
        last_good,
        "seconds",
        "When a run last ended well and stored something; 0 when none is known.",
    );
    for (backup, time) in &report.details.last_good {
        let labels = labels(&[
            ("kind", &backup.kind),
            ("namespace", &backup.namespace),
            ("name", &backup.name),
        ]);
        metrics.sample(last_good, &labels, &seconds(time.unwrap_or(Timestamp::UNIX_EPOCH)));
    }
    let single = [
        (
            "neo4jbackup_examination_complete",
            "",
            "1 if every check could be made.",
            flag(report.about.complete),
        ),
        (
            "neo4jbackup_examination_passed",
            "",
            "1 if nothing is at or above --fail-on.",
            flag(report.result == Verdict::Pass),
        ),
        (
            "neo4jbackup_examination_skipped",
            "",
            "Checks that could not be made.",
            report.summary.skipped.to_string(),
        ),
        (
            "neo4jbackup_examination_timestamp_seconds",
            "seconds",
            "When the cluster was looked at.",
            seconds(report.about.checked_at),
        ),
    ];
    for (name, unit, help, value) in single {
        metrics.family(name, unit, help);
        metrics.sample(name, "", &value);
    }
    metrics.0 + "# EOF\n"
}

#[derive(Default)]
struct Metrics(String);

impl Metrics {
    fn family(&mut self, name: &str, unit: &str, help: &str) {
        let _ = writeln!(self.0, "# TYPE {name} gauge");
        if !unit.is_empty() {
            let _ = writeln!(self.0, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.0, "# HELP {name} {help}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: &str) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}

fn labels(labels: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = labels
        .iter()
        .map(|(name, value)| {
            let value = printable(*value).replace('\\', "\\\\").replace('"', "\\\"");
            format!("{name}=\"{value}\"")
        })
        .collect();
    format!("{{{}}}", pairs.join(","))
}

fn flag(is_so: bool) -> String {
    u8::from(is_so).to_string()
}

fn seconds(time: Timestamp) -> String {
    time.as_second().to_string()
}
