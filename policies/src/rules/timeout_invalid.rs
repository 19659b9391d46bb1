//! NB8011.

use super::go_duration;
use crate::{Named, RulePolicy, cel};

/// Before 1.8 no timeout was checked.
pub(crate) fn policy() -> RulePolicy {
    let is_duration = go_duration::is_duration("at.text");
    let is_not_positive = go_duration::is_not_positive("at.text");
    let message = format!(
        "at.field + ': the timeout `' + {short} + (at.isDuration ? '` is not greater than zero; ' : '` is not a Go duration; ') +
  (at.field != 'spec.timeout' ? 'the operator ignores it' : variables.isBeta ? 'the operator refuses it' :
  'newer operators refuse it') + (at.isDuration ? '; use `30m` or `2h`, or remove the field' : '; write it like `30m` or `1h30m`')",
        short = cel::short("at.text")
    );
    let texts = [
        ("spec.timeout", "variables.spec.?timeout"),
        (
            "spec.options.preRestore.job.timeout",
            "variables.options.?preRestore.?job.?timeout",
        ),
        (
            "spec.options.postRestore.job.timeout",
            "variables.options.?postRestore.?job.?timeout",
        ),
    ]
    .map(|(field, value)| format!("{{'field': dyn('{field}'), 'written': dyn({value}.orValue(''))}}"));
    RulePolicy {
        variables: vec![Named::new(
            "timeouts",
            format!(
                "[{}]
.filter(at, at.written != '').map(at, {{'field': at.field, 'text': dyn({})}})
.map(at, {{'field': at.field, 'text': at.text, 'isDuration': dyn({is_duration})}})",
                texts.join(",\n "),
                cel::start("at.written")
            ),
        )],
        findings: vec![format!(
            "variables.timeouts.map(at, !at.isDuration || {is_not_positive}, {})",
            cel::found("at.field == 'spec.timeout' && variables.isBeta", &message)
        )],
        leaves: "durations of more than about a century, and what was meant",
        ..RulePolicy::default()
    }
}
