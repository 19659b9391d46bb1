//! The collector that rules write into.

use super::behavior::{Behavior, Reach};
use super::meta::RuleMeta;
use crate::document::{Node, Path};
use crate::facts::{Need, Why};
use crate::field::{Block, Field};
use crate::finding::{Evidence, Finding, Reason, Severity};
use crate::fix::FixKind;
use crate::quoted::printable;

/// A review keeps so many findings of one rule and severity; no answer shows more.
const MOST_ALIKE: usize = 20;

/// A review keeps so many bytes of a value. Forty findings of one text of a megabyte would be forty megabytes.
const LONGEST_VALUE: usize = 1024;

/// Something that could not be checked, and why. Never a reason to deny.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The rule that could not be sure.
    pub code: &'static str,
    /// What it needs to know.
    pub need: Need,
    /// What it could not be sure of: ``whether the backup `nightly` exists``.
    pub what: String,
    /// Why that is not known.
    pub why: Why,
}

impl Skipped {
    /// Returns what is not certain and why, on one line.
    pub fn reason(&self) -> String {
        printable(format!("{}: {}", self.what, self.why)).into_owned()
    }
}

/// What the rules have said so far.
///
/// Of a review it keeps only some findings of each rule and severity and counts the others, so that a list of 25,000
/// wrong items costs neither memory nor time. Everything that decides about a finding later (levels, requests to ignore
/// it, what an update left alone) goes by its rule and severity: one that is only counted denies exactly when those of
/// its kind that are kept do, and a cut allows nothing. Defaults are always kept, because `/mutate` needs every one.
///
/// Of a file everything is kept: people go through the whole list, and `--fix` fixes the whole list.
#[derive(Debug)]
pub struct Collector {
    rule: &'static RuleMeta,
    reach: Reach,
    /// The position of its first finding.
    begin: usize,
    keeps: usize,
    /// By severity, what the current rule has said.
    tallies: [Tally; 3],
    /// So many findings are complete and in a tally.
    settled: usize,
    /// The findings, in the order in which the rules spoke.
    pub findings: Vec<Finding>,
    /// What could not be checked.
    pub skipped: Vec<Skipped>,
}

/// The findings of one rule and severity.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    kept: usize,
    /// The position of one of them, which says how many more there are.
    speaker: usize,
}

impl Collector {
    /// An empty report that keeps everything; `rule` is the first that will speak.
    pub fn new(rule: &'static RuleMeta) -> Self {
        Self::keeping(usize::MAX, rule)
    }

    /// An empty report of a review; `rule` is the first that will speak.
    pub fn bounded(rule: &'static RuleMeta) -> Self {
        Self::keeping(MOST_ALIKE, rule)
    }

