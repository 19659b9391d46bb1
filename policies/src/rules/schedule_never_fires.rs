//! NB5003.

use super::cron;
use crate::{RulePolicy, cel};

/// The static test of `values::cron::never`.
pub(crate) fn policy() -> RulePolicy {
    let mut variables = cron::variables();
    variables.extend(cron::runs());
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
