//! The grammar of `values::cron` in CEL: the items of each field, their numbers, and what is wrong with them.

use crate::{Named, cel};
use neo4jbackup_core::values::cron::Field;

/// Schedules that are longer are left alone, so that nobody can keep the API server busy.
const LONGEST: usize = cel::LONGEST;

/// The variables for the five fields, in order.
pub(super) const FIELDS: [(&str, Field); 5] = [
    ("minutes", Field::Minute),
    ("hours", Field::Hour),
    ("days", Field::DayOfMonth),
    ("months", Field::Month),
    ("weekdays", Field::DayOfWeek),
];

const MONTHS: &str = "{'jan': 1, 'feb': 2, 'mar': 3, 'apr': 4, 'may': 5, 'jun': 6, 'jul': 7, 'aug': 8, 'sep': 9, \
                      'oct': 10, 'nov': 11, 'dec': 12}";
const WEEKDAYS: &str = "{'sun': 0, 'mon': 1, 'tue': 2, 'wed': 3, 'thu': 4, 'fri': 5, 'sat': 6}";

/// A number as Go's `strconv.Atoi` takes it, without the few of 19 digits that it takes as well: they are beyond every
/// bound.
const NUMBER: &str = "r'^[+]?0*[0-9]{1,18}$'";

/// - `schedule`: the text, or its beginning;
/// - `zone`: whether it begins with a time zone;
/// - `isJudged`: whether it is a schedule at all, and not the other rule's because of a time zone;
/// - `fields`: what stands between blanks, empty for descriptors;
/// - `minutes`, `hours`, `days`, `months`, `weekdays`: the items of each field, as maps of `problem` (empty when the item
///   is good), `star`, `junk` (characters behind the star), `start`, `end` and `step`.
pub(super) fn variables() -> Vec<Named> {
    let blank = cel::WHITE_SPACE;
    let mut variables = vec![
        Named::new("written", "variables.spec.?schedule.orValue('')"),
        Named::new("schedule", cel::start("variables.written")),
        Named::new("zone", format!("variables.schedule.matches(r'^[{blank}]*(CRON_)?TZ=')")),
        Named::new(
            "isJudged",
            format!("variables.schedule != '' && size(variables.written) <= {LONGEST} && !variables.zone"),
        ),
        Named::new(
            "fields",
            format!(
                "variables.isJudged && !variables.schedule.startsWith('@')\n? variables.schedule.findAll(r'[^{blank}]+') : []"
            ),
        ),
    ];
    for (position, (name, field)) in FIELDS.into_iter().enumerate() {
        variables.push(Named::new(name, items(position, field)));
    }
    variables
}

/// Every problem of the five fields, in the order in which they stand.
pub(super) fn problems() -> String {
    FIELDS
        .map(|(name, _)| format!("variables.{name}.filter(item, item.problem != '').map(item, item.problem)"))
        .join(" +\n")
}

/// Whether it ever runs, for a schedule of five fields:
///
/// - `isValid`: whether it is one, without a problem;
/// - `anyDay`, `anyWeekday`: whether the field is a star, which leaves the choice of the day to the other one;
/// - `selectsDate`: whether a selected month is long enough for the first selected day;
/// - `neverFires`: a field of commas only, or no such month, unless weekdays are selected beside the days.
pub(super) fn runs() -> Vec<Named> {
    let star = |field: &str| format!("variables.{field}.exists(item, item.star && item.step == 1)");
    vec![
        Named::new("isValid", format!("size(variables.fields) == 5 && size({}) == 0", problems())),
        Named::new("anyDay", star("days")),
        Named::new("anyWeekday", star("weekdays")),
        Named::new(
            "selectsDate",
            "[[1, 31], [2, 29], [3, 31], [4, 30], [5, 31], [6, 30], [7, 31], [8, 31], [9, 30], [10, 31], [11, 30], [12, 31]]
.exists(month, variables.days.exists(day, day.start <= month[1]) &&
  variables.months.exists(item, month[0] >= item.start && month[0] <= item.end && (month[0] - item.start) % item.step == 0))",
        ),
        Named::new(
            "neverFires",
            "variables.isValid &&
(size(variables.minutes) == 0 || size(variables.hours) == 0 || size(variables.months) == 0 ||
 (variables.anyWeekday ? !variables.selectsDate :
  size(variables.weekdays) == 0 && (variables.anyDay || !variables.selectsDate)))",
        ),
    ]
}

