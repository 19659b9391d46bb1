//! The run in a sentence.

use std::collections::BTreeMap;

use neo4jbackup_core::quoted::Name;

use crate::report::LintReport;

/// How many things that could not be checked are listed by name.
const MOST_LISTED: usize = 5;

/// `3 errors, 1 warning in 2 of 14 documents (5 files); 2 can be fixed with --fix`.
pub fn summary(report: &LintReport) -> String {
    let counts = &report.summary;
    let found = counted(counts.errors, counts.warnings, counts.infos);
    let files = number(counts.files, "file");
    let mut text = if counts.judged == 0 && found.is_empty() {
        format!(
            "nothing to judge: {} in {files}, none of a kind of the operator",
            number(counts.documents, "document")
        )
    } else if found.is_empty() {
        format!("no findings in {} ({files})", number(counts.judged, "document"))
    } else {
        let documents = number(counts.documents, "document");
        let found = found.join(", ");
        if counts.documents == 0 {
            format!("{found} in {files}")
        } else {
            format!("{found} in {} of {documents} ({files})", report.documents_with_findings)
        }
    };
    if counts.suppressed > 0 {
        text += &format!("; {} accepted", counts.suppressed);
    }
    if report.fixable > 0 {
        text += &format!("; {} can be fixed with --fix", report.fixable);
    }
    text
}

/// What the rules could not be sure of, one line each; empty when they were.
pub fn not_checked(report: &LintReport) -> Vec<String> {
    // By reason, the first file with it and how often it was given.
    let mut reasons: BTreeMap<(Option<&str>, &str), (&str, usize)> = BTreeMap::new();
    for skipped in report.skipped.iter().filter(|skipped| !skipped.is_gap) {
        let first = || (skipped.file.as_str(), 0);
        reasons.entry((skipped.code, &skipped.reason)).or_insert_with(first).1 += 1;
    }
    let more = reasons.len().saturating_sub(MOST_LISTED);
    let mut lines: Vec<String> = reasons
        .into_iter()
        .take(MOST_LISTED)
        .map(|((code, reason), (file, count))| match (code, count) {
            (Some(code), 1) => format!("{code} {reason}"),
            (Some(code), _) => format!("{code} {reason} ({count} times)"),
            (None, 1) => format!("{} {reason}", Name(file)),
            (None, 2) => format!("{} {reason} (the same for 1 more file)", Name(file)),
            (None, _) => format!("{} {reason} (the same for {} more files)", Name(file), count - 1),
        })
        .collect();
    if more > 0 {
        lines.push(format!("and {more} more; `-o json` lists all"));
    }
    lines
}

/// What was found, each sort with how many there are; nothing of what there is none of.
pub(in crate::render) fn counted(errors: usize, warnings: usize, infos: usize) -> Vec<String> {
    let named = [(errors, "error"), (warnings, "warning"), (infos, "remark")];
    let found = named.into_iter().filter(|(count, _)| *count > 0);
    found.map(|(count, word)| number(count, word)).collect()
}

/// `1 file`, `3 files`.
pub(crate) fn number(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}
