//! NB7007.

use crate::rule::prelude::*;
use crate::values::{go_duration, retention};

declare_rule! {
    /// A retention that cannot be read, or that keeps nothing and removes nothing, stops the backup itself.
    ///
    /// ## What it checks
    /// `retention.maxAge` is one whole number above zero with one unit, `d`, `h`, `m` or `s`; `maxCount` is not negative; at
    /// least one of the two is there.
    ///
    /// ## Why it matters
    /// Operators from 1.11.2 on mark such a backup `Invalid`, so it is never taken. `4w` and `1h30m` look right and are not.
    /// Older operators read `maxAge` as a Go duration, in which `7d` has no meaning, but never called that check: a
    /// warning there.
    ///
    /// ## Bad
    /// ```yaml
    /// retention:
    ///   maxAge: 4w
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// retention:
    ///   maxAge: 28d
    /// ```
    RetentionMalformed {
        code: "NB7007", name: "retention-malformed", severity: Error,
        kinds: [Neo4jBackup], reads: ["spec.retention"], needs: [], doors: All, fix: Safe, cel: Expressible,
        since: "0.1",
        explains: ["NB1101"],
    }
}

impl Rule for RetentionMalformed {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let block = subject.field("spec.retention");
        if block.node().is_none_or(|node| node.as_map().is_none()) {
            return;
        }
        let is_checked = subject.is_validated();
        let severity = if is_checked { Severity::Error } else { Severity::Warning };
        let age = subject.field("spec.retention.maxAge");
        let count = subject.field("spec.retention.maxCount");
        if let Some(text) = age.text()
            && let Err(error) = retention::parse(text)
            && (is_checked || go_duration::parse(text).is_err())
        {
            let finding = report.at(&age, format!("{} is not an age: {error}", quoted(text)));
            finding.severity(severity);
            match retention::suggestion(text) {
                Some(suggestion) => {
                    finding.replace(FixKind::Safe, &suggestion);
                }
                None => {
                    finding.help("use one whole number and one unit, such as `30d` or `24h`");
                }
            }
        }
        let number = count.node().and_then(|node| node.scalar_text()?.parse::<i64>().ok());
        if number.is_some_and(|number| number < 0) {
            report
                .at(&count, "a negative number of backups cannot be kept")
                .help("use a number above zero, such as `7`")
                .severity(severity);
        }
        // Zero is how the operator spells "not set"; a value of another type is a finding of its own.
        let has_age = age.is_set() && age.str() != Some("");
        if !has_age && (!count.is_set() || number == Some(0)) {
            report
                .at(&block, "the retention names neither an age nor a count")
                .help("set `maxAge` or `maxCount`, or remove `spec.retention`")
                .severity(severity);
        }
    }
}
