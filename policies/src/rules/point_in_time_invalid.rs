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
    RulePolicy {
        variables: variables(),
        errors: vec![cel::finding(
            "variables.time != '' && !variables.isTransaction && !variables.isGoodTime",
            "variables.toldTime + (variables.time.startsWith('txId:') && variables.isDatabase ?
' names no transaction: txId: must be followed by a decimal transaction id; write it like `txId:12345`' :
(variables.isDatabase ? ' is neither an RFC 3339 time nor `txId:` and a number' :
variables.isDecodableTime ? ' is not a valid point in time' :
' would be stored, and the operator, unable to decode it, goes blind for every ' + object.kind) +
'; write it like `2025-01-15T14:30:00Z`')",
        )],
        warnings: vec![
            cel::finding(
                r"variables.isGoodTime && variables.time.matches(r'[.,]\d+')",
                "variables.toldTime + ' has a fraction of a second, which the operator drops; use `' +\n\
                 variables.time.substring(0, 19) + (variables.timeOffset == '' ? 'Z' : variables.timeOffset) + '`'",
            ),
            cel::finding(
                r"variables.isGoodTime && variables.timeOffset != '' && !variables.time.matches(r'^(0001|9999)-') &&
variables.timeOffset.matches(r'^([+](1[5-9]|2|14:(0[1-9]|[1-5]))|-(1[3-9]|2|12:(0[1-9]|[1-5])))')",
                "variables.toldTime + ' has an offset that no place on Earth uses; it means ' +\n\
                 string(timestamp(variables.time.replace(',', '.'))).replace('T', ' ').find('^.{19}') + ' UTC; \
                 write the time in UTC, ending with `Z`'",
            ),
        ],
        leaves: "what was probably meant",
        ..RulePolicy::default()
    }
}

fn variables() -> Vec<Named> {
    let first = "variables.time.substring(11, 19)";
    vec![
        Named::new(
            "timeField",
            "variables.isDatabase ? 'spec.seedConfig.restoreUntil' : \
             variables.isRestore ? 'spec.source.pointInTime' : 'spec.restoreFrom.pointInTime'",
        ),
        Named::new(
            "time",
            cel::start(
                "(variables.isDatabase ? variables.spec.?seedConfig.?restoreUntil : \
                 variables.isRestore ? variables.source.?pointInTime : variables.spec.?restoreFrom.?pointInTime).orValue('')",
            ),
        ),
        Named::new(
            "toldTime",
            format!("variables.timeField + ': `' + {} + '`'", cel::short("variables.time")),
        ),
        Named::new(
            "isTransaction",
            "variables.isDatabase && (variables.time.matches('^txId:0*[0-9]{1,18}$') || \
             variables.time.matches('^txId:0*[1-9][0-9]{18}$') && variables.time.find('[0-9]{19}$') <= '9223372036854775807')",
        ),
        Named::new(
            "isDecodableTime",
            format!(
                "variables.time.matches(r'{CALENDAR}{REST}') &&
(variables.time.substring(5, 10) != '02-29' ||
 [int(variables.time.substring(0, 4))].all(year, year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)))"
            ),
        ),
        Named::new("timeOffset", r"variables.time.find(r'[+-]\d\d:\d\d$')"),
        // The operator writes the zero time of Go as none, and what comes before it is no time of Go's at all.
        Named::new(
            "isZeroTime",
            format!(
                "variables.isDecodableTime && variables.time.startsWith('0001-01-01T') && (variables.timeOffset.startsWith('+') ? {first} <= variables.timeOffset.substring(1) + ':00' :
 {first} == '00:00:00' && variables.timeOffset in ['', '-00:00'])"
            ),
        ),
        // The last instant that the engine can represent is a day before the last one of CEL.
        Named::new(
            "isTimeBeyond",
            r"variables.isDecodableTime && variables.time.matches(r'^9999-12-3[01]T') && (variables.time.startsWith('9999-12-31T') && variables.timeOffset.startsWith('-') ||
 int(timestamp(variables.time.replace(',', '.'))) > int(timestamp('9999-12-30T22:00:00Z')))",
        ),
        Named::new(
            "isGoodTime",
            r"variables.isDecodableTime && !variables.time.matches(r'([+-]24:\d\d|:60)$') && !variables.time.startsWith('0000-') &&
!variables.isZeroTime && !variables.isTimeBeyond",
        ),
    ]
}
