//! NB5003.

use super::cron;
use crate::{RulePolicy, cel};

/// The static test of `values::cron::never`.
pub(crate) fn policy() -> RulePolicy {
    let message = "'spec.schedule: the schedule ' + variables.quotedSchedule + ' is accepted and never runs: no date and \
                   time satisfies it; use a day that every selected month has, such as `0 2 28 * *`'";
    RulePolicy {
        shared: cron::variables(),
        variables: cron::runs(),
        errors: vec![cel::finding("variables.neverFires", message)],
        leaves: "schedules of more than 1,024 characters",
        ..RulePolicy::default()
    }
}