fn items(position: usize, field: Field) -> String {
    let (minimum, maximum) = (field.minimum(), field.maximum());
    let value = match field {
        Field::Month => named(MONTHS),
        Field::DayOfWeek => named(WEEKDAYS),
        _ => "-1".to_owned(),
    };
    let problem = problem(field);
    format!(
        "(size(variables.fields) == 5 ? variables.fields[{position}].split(',') : [])
.filter(item, item != '')
.map(item, {{
  'item': dyn(item), 'steps': dyn(item.split('/')), 'range': dyn(item.split('/')[0].split('-'))}})
.map(item, {{
  'item': item.item, 'steps': item.steps, 'range': item.range,
  'star': dyn(item.range[0] in ['*', '?']),
  'values': dyn(item.range.map(text, text.matches({NUMBER}) ? int(text) : {value}))}})
.map(item, {{
  'item': item.item, 'steps': item.steps, 'range': item.range, 'star': item.star, 'values': item.values,
  'start': dyn(item.star ? {minimum} : item.values[0]),
  'end': dyn(item.star || size(item.range) < 2 && size(item.steps) > 1 ? {maximum} :
    item.values[size(item.range) > 1 ? 1 : 0]),
  'step': dyn(size(item.steps) < 2 ? 1 : item.steps[1].matches({NUMBER}) ? int(item.steps[1]) :
    item.steps[1].matches(r'^[+]?0*[1-9][0-9]{{18}}$') && item.steps[1].find(r'[0-9]{{19}}$') <= '9223372036854775807' ? 1000 :
    item.steps[1].matches(r'^-0+$') ? 0 : -1)}})
.map(item, {{
  'star': item.star, 'start': item.start, 'end': item.end, 'step': item.step,
  'junk': dyn(item.star && size(item.range) > 1),
  'problem': dyn({problem})}})"
    )
}

/// Go lower-cases by characters, and the dotted capital İ is an `i` to it.
fn named(names: &str) -> String {
    format!("{names}[?text.replace('İ', 'i').lowerAscii()].orValue(-1)")
}

/// What is wrong with an item, looked for in the order of the parser of Kubernetes.
fn problem(field: Field) -> String {
    let (minimum, maximum) = (field.minimum(), field.maximum());
    let expected = match field {
        Field::Month => "a number or a name of three letters such as JAN",
        Field::DayOfWeek => "a number or a name of three letters such as MON",
        _ => "a number",
    };
    let not_a_number = |text: &str| {
        format!(
            "{text} == '' ? 'lacks a number in the {field} field' :\n  \
             'has `' + {} + '` in the {field} field, where {expected} is needed'",
            cel::short(text)
        )
    };
    let item = cel::short("item.item");
    let out_of_range = |value: &str| {
        let sunday = if field == Field::DayOfWeek {
            format!(" + ({value} == 7 ? ' (Sunday is 0)' : '')")
        } else {
            String::new()
        };
        format!("'has {field} ' + string({value}) + ', which must be {minimum} to {maximum}'{sunday}")
    };
    format!(
        "!item.star && item.values[0] < 0 ? ({low}) :
  !item.star && size(item.range) > 2 ? 'has more than one hyphen in `' + {item} + '` of the {field} field' :
  !item.star && size(item.range) == 2 && item.values[1] < 0 ? ({high}) :
  size(item.steps) > 2 ? 'has more than one slash in `' + {item} + '` of the {field} field' :
  item.step < 0 && item.steps[1].matches(r'^-[0-9]{{1,18}}$') ?
  'has the negative number ' + item.steps[1] + ' in the {field} field' :
  item.step < 0 ? ({step}) :
  item.start < {minimum} ? {below} :
  item.end > {maximum} ? {above} :
  item.start > item.end ? 'has the backwards range ' + string(item.start) + ' to ' + string(item.end) +
  ' in the {field} field; ranges do not wrap around, write both parts' :
  item.step == 0 ? 'has step 0 in `' + {item} + '` of the {field} field; the smallest step is 1' : ''",
        low = not_a_number("item.range[0]"),
        high = not_a_number("item.range[1]"),
        step = not_a_number("item.steps[1]"),
        below = out_of_range("item.start"),
        above = out_of_range("item.end"),
    )
}
