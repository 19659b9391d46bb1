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
        cel::finding(
            &format!("variables.age != '' && !{is_age} && (variables.isBeta || !{is_duration})"),
            &format!(
                "'spec.retention.maxAge: ' + {} + ' is not an age{help}'",
                cel::quoted("variables.age")
            ),
        ),
        cel::finding(
            &format!("{number} < 0"),
            "'spec.retention.maxCount: a negative number of backups cannot be kept; use a number above zero, such as `7`'",
        ),
        cel::finding(
            &format!("has(variables.spec.retention) && variables.age == '' && {number} == 0"),
            "'spec.retention: the retention names neither an age nor a count; set `maxAge` or `maxCount`, or remove \
             `spec.retention`'",
        ),
    ]
    .map(|found| format!("({found})"));
    RulePolicy {
        variables: vec![
            Named::new("retention", "variables.spec.?retention.orValue({})"),
            Named::new("age", cel::start("variables.retention.?maxAge.orValue('')")),
        ],
        findings: vec![format!(
            "({}).map(text, {})",
            found.join(" +\n"),
            cel::found("variables.isBeta", "text")
        )],
        leaves: "what was meant",
        ..RulePolicy::default()
    }
}
