//! NB8011.

use crate::rule::prelude::*;
use crate::subject::restored;
use crate::values::go_duration;

declare_rule! {
    /// A timeout that is not a positive Go duration is refused, or ignored.
    ///
    /// ## What it checks
    /// `spec.timeout` of a restore, and the timeouts of its hook Jobs: hours, minutes and seconds such as `2h` or
    /// `1h30m`, greater than zero. Days do not exist: `1d` is `24h`.
    ///
    /// ## Why it matters
    /// Operators from 1.8 on refuse a malformed `spec.timeout` in phase `Failed`; older ones do not read it. From 1.19 on a
    /// restore that runs already ignores it, and waits 5 minutes for the database, 3 for the proxy of a volume, or 30 where
    /// that has to merge a chain. A hook
    /// Job's malformed timeout is ignored without a word, and the default holds.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   timeout: 1d
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   timeout: 24h
    /// ```
    TimeoutInvalid {
        code: "NB8011", name: "timeout-invalid", severity: Error,
        kinds: [Neo4jRestore],
        reads: ["spec.timeout", "spec.options.preRestore.job.timeout", "spec.options.postRestore.job.timeout"],
        needs: [], doors: All, fix: Safe, cel: Expressible, since: "0.1",
    }
}

impl Rule for TimeoutInvalid {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        if restored::by_engine(subject) {
            judge(
                &restore.spec.field("timeout"),
                Severity::Error,
                "the operator refuses it",
                report,
            );
        } else {
            judge(
                &restore.spec.field("timeout"),
                Severity::Warning,
                "newer operators refuse it",
                report,
            );
        }
        for hook in ["preRestore.job.timeout", "postRestore.job.timeout"] {
            judge(
                &restore.options.field(hook),
                Severity::Warning,
                "the operator ignores it",
                report,
            );
        }
    }
}

fn judge(field: &Field<'_>, severity: Severity, outcome: &str, report: &mut Collector) {
    // An empty text is none, for the operator.
    let Some(text) = field.text() else { return };
    let shown = quoted(text);
    match go_duration::parse(text) {
        Ok(duration) if duration.is_positive() => {}
        Ok(_) => {
            let message = format!("the timeout {shown} is not greater than zero; {outcome}");
            report
                .at(field, message)
                .help("use `30m` or `2h`, or remove the field")
                .severity(severity);
        }
        Err(error) => {
            let message = format!("the timeout {shown} is not a Go duration: {error}; {outcome}");
            let finding = report.at(field, message).severity(severity);
            match go_duration::suggestion(text)
                .filter(|meant| go_duration::parse(meant).is_ok_and(go_duration::GoDuration::is_positive))
            {
                Some(meant) => {
                    finding.replace(FixKind::Safe, &meant);
                }
                None => {
                    finding.help("write it like `30m` or `1h30m`");
                }
            }
        }
    }
}
