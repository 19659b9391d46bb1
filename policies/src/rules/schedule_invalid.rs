//! NB5001.

use super::{cron, go_duration};
use crate::{Named, RulePolicy, cel};

/// Descriptors are told by a word, fields by their first problem.
pub(crate) fn policy() -> RulePolicy {
    let message = "'spec.schedule: the schedule ' +
(variables.scheduleProblems[0].startsWith('is ') ? '' : variables.quotedSchedule + ' ') + variables.scheduleProblems[0] +
'; for every day at 02:00 UTC, for example, use `0 2 * * *`'";
    RulePolicy {
        shared: cron::variables(),
        variables: vec![Named::new("scheduleProblems", problems())],
        errors: vec![cel::finding(
            "variables.isSchedule && size(variables.scheduleProblems) > 0",
            message,
        )],
        warnings: vec![cel::finding(
            "has(variables.spec.schedule) && variables.schedule == ''",
            "'spec.schedule: the empty schedule counts as none, so that the backup runs once; write a schedule such as \
             `0 2 * * *`, or remove the field'",
        )],
        leaves: "schedules of more than 1,024 characters, `@every` with more than 292 years in several units, and what was \
                 probably meant",
        ..RulePolicy::default()
    }
}

/// The problems of a schedule that is no descriptor come from its fields.
fn problems() -> String {
    let descriptors = "['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']";
    let period = "variables.schedulePeriod";
    format!(
        "!variables.schedule.startsWith('@')
? (size(variables.scheduleFields) == 5 ? [] :
  ['has ' + string(size(variables.scheduleFields)) + (size(variables.scheduleFields) == 1 ? ' field' : ' fields') +
   ', Kubernetes CronJob takes 5: minute hour day-of-month month day-of-week']) +
  variables.itemProblems
: variables.schedule in {descriptors} ? []
: !variables.schedule.startsWith('@every ')
? ['is ' + variables.quotedSchedule + ', not one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually or `@every 90m`']
: {is_duration} && !{is_beyond} ? []
: ['has `' + {short} + '` after @every, which is no Go duration such as `90m` or `24h`']",
        is_duration = go_duration::is_duration(period),
        is_beyond = go_duration::is_beyond(period),
        short = cel::short(period),
    )
}
