//! The examination in a sentence, and what could not be looked at.

use std::collections::BTreeMap;

use neo4jbackup_core::quoted::Name;

use crate::doctor_report::DoctorReport;
use crate::render::summary::{counted, number};
use crate::report::Verdict;

/// How many checks are named that could not be made for one reason.
const MOST_CODES: usize = 6;
/// How many things that could not be checked are listed.
const MOST_SKIPPED: usize = 5;

/// What could not be checked, a line for each reason; empty when everything could.
pub(super) fn not_checked(report: &DoctorReport) -> Vec<String> {
    // Why something is not known is the same for many checks, and is said once.
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for skipped in &report.skipped {
        let codes = reasons.entry(&skipped.reason).or_default();
        if let Some(code) = skipped.code.filter(|code| !codes.contains(code)) {
            codes.push(code);
        }
    }
    let shown = reasons.iter().take(MOST_SKIPPED);
    let mut lines: Vec<String> = shown
        .map(|(reason, codes)| match codes.as_slice() {
            [] => format!("not read: {reason}; evidence may be missing"),
            codes if codes.len() > MOST_CODES => format!("not checked: {} checks ({reason})", codes.len()),
            codes => format!("not checked: {} ({reason})", codes.join(", ")),
        })
        .collect();
    if reasons.len() > MOST_SKIPPED {
        let more = reasons.len() - MOST_SKIPPED;
        lines.push(format!("not checked for {more} more reasons; `-o json` lists all"));
    }
    lines
}

/// `2 errors from 1 cause; 74 of 76 checks found nothing (context prod, namespace graph, operator 1.14.0)`.
pub(super) fn summary(report: &DoctorReport) -> String {
    format!("{} ({})", outcome(report), place(report))
}

/// What was found, and how much was looked at.
pub(super) fn outcome(report: &DoctorReport) -> String {
    let outcome = found(report);
    match (report.summary.older, &report.since) {
        (0, _) | (_, None) => outcome,
        (older, Some(since)) => format!("{outcome}; {older} older than {since} left out"),
    }
}

fn found(report: &DoctorReport) -> String {
    let counts = &report.summary;
    let applied = number(counts.applied, "check");
    let found = counted(counts.errors, counts.warnings, counts.infos);
    if !found.is_empty() {
        let (found, causes) = (found.join(", "), number(counts.causes, "cause"));
        return format!("{found} from {causes}; {} of {applied} found nothing", counts.passed);
    }
    if report.result == Verdict::Pass && !report.about.complete {
        return format!("nothing was found, but not everything could be checked: {applied} made");
    }
    if counts.older > 0 {
        return format!("nothing has gone wrong since then: {applied} made");
    }
    format!("nothing is wrong: {applied} made")
}

/// Where it was looked.
pub(super) fn place(report: &DoctorReport) -> String {
    let place = match (&report.about.bundle, &report.about.context) {
        (Some(bundle), _) => format!("bundle {bundle}"),
        (None, Some(context)) => format!("context {}", Name(context)),
        (None, None) => "this cluster".to_owned(),
    };
    let namespaces = match report.about.namespaces.as_deref() {
        None => "all namespaces".to_owned(),
        Some([namespace]) => format!("namespace {}", Name(namespace)),
        Some(namespaces) => format!("{} namespaces", namespaces.len()),
    };
    let operator = report.operator_version.as_deref().unwrap_or("of unknown version");
    format!("{place}, {namespaces}, operator {operator}")
}
