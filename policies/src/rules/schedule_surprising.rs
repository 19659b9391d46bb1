//! NB5005.

use super::{cron, go_duration};
use crate::{Named, RulePolicy};
use neo4jbackup_core::values::cron::Field;

/// What `values::cron::remarks` calls more than a note, each in general terms.
pub(crate) fn policy() -> RulePolicy {
    let period = "variables.schedulePeriod";
    let mut variables = cron::runs();
    variables.extend([
        Named::new("doesRun", "variables.isValidSchedule && !variables.neverFires"),
        Named::new(
            "everyMinute",
            format!(
                "variables.doesRun && {} ||\nvariables.isSchedule && variables.schedule.startsWith('@every ') && {}",
                every_minute(),
                go_duration::is_below(period, "61s")
            ),
        ),
        Named::new(
            "eitherDay",
            "variables.doesRun && size(variables.days) > 0 && size(variables.weekdays) > 0 &&
!variables.anyDay && !variables.anyWeekday",
        ),
        Named::new(
            "leapDays",
            "variables.doesRun && (variables.anyWeekday || size(variables.weekdays) == 0 && !variables.anyDay) &&
variables.days.all(item, item.start >= 29) && variables.months.all(item, item.start == 2 && item.start + item.step > item.end)",
        ),
    ]);
    let finding = |condition: &str, what: &str| format!("({condition} ? ['{what}'] : [])");
    let anywhere = |condition: &str| format!("variables.doesRun && variables.scheduleItems.exists(item, {condition})");
    RulePolicy {
        shared: cron::variables(),
        variables,
        warnings: vec![format!(
            "({}).map(what, 'spec.schedule: the schedule ' + variables.quotedSchedule + ' ' + what)",
            [
            finding(
                "variables.leapDays",
                "runs on 29 February only, every four years at best; use `28 2` for once a year",
            ),
            finding(
                "variables.everyMinute",
                "runs every minute for an hour or longer; for one run an hour write one number in the minute field, such as `0`",
            ),
            finding(
                "variables.eitherDay",
                "restricts both the day of the month and the weekday: one of the two is enough, a day need not be both; \
                 write `*` in one of the two day fields",
            ),
            finding(
                &anywhere("item.star && size(item.parts.range) > 1"),
                "has characters behind a star, which are ignored; write what is meant",
            ),
            finding(
                &anywhere("item.step > 1 && item.start + item.step > item.end"),
                "has a step that leads beyond the last value, so that only the first one is left; write that value alone",
            ),
            ].join(" +\n")
        )],
        leaves: "schedules of more than 1,024 characters, what the schedule means in words, and notes on uneven steps and empty \
                 list items",
        ..RulePolicy::default()
    }
}

/// Whether the minute field selects every minute.
fn every_minute() -> String {
    format!(
        "variables.places.all(minute, minute > {} || variables.minutes.exists(item,\n  \
         minute >= item.start && minute <= item.end && (minute - item.start) % item.step == 0))",
        Field::Minute.maximum()
    )
}
