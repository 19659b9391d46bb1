//! NB5002.

use crate::rule::prelude::*;
use crate::values::cron::{Schedule, zone_prefix};

declare_rule! {
    /// A schedule with a time zone in it is refused.
    ///
    /// ## What it checks
    /// `spec.schedule` does not begin with `TZ=` or `CRON_TZ=`.
    ///
    /// ## Why it matters
    /// The cron library knows the prefix, and Kubernetes accepted it by accident from 1.22 to 1.28. Since 1.29 the API
    /// server refuses a `CronJob` with it, and the operator refuses the backup before that: phase `Invalid`. Backups
    /// have no field for a time zone either. Schedules run in the zone of the controller manager, which is UTC.
    ///
    /// A fixed local time has no single UTC equivalent where clocks change, so only the zones that are UTC themselves
    /// are put right automatically.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   schedule: "CRON_TZ=Europe/Berlin 0 2 * * *"
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   schedule: "0 1 * * *"   # 02:00 in Berlin in winter, 03:00 in summer
    /// ```
    ScheduleTimeZone {
        code: "NB5002", name: "schedule-time-zone", severity: Error,
        kinds: [Neo4jBackup], reads: ["spec.schedule"], needs: [], doors: All, fix: Safe, cel: Expressible,
        since: "0.1",
        explains: ["NB1101"],
    }
}

/// Names of zones that never differ from UTC.
const UTC: [&str; 11] = [
    "",
    "UTC",
    "UCT",
    "Zulu",
    "Universal",
    "Etc/UTC",
    "Etc/UCT",
    "Etc/Zulu",
    "Etc/Universal",
    "GMT",
    "Etc/GMT",
];

impl Rule for ScheduleTimeZone {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(backup) = subject.backup() else { return };
        let field = backup.schedule();
        let Some((text, (zone, rest))) = field.str().and_then(|text| Some((text, zone_prefix(text)?))) else {
            return;
        };
        let shown = quoted(text);
        let finding = report.at(
            &field,
            format!("the schedule {shown} names a time zone, which is refused: schedules run in UTC"),
        );
        let meant = match Schedule::parse(rest) {
            Ok(schedule) => (!schedule.never_fires()).then(|| rest.to_owned()),
            Err(error) => error.suggestion(),
        };
        match meant {
            Some(meant) if UTC.contains(&zone) => {
                finding.replace(FixKind::Safe, &meant);
            }
            _ => {
                finding.help("remove the prefix and write the time of day in UTC, for example `0 2 * * *`");
            }
        }
    }
}
