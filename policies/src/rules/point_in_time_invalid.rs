//! NB8001.

use crate::{Named, RulePolicy, cel};

/// A date that exists, but for 29 February, and a time of day.
const CALENDAR: &str = r"^\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-9]))T([01]\d|2[0-3]):[0-5]\d:[0-5]\d";

/// What may stand behind it for Go, which has odd offsets.
const REST: &str = r"([.,]\d+)?(Z|[+-]([01]\d|2[0-4]):([0-5]\d|60))$";

/// Restores and instances have a time, which the schema has let through; databases have a text, which may also name a
/// transaction.
///
/// Times that the operator cannot decode are the guard's as well; the words are the same.
pub(crate) fn policy() -> RulePolicy {
    let quoted = format!("'`' + {} + '`'", cel::short("variables.time"));
    RulePolicy {
        variables: variables(),
        errors: vec![cel::finding(
            "variables.time != '' && !variables.isTransaction && !variables.isGood",
            &format!(
                "variables.field + ': ' + {quoted} + (variables.time.startsWith('txId:') && variables.isText ?
' names no transaction: txId: must be followed by a decimal transaction id; write it like `txId:12345`' :
(variables.isText ? ' is neither an RFC 3339 time nor `txId:` and a number' :
variables.isDecodable ? ' is not a valid point in time' :
' would be stored, and the operator, unable to decode it, goes blind for every ' + object.kind) +
'; write it like `2025-01-15T14:30:00Z`')"
            ),
        )],
        warnings: vec![
            cel::finding(
                r"variables.isGood && variables.time.matches(r'[.,]\d+')",
                &format!(
                    "variables.field + ': ' + {quoted} + ' has a fraction of a second, which the operator drops; use `' +\n\
                     variables.time.substring(0, 19) + (variables.zone == '' ? 'Z' : variables.zone) + '`'"
                ),
            ),
            cel::finding(
                r"variables.isGood && variables.zone != '' && !variables.time.matches(r'^(0001|9999)-') &&
(variables.zone.matches(r'^[+](1[5-9]|2)') || variables.zone.matches(r'^[+]14:(0[1-9]|[1-5])') ||
 variables.zone.matches(r'^-(1[3-9]|2)') || variables.zone.matches(r'^-12:(0[1-9]|[1-5])'))",
                &format!(
                    "variables.field + ': ' + {quoted} + ' has an offset that no place on Earth uses; it means ' +\n\
                     string(timestamp(variables.time.replace(',', '.'))).replace('T', ' ').find('^.{{19}}') + ' UTC; \
                     write the time in UTC, ending with `Z`'"
                ),
            ),
        ],
        leaves: "what was probably meant",
        ..RulePolicy::default()
    }
}

fn variables() -> Vec<Named> {
    let first = "variables.time.substring(11, 19)";
    let year = "int(variables.time.substring(0, 4))";
    vec![
        Named::new("isText", "object.kind in ['Neo4jDatabase', 'Neo4jShardedDatabase']"),
        Named::new(
            "field",
            "variables.isText ? 'spec.seedConfig.restoreUntil' :\n\
             object.kind == 'Neo4jRestore' ? 'spec.source.pointInTime' : 'spec.restoreFrom.pointInTime'",
        ),
        Named::new(
            "written",
            "(variables.isText ? variables.spec.?seedConfig.?restoreUntil :\n\
             object.kind == 'Neo4jRestore' ? variables.source.?pointInTime : variables.spec.?restoreFrom.?pointInTime).orValue('')",
        ),
        Named::new("time", cel::start("variables.written")),
        Named::new(
            "isTransaction",
            "variables.isText && (variables.time.matches('^txId:0*[0-9]{1,18}$') ||\n\
             variables.time.matches('^txId:0*[1-9][0-9]{18}$') && variables.time.find('[0-9]{19}$') <= '9223372036854775807')",
        ),
        Named::new(
            "isDecodable",
            format!(
                "variables.time.matches(r'{CALENDAR}{REST}') &&
(variables.time.substring(5, 10) != '02-29' || {year} % 4 == 0 && ({year} % 100 != 0 || {year} % 400 == 0))"
            ),
        ),
        Named::new("zone", r"variables.time.find(r'[+-]\d\d:\d\d$')"),
        // The operator writes the zero time of Go as none, and what comes before it is no time of Go's at all.
        Named::new(
            "isZero",
            format!(
                "variables.isDecodable && variables.time.startsWith('0001-01-01T') &&
(variables.zone.startsWith('+') ? {first} <= variables.zone.substring(1) + ':00' :
 {first} == '00:00:00' && variables.zone in ['', '-00:00'])"
            ),
        ),
        // The last instant that the engine can represent is a day before the last one of CEL.
        Named::new(
            "isBeyond",
            r"variables.isDecodable && variables.time.matches(r'^9999-12-3[01]T') &&
(variables.time.startsWith('9999-12-31T') && variables.zone.startsWith('-') ||
 int(timestamp(variables.time.replace(',', '.'))) > int(timestamp('9999-12-30T22:00:00Z')))",
        ),
        Named::new(
            "isGood",
            r"variables.isDecodable && !variables.time.matches(r'([+-]24:\d\d|:60)$') && !variables.time.startsWith('0000-') &&
!variables.isZero && !variables.isBeyond",
        ),
    ]
}
