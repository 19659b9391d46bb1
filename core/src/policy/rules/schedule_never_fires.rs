//! NB5003.

use super::cron;
use crate::policy::{Named, RulePolicy, cel};

/// The static test of `values::cron::never`: a field of commas only, or no selected month that is long enough for the
/// first selected day, unless weekdays are selected beside the days.
pub(crate) fn policy() -> RulePolicy {
    let star = |field: &str| format!("variables.{field}.exists(item, item.star && item.step == 1)");
    let mut variables = cron::variables();
    variables.extend([
        Named::new("isValid", format!("size(variables.fields) == 5 && size({}) == 0", cron::problems())),
        Named::new(
            "selectsDate",
            "[[1, 31], [2, 29], [3, 31], [4, 30], [5, 31], [6, 30], [7, 31], [8, 31], [9, 30], [10, 31], [11, 30], [12, 31]]
.exists(month, variables.days.exists(day, day.start <= month[1]) &&
  variables.months.exists(item, month[0] >= item.start && month[0] <= item.end && (month[0] - item.start) % item.step == 0))",
        ),
        Named::new(
            "neverFires",
            format!(
                "variables.isValid &&
(size(variables.minutes) == 0 || size(variables.hours) == 0 || size(variables.months) == 0 ||
 ({} ? !variables.selectsDate : size(variables.weekdays) == 0 && ({} || !variables.selectsDate)))",
                star("weekdays"),
                star("days")
            ),
        ),
    ]);
    let message = format!(
        "'spec.schedule: the schedule `' + {} + '` is accepted and never runs: no date and time satisfies it; use a day that \
         every selected month has, such as `0 2 28 * *`'",
        cel::short("variables.schedule")
    );
    RulePolicy {
        variables,
        errors: vec![cel::finding("variables.neverFires", &message)],
        leaves: "schedules of more than 1,024 characters",
        ..RulePolicy::default()
    }
}
