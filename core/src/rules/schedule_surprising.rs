//! NB5005.

use crate::rule::prelude::*;
use crate::values::cron::{Remark, RemarkKind, zone_prefix};

declare_rule! {
    /// A schedule can be legal and still not be what was meant.
    ///
    /// ## What it checks
    /// Schedules that run every minute; that restrict both the day of the month and the weekday, which cron joins with
    /// OR; whose step leads beyond the range (`*/60`) or does not divide it (`*/45`); that run on 29 February only; and
    /// characters that the parser ignores (`1,,2`, `*-5`). Each is put into words.
    ///
    /// ## Why it matters
    /// `0 0 13 * 5` does not run on Fridays the 13th but on every 13th and on every Friday. `*/45 * * * *` runs at :45
    /// and again at :00. `0 0 1 * 0-6` runs every day. Nothing refuses any of them.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   schedule: "* 2 * * *"   # every minute from 02:00 to 02:59
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   schedule: "0 2 * * *"
    /// ```
    ///
    /// ## References
    /// `kubectl neo4jbackup schedule next "0 0 13 * 5"` says any schedule in words.
    ScheduleSurprising {
        code: "NB5005", name: "schedule-surprising", severity: Warning,
        kinds: [Neo4jBackup], reads: ["spec.schedule"], needs: [], doors: All, fix: Safe, cel: Expressible,
        since: "0.1",
    }
}

impl Rule for ScheduleSurprising {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(backup) = subject.backup() else { return };
        let field = backup.schedule();
        let Some(text) = field.text().filter(|text| zone_prefix(text).is_none()) else {
            return;
        };
        let Some(Ok(schedule)) = subject.schedule() else { return };
        if schedule.never_fires() {
            return;
        }
        for remark in schedule.remarks() {
            let words = schedule.words();
            let explanation = explanation(&remark);
            let finding = report.at(
                &field,
                format!("the schedule {} means {words}: {explanation}", quoted(text)),
            );
            finding.severity(severity(remark.kind));
            match remark.better {
                Some(better) => {
                    finding
                        .replace(FixKind::Safe, &better)
                        .help(format!("use {}, which runs at the same times", quoted(&better)));
                }
                None => {
                    finding.help(help(remark.kind));
                }
            }
        }
    }
}

/// What changes the number of backups is a warning; what only looks odd is a note.
fn severity(kind: RemarkKind) -> Severity {
    match kind {
        RemarkKind::UnevenStep { .. } | RemarkKind::EmptyListItem { .. } => Severity::Info,
        _ => Severity::Warning,
    }
}

fn help(kind: RemarkKind) -> &'static str {
    match kind {
        RemarkKind::EveryMinute => "for one run an hour write one number in the minute field, such as `0`",
        RemarkKind::DayOrWeekday => "write `*` in one of the two day fields",
        RemarkKind::UnevenStep { .. } => "use a step that divides the range",
        RemarkKind::Rare => "use `28 2` for once a year",
        _ => "write what is meant",
    }
}

/// What is odd, where the words for the schedule do not say it already.
fn explanation(remark: &Remark) -> String {
    match remark.kind {
        RemarkKind::EveryMinute => "a backup a minute".to_owned(),
        RemarkKind::DayOrWeekday => "one of the two is enough, a day need not be both".to_owned(),
        RemarkKind::Rare => "every four years at best".to_owned(),
        _ => {
            let sentence = remark.explanation.trim_end_matches('.');
            let mut letters = sentence.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_lowercase().collect::<String>() + letters.as_str()
            })
        }
    }
}
