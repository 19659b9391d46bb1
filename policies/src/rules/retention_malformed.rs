//! NB7007.

use super::go_duration;
use crate::{Named, RulePolicy, cel};

/// Operators before 1.8 took Go durations, and refused nothing.
pub(crate) fn policy() -> RulePolicy {
    let is_age = "variables.age.matches('^[1-9][0-9]{0,13}[dhms]$')";
    let is_duration = go_duration::is_duration("variables.age");
    let help = "; use one whole number and one unit, such as `30d` or `24h`";
    let number = "variables.retention.?maxCount.orValue(0)";
    let found = [
        cel::finding_that(
            "variables.isBeta",
            &format!("variables.age != '' && !{is_age} && (variables.isBeta || !{is_duration})"),
            &format!(
                "'spec.retention.maxAge: ' + {} + ' is not an age{help}'",
                cel::quoted("variables.age")
            ),
        ),
        cel::finding_that(
            "variables.isBeta",
            &format!("{number} < 0"),
            "'spec.retention.maxCount: a negative number of backups cannot be kept; use a number above zero, such as `7`'",
        ),
        cel::finding_that(
            "variables.isBeta",
            &format!("has(variables.spec.retention) && variables.age == '' && {number} == 0"),
            "'spec.retention: the retention names neither an age nor a count; set `maxAge` or `maxCount`, or remove \
             `spec.retention`'",
        ),
    ];
    RulePolicy {
        variables: vec![
            Named::new("retention", "variables.spec.?retention.orValue({})"),
            Named::new("writtenAge", "variables.retention.?maxAge.orValue('')"),
            Named::new("age", cel::start("variables.writtenAge")),
        ],
        findings: found.to_vec(),
        leaves: "what was meant",
        ..RulePolicy::default()
    }
}
