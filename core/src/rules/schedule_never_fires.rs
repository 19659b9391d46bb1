//! NB5003.

use crate::rule::prelude::*;
use crate::values::cron::zone_prefix;

declare_rule! {
    /// A schedule that no date satisfies is accepted by everybody and never runs.
    ///
    /// ## What it checks
    /// `spec.schedule` parses, and selects at least one minute of one day that exists: 30 February does not, nor does a
    /// field of commas only. `0 0 30 2 1` is fine, because a day of the month and a weekday are joined by OR: it runs
    /// on the Mondays of February.
    ///
    /// ## Why it matters
    /// The API server and the operator accept it, the backup says `Scheduled`, and there is never a backup. The
    /// `CronJob` gets one event `InvalidSchedule`, which is gone after an hour.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   schedule: "0 3 31 4,6,9,11 *"
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   schedule: "0 3 1 * *"
    /// ```
    ScheduleNeverFires {
        code: "NB5003", name: "schedule-never-fires", severity: Error,
        kinds: [Neo4jBackup], reads: ["spec.schedule"], needs: [], doors: All, fix: None, cel: Expressible,
        since: "0.1",
    }
}

impl Rule for ScheduleNeverFires {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(backup) = subject.backup() else { return };
        let field = backup.schedule();
        let Some(text) = field.text().filter(|text| zone_prefix(text).is_none()) else {
            return;
        };
        if matches!(subject.schedule(), Some(Ok(schedule)) if schedule.never_fires()) {
            report
                .at(
                    &field,
                    format!(
                        "the schedule {} is accepted and never runs: no date and time satisfies it",
                        quoted(text)
                    ),
                )
                .help("use a day that every selected month has, such as `0 2 28 * *`");
        }
    }
}
