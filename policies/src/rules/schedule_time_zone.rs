//! NB5002.

use super::cron;
use crate::{RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    let message = "'spec.schedule: the schedule ' + variables.quotedSchedule + ' names a time zone, which is refused: \
                   schedules run in UTC; remove the prefix and write the time of day in UTC, for example `0 2 * * *`'";
    RulePolicy {
        shared: cron::variables(),
        errors: vec![cel::finding("variables.hasTimeZone", message)],
        leaves: "what was meant",
        ..RulePolicy::default()
    }
}
