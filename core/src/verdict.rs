//! Findings to a verdict: what an admission review is answered.

use std::collections::BTreeMap;

use crate::finding::{Finding, Severity};
use crate::quoted::{beginning, printable};

/// At most this many causes are listed; the rest is counted.
const MAX_CAUSES: usize = 20;

/// At most this many warnings are sent; kubectl prints each on a line of its own.
const MAX_WARNINGS: usize = 5;

/// The API server may cut warnings of more than 256 characters, and takes 4,096 in all. It recommends 120, which place,
/// finding and advice together often need more than.
const MAX_WARNING_LENGTH: usize = 256;

/// One cause of a denial. kubectl prints field and message and nothing else, so each stands alone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Cause {
    /// In apimachinery's words: `FieldValueInvalid`.
    pub reason: &'static str,
    /// The field path.
    pub field: String,
    /// What is wrong, what to do, and the code.
    pub message: String,
}

/// The answer to a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the object may be stored.
    pub allowed: bool,
    /// How many findings deny it; of very many, not all are listed.
    pub problems: usize,
    /// Why not.
    pub causes: Vec<Cause>,
    /// What else its author should know.
    pub warnings: Vec<String>,
    /// Codes for the audit log; never values.
    pub audit: BTreeMap<&'static str, String>,
}

impl Verdict {
    /// Weighs the findings.
    pub fn of(findings: &[Finding]) -> Self {
        let denying: Vec<&Finding> = findings.iter().filter(|finding| finding.denies()).collect();
        let problems: usize = denying.iter().map(|finding| finding.count()).sum();
        let mut causes: Vec<Cause> = denying.iter().take(MAX_CAUSES).map(|finding| cause(finding)).collect();
        let more = problems - causes.len();
        if more > 0 {
            let what = if more == 1 { "problem" } else { "problems" };
            let message = format!("and {more} more {what}; see them all with `kubectl neo4jbackup lint`");
            causes.push(Cause {
                reason: "FieldValueInvalid",
                field: "spec".to_owned(),
                message,
            });
        }
        Self {
            allowed: denying.is_empty(),
            problems,
            causes,
            warnings: warnings(findings),
            audit: audit(findings),
        }
    }
}

fn cause(finding: &Finding) -> Cause {
    let message = match (&finding.value, finding.reason) {
        (_, crate::finding::Reason::Required) => format!("Required value: {}", finding.sentence()),
        _ => finding.sentence(),
    };
    Cause {
        reason: finding.reason.as_str(),
        field: finding.path.to_string(),
        message,
    }
}

fn warnings(findings: &[Finding]) -> Vec<String> {
    let warned = |finding: &&Finding| {
        let silent = finding.audit_only || finding.severity == Severity::Info || finding.denies();
        !silent
    };
    let mut texts: Vec<String> = Vec::new();
    // Errors that only warn come first: they are the ones that will bite.
    for wanted in [Severity::Error, Severity::Warning] {
        for finding in findings
            .iter()
            .filter(warned)
            .filter(|finding| finding.severity == wanted)
        {
            let text = match &finding.suppressed {
                Some(suppressed) => {
                    format!(
                        "{} ignored at {}: {}",
                        finding.code,
                        finding.path,
                        printable(suppressed.reason.as_str())
                    )
                }
                None => format!("{}: {}", finding.path, finding.sentence()),
            };
            texts.push(shorten(text, finding));
        }
    }
    texts.dedup();
    let unlisted: usize = findings.iter().filter(warned).map(|finding| finding.more).sum();
    if texts.len() + unlisted > MAX_WARNINGS {
        let more = texts.len().saturating_sub(MAX_WARNINGS - 1) + unlisted;
        texts.truncate(MAX_WARNINGS - 1);
        texts.push(format!(
            "and {more} more warnings; see them all with `kubectl neo4jbackup lint`"
        ));
    }
    texts
}

/// Gives up the advice of a warning that is too long, since half a command helps nobody; then the end of its text, and
/// never its code.
fn shorten(text: String, finding: &Finding) -> String {
    let fits = |text: &String| text.chars().count() <= MAX_WARNING_LENGTH;
    if fits(&text) {
        return text;
    }
    let code = finding.code;
    if finding.suppressed.is_none() {
        let without_advice = format!("{}: {} [{code}]", finding.path, finding.message);
        if fits(&without_advice) {
            return without_advice;
        }
    }
    let tail = format!("… [{code}]");
    let room = MAX_WARNING_LENGTH - tail.chars().count();
    beginning(&text, room).to_owned() + &tail
}

fn audit(findings: &[Finding]) -> BTreeMap<&'static str, String> {
    let mut audit = BTreeMap::new();
    let mut note = |key: &'static str, wanted: &dyn Fn(&Finding) -> bool| {
        let mut codes: Vec<&str> = findings
            .iter()
            .filter(|finding| wanted(finding))
            .map(|finding| finding.code)
            .collect();
        codes.sort_unstable();
        codes.dedup();
        if !codes.is_empty() {
            audit.insert(key, codes.join(","));
        }
    };
    note("denied", &Finding::denies);
    note("warned", &|finding| {
        finding.severity == Severity::Warning && !finding.audit_only && finding.suppressed.is_none()
    });
    note("audited", &|finding| finding.audit_only);
    note("ratcheted", &|finding| finding.ratcheted);
    note("suppressed", &|finding| finding.suppressed.is_some());
    audit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Path;
    use crate::rule::Collector;
    use crate::rules::ScheduleInvalid;

    fn warned(message: &str, help: &str) -> String {
        let mut report = Collector::new(&ScheduleInvalid::META);
        let finding = report.at_path(Path::dotted("spec.schedule"), message.to_owned());
        finding.help(help).severity(Severity::Warning);
        Verdict::of(&report.findings).warnings.remove(0)
    }

    #[test]
    fn a_long_warning_gives_up_its_advice_and_then_its_end_but_never_its_code() {
        let short = warned("wrong", "do it right");
        assert!(short.contains("do it right") && short.ends_with("[NB5001]"), "{short}");
        let advised = warned(&"m".repeat(200), &"advice ".repeat(20));
        assert_eq!(advised, format!("spec.schedule: {} [NB5001]", "m".repeat(200)));
        let cut = warned(&"é".repeat(2000), "do it right");
        assert!(cut.ends_with("é… [NB5001]"), "{cut}");
        assert_eq!(cut.chars().count(), MAX_WARNING_LENGTH);
    }
}
