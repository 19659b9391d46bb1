//! NB5001.

use crate::rule::prelude::*;
use crate::values::cron::{Problem, Schedule, zone_prefix};

declare_rule! {
    /// A schedule that Kubernetes cannot parse never runs.
    ///
    /// ## What it checks
    /// `spec.schedule` is read with the grammar of a Kubernetes `CronJob`: five fields (minute, hour, day of month,
    /// month, day of week), lists, ranges, steps, names of three letters, or `@hourly`, `@daily`, `@weekly`,
    /// `@monthly`, `@yearly`, `@every 6h`. Sunday is `0`, never `7`; ranges do not wrap around; there are no seconds
    /// and no years, and none of `L`, `W` and `#`. An empty text is only warned of: the operator takes it for no
    /// schedule at all. Six fields are put right only where one reading makes sense: `0 0 3 * * *` begins with seconds;
    /// `0 2 * * * *` is every day at 02:00 or every hour at minute 2, and the finding shows both.
    ///
    /// ## Why it matters
    /// Operators from 1.11.2 on put such a backup into phase `Invalid`, with a Warning event named `BackupFailed` and
    /// nothing more, and no retry; it stays without a `CronJob` until somebody looks. Older ones create a `CronJob`
    /// that the API server refuses.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   schedule: "0 2 * * * *"
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   schedule: "0 2 * * *"
    /// ```
    ///
    /// ## References
    /// `kubectl neo4jbackup schedule next "0 2 * * *"` prints the next runs of any schedule.
    ScheduleInvalid {
        code: "NB5001", name: "schedule-invalid", severity: Error,
        kinds: [Neo4jBackup], reads: ["spec.schedule"], needs: [], doors: All, fix: Safe, cel: Expressible,
        since: "0.1",
        explains: ["NB1101"],
    }
}

impl Rule for ScheduleInvalid {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(backup) = subject.backup() else { return };
        let field = backup.schedule();
        let Some(text) = field.str() else { return };
        if text.is_empty() {
            report
                .at(
                    &field,
                    "the empty schedule counts as none, so that the backup runs once",
                )
                .help("write a schedule such as `0 2 * * *`, or remove the field")
                .severity(Severity::Warning);
            return;
        }
        if zone_prefix(text).is_some() {
            return;
        }
        let Some(Err(error)) = subject.schedule() else { return };
        let message = match error.problem() {
            // This problem quotes the whole text itself.
            Problem::UnknownDescriptor { .. } => format!("the schedule {error}"),
            _ => format!("the schedule {} {error}", quoted(text)),
        };
        let finding = report.at(&field, message);
        if let Some(suggestion) = error.suggestion() {
            finding.replace(FixKind::Safe, &suggestion);
        } else if let Some(readings) = error.readings() {
            let [without_first, without_last] = readings.map(|reading| in_words(&reading));
            finding.help(format!("use {without_last}, or {without_first}"));
        } else {
            finding.help("for every day at 02:00 UTC, for example, use `0 2 * * *`");
        }
    }
}

/// A schedule with its meaning: "`0 2 * * *` (at 02:00 every day)".
fn in_words(text: &str) -> String {
    let words = Schedule::parse(text)
        .map(|schedule| schedule.words())
        .unwrap_or_default();
    format!("{} ({words})", quoted(text))
}