    fn keeping(keeps: usize, rule: &'static RuleMeta) -> Self {
        Self {
            rule,
            reach: Reach::whole(rule.severity),
            begin: 0,
            keeps,
            tallies: [Tally::default(); 3],
            settled: 0,
            findings: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// Says which rule speaks from now on.
    pub fn set_rule(&mut self, rule: &'static RuleMeta) {
        self.set_rule_within(rule, Reach::whole(rule.severity));
    }

    /// Says which rule speaks from now on, and how far it reaches with the operator that reads the object.
    pub fn set_rule_within(&mut self, rule: &'static RuleMeta, reach: Reach) {
        self.settle();
        self.rule = rule;
        self.reach = reach;
        self.begin = self.findings.len();
        self.tallies = [Tally::default(); 3];
    }

    /// Whether one more finding of this severity, without a default, would not be kept; it is counted then. Rules that
    /// go through lists of any length ask before they find words for it.
    pub fn only_counts(&mut self, severity: Severity) -> bool {
        self.settle();
        let severity = severity.min(self.reach.most);
        let Tally { kept, speaker } = self.tallies[severity as usize];
        if kept < self.keeps {
            return false;
        }
        self.findings[speaker].more += 1;
        true
    }

    /// What operators of the version at hand do about what the current rule finds; `None` for a rule that depends on no
    /// version.
    pub fn behavior(&self) -> Option<&'static Behavior> {
        self.reach.behavior
    }

    /// What was said, once all rules have spoken.
    pub fn finish(mut self) -> (Vec<Finding>, Vec<Skipped>) {
        self.settle();
        (self.findings, self.skipped)
    }

    /// A finding at a field; the value is taken from it.
    pub fn at(&mut self, field: &Field<'_>, message: impl Into<String>) -> &mut Finding {
        self.push(field.path(), scalar(field.node()), message.into())
    }

    /// A finding at a block.
    pub fn at_block(&mut self, block: &Block<'_>, message: impl Into<String>) -> &mut Finding {
        self.push(block.path(), None, message.into())
    }

    /// A finding at a path that was built by hand.
    pub fn at_path(&mut self, path: Path, message: impl Into<String>) -> &mut Finding {
        self.push(path, None, message.into())
    }

    /// A finding that a field is missing.
    pub fn missing(&mut self, field: &Field<'_>, message: impl Into<String>) -> &mut Finding {
        self.push(field.path(), None, message.into()).reason(Reason::Required)
    }

    /// Notes that the current rule could not be sure of `what`.
    pub fn skip(&mut self, need: Need, what: impl Into<String>, why: &Why) {
        debug_assert!(
            self.rule.needs.contains(&need),
            "{} does not declare that it needs {need:?}",
            self.rule.code
        );
        self.skipped.push(Skipped {
            code: self.rule.code,
            need,
            what: printable(what.into()).into_owned(),
            why: why.clone(),
        });
    }

    /// Looks at the newest finding, of which nothing but what came after it says that it is complete.
    fn settle(&mut self) {
        if let Some(newest) = self.findings[self.begin..].last_mut() {
            newest.severity = newest.severity.min(self.reach.most);
            if self.reach.only_older {
                newest.fix = None;
            }
        }
        if self.keeps == usize::MAX || self.settled >= self.findings.len() {
            return;
        }
        let newest = &mut self.findings[self.settled];
        if let Some(value) = newest.value.as_mut().filter(|value| value.len() > LONGEST_VALUE) {
            let end = (0..=LONGEST_VALUE).rev().find(|end| value.is_char_boundary(*end));
            value.truncate(end.unwrap_or_default());
            value.shrink_to_fit();
        }
        let is_default = newest.fix.as_ref().is_some_and(|fix| fix.kind == FixKind::Default);
        let tally = &mut self.tallies[newest.severity as usize];
        if tally.kept < self.keeps || is_default {
            tally.kept += 1;
            tally.speaker = self.settled;
            self.settled += 1;
        } else {
            self.findings[tally.speaker].more += 1;
            self.findings.truncate(self.settled);
        }
    }

    /// For which versions of the operator the finding holds, where it may be of another.
    fn versions(&self) -> Option<Evidence> {
        let behavior = self.reach.behavior.filter(|_| self.reach.says_versions)?;
        Some(Evidence {
            object: None,
            path: None,
            text: format!("{}: {}", behavior.operators, behavior.text),
        })
    }

    fn push(&mut self, path: Path, value: Option<String>, message: String) -> &mut Finding {
        self.settle();
        let position = self.findings.len();
        self.findings.push(Finding {
            code: self.rule.code,
            name: self.rule.name,
            severity: self.rule.severity.min(self.reach.most),
            message: printable(message).into_owned(),
            help: String::new(),
            object: None,
            path,
            at_key: false,
            value,
            reason: Reason::Invalid,
            evidence: self.versions().into_iter().collect(),
            fix: None,
            suppressed: None,
            ratcheted: false,
            audit_only: false,
            more: 0,
        });
        &mut self.findings[position]
    }
}

fn scalar(node: Option<&Node<'_>>) -> Option<String> {
    node.and_then(Node::scalar_text).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Path;
    use crate::fix::Fix;
    use crate::rules::{ScheduleInvalid, ScheduleNeverFires};

    fn say(report: &mut Collector, severity: Severity) -> &mut Finding {
        report.at_path(Path::dotted("spec"), "wrong").severity(severity)
    }

    #[test]
    fn each_rule_and_severity_has_its_own_count() {
        let mut report = Collector::bounded(&ScheduleInvalid::META);
        for _ in 0..30 {
            say(&mut report, Severity::Error);
            say(&mut report, Severity::Warning);
        }
        report.set_rule(&ScheduleNeverFires::META);
        for _ in 0..50 {
            if !report.only_counts(Severity::Error) {
                say(&mut report, Severity::Error);
            }
        }
        say(&mut report, Severity::Info);
        let (findings, _) = report.finish();
        let count = |code: &str, severity| {
            let alike = findings
                .iter()
                .filter(|finding| (finding.code, finding.severity) == (code, severity));
            (alike.clone().count(), alike.map(Finding::count).sum::<usize>())
        };
        assert_eq!(count("NB5001", Severity::Error), (20, 30));
        assert_eq!(count("NB5001", Severity::Warning), (20, 30));
        let code = ScheduleNeverFires::META.code;
        assert_eq!(count(code, Severity::Error), (20, 50));
        assert_eq!(count(code, Severity::Info), (1, 1));
    }

    #[test]
    fn no_default_is_left_out() {
        let mut report = Collector::bounded(&ScheduleInvalid::META);
        for number in 0..100 {
            let fix = Fix::set(FixKind::Default, "fill it in", Path::dotted("spec").index(number), "x");
            let finding = say(&mut report, Severity::Error);
            if number % 2 == 0 {
                finding.fix(fix);
            }
        }
        let (findings, _) = report.finish();
        assert_eq!(findings.iter().filter(|finding| finding.fix.is_some()).count(), 50);
        assert_eq!(findings.iter().map(Finding::count).sum::<usize>(), 100);
    }

    #[test]
    fn a_review_keeps_the_beginning_of_a_long_value() {
        for (mut report, expected) in [
            (Collector::bounded(&ScheduleInvalid::META), 1023),
            (Collector::new(&ScheduleInvalid::META), 3000),
        ] {
            say(&mut report, Severity::Error).value("€".repeat(1000));
            let (findings, _) = report.finish();
            assert_eq!(findings[0].value.as_ref().unwrap().len(), expected);
        }
    }
}
