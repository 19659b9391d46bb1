//! NB8001.

use crate::policy::{Named, RulePolicy, cel};
use crate::schema::Kind;

/// What the schema lets through is a date that exists, `t` or `T`, a time of day and some zone.
///
/// Times that the operator cannot decode are the guard's as well; the words are the same.
pub(crate) fn policy() -> RulePolicy {
    let quoted = format!("'`' + {} + '`'", cel::short("variables.time"));
    RulePolicy {
        kinds: vec![Kind::Neo4jRestore],
        variables: vec![
            Named::new("written", "variables.source.?pointInTime.orValue('')"),
            Named::new("time", cel::start("variables.written")),
            // Go's form of RFC 3339, with its odd offsets.
            Named::new(
                "isDecodable",
                r"variables.time.matches(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]([01]\d|2[0-4]):([0-5]\d|60))$')",
            ),
            Named::new("hour", r"variables.time.find(r'[+-]\d\d:\d\d$')"),
            Named::new(
                "isGood",
                r"variables.isDecodable && !variables.time.matches(r'([+-]24:\d\d|:60)$') && !variables.time.startsWith('0000-')",
            ),
        ],
        errors: vec![cel::finding(
            "variables.time != '' && !variables.isGood",
            &format!(
                "'spec.source.pointInTime: ' + {quoted} + (variables.isDecodable ? ' is not a valid point in time' :\n\
                 ' would be stored, and the operator, unable to decode it, goes blind for every ' + object.kind) +\n\
                 '; write it like `2025-01-15T14:30:00Z`'"
            ),
        )],
        warnings: vec![
            cel::finding(
                r"variables.isGood && variables.time.matches(r'[.,]\d+')",
                &format!(
                    "'spec.source.pointInTime: ' + {quoted} + ' has a fraction of a second, which the operator drops; \
                     write it without'"
                ),
            ),
            cel::finding(
                r"variables.isGood && variables.hour != '' && !variables.time.matches(r'^(0001|9999)-') &&
(variables.hour.matches(r'^[+](1[5-9]|2)') || variables.hour.matches(r'^[+]14:(0[1-9]|[1-5])') ||
 variables.hour.matches(r'^-(1[3-9]|2)') || variables.hour.matches(r'^-12:(0[1-9]|[1-5])'))",
                &format!(
                    "'spec.source.pointInTime: ' + {quoted} + ' has an offset that no place on Earth uses; it means ' +\n\
                     string(timestamp(variables.time.replace(',', '.'))).replace('T', ' ').find('^.{{19}}') + ' UTC; \
                     write the time in UTC, ending with `Z`'"
                ),
            ),
        ],
        leaves: "databases and instances, times before the first and after the last instant that can be represented, and what was \
                 probably meant",
    }
}
