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

/// The names that months and weekdays have, behind the place of their field.
const NAMES: &str = "{'3jan': 1, '3feb': 2, '3mar': 3, '3apr': 4, '3may': 5, '3jun': 6, '3jul': 7, '3aug': 8, '3sep': 9, \
                     '3oct': 10, '3nov': 11, '3dec': 12, '4sun': 0, '4mon': 1, '4tue': 2, '4wed': 3, '4thu': 4, '4fri': 5, \
                     '4sat': 6}";

/// A number as Go's `strconv.Atoi` takes it, without the few of 19 digits that it takes as well: they are beyond every
/// bound.
const NUMBER: &str = "r'^[+]?0*[0-9]{1,18}$'";

/// - `schedule`: the text, or its beginning;
/// - `hasTimeZone`: whether it begins with a time zone;
/// - `isSchedule`: whether it is a schedule at all, and not the other rule's because of a time zone;
/// - `scheduleFields`: what stands between blanks, empty for descriptors;
/// - `scheduleItems`: the items of all five fields in the order in which they stand, none when there are more or fewer
///   fields, as maps of `place` (of the field, from 0), `problem` (empty when the item is good), `star`, `junk` (characters
///   behind the star), `start`, `end` and `step`.
pub(super) fn variables() -> Vec<Named> {
    let blank = cel::WHITE_SPACE;
    vec![
        Named::new("writtenSchedule", "variables.spec.?schedule.orValue('')"),
        Named::new("schedule", cel::start("variables.writtenSchedule")),
        Named::new(
            "hasTimeZone",
            format!("variables.schedule.matches(r'^[{blank}]*(CRON_)?TZ=')"),
        ),
        Named::new(
            "isSchedule",
            format!(
                "variables.schedule != '' && size(variables.writtenSchedule) <= {LONGEST} && !variables.hasTimeZone"
            ),
        ),
        Named::new(
            "scheduleFields",
            format!(
                "variables.isSchedule && !variables.schedule.startsWith('@')\n? variables.schedule.findAll(r'[^{blank}]+') : []"
            ),
        ),
        Named::new("scheduleItems", items()),
    ]
}

/// The variables for the items of each field, with these names.
pub(super) fn fields() -> Vec<Named> {
    let field = |(place, (name, _)): (usize, (&str, Field))| {
        Named::new(
            name,
            format!("variables.scheduleItems.filter(item, item.place == {place})"),
        )
    };
    FIELDS.into_iter().enumerate().map(field).collect()
}

/// Every problem of the five fields, in the order in which they stand.
pub(super) fn problems() -> &'static str {
    "variables.scheduleItems.filter(item, item.problem != '').map(item, item.problem)"
}

/// Whether it ever runs, for a schedule of five fields:
///
/// - `isValidSchedule`: whether it is one, without a problem;
/// - `anyDay`, `anyWeekday`: whether the field is a star, which leaves the choice of the day to the other one;
/// - `selectsDate`: whether a selected month is long enough for the first selected day;
/// - `neverFires`: a field of commas only, or no such month, unless weekdays are selected beside the days.
pub(super) fn runs() -> Vec<Named> {
    let star = |field: &str| format!("variables.{field}.exists(item, item.star && item.step == 1)");
    let mut variables = fields();
    variables.extend([
        Named::new(
            "isValidSchedule",
            "size(variables.scheduleFields) == 5 && variables.scheduleItems.all(item, item.problem == '')",
        ),
        Named::new("anyDay", star("days")),
        Named::new("anyWeekday", star("weekdays")),
        Named::new(
            "selectsDate",
            "variables.places.exists(month, month > 0 && month < 13 &&
  variables.days.exists(day, day.start <= [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]) &&
  variables.months.exists(item, month >= item.start && month <= item.end && (month - item.start) % item.step == 0))",
        ),
        Named::new(
            "neverFires",
            "variables.isValidSchedule &&
(size(variables.minutes) == 0 || size(variables.hours) == 0 || size(variables.months) == 0 ||
 (variables.anyWeekday ? !variables.selectsDate :
  size(variables.weekdays) == 0 && (variables.anyDay || !variables.selectsDate)))",
        ),
    ]);
    variables
}

/// A number for each field, in order.
fn list(of: impl Fn(Field) -> u32) -> String {
    FIELDS.map(|(_, field)| of(field).to_string()).join(", ")
}

/// Each item is taken apart together with the place of its field, which stands before it as a digit: no item has a blank.
fn items() -> String {
    format!(
        "(size(variables.scheduleFields) == 5 ? [0, 1, 2, 3, 4] : [])
.map(place, variables.scheduleFields[place].split(',').map(item, string(place) + item).join(' '))
.join(' ').split(' ').filter(item, size(item) > 1)
.map(item, {{
  'place': dyn(int(item.substring(0, 1))), 'item': dyn(item.substring(1)),
  'steps': dyn(item.substring(1).split('/')), 'range': dyn(item.substring(1).split('/')[0].split('-'))}})
.map(item, {{
  'place': item.place, 'item': item.item, 'steps': item.steps, 'range': item.range,
  'field': dyn([{names}][item.place]),
  'expected': dyn(item.place < 3 ? 'a number' :
    'a number or a name of three letters such as ' + (item.place == 3 ? 'JAN' : 'MON')),
  'least': dyn([{least}][item.place]), 'most': dyn([{most}][item.place]),
  'star': dyn(item.range[0] in ['*', '?']),
  'values': dyn(item.range.map(text, text.matches({NUMBER}) ? int(text) :
    {NAMES}[?string(item.place) + text.replace('İ', 'i').lowerAscii()].orValue(-1)))}})
.map(item, {{
  'place': item.place, 'item': item.item, 'steps': item.steps, 'range': item.range, 'field': item.field, 'expected': item.expected,
  'least': item.least, 'most': item.most, 'star': item.star, 'values': item.values,
  'start': dyn(item.star ? item.least : item.values[0]),
  'end': dyn(item.star || size(item.range) < 2 && size(item.steps) > 1 ? item.most :
    item.values[size(item.range) > 1 ? 1 : 0]),
  'step': dyn(size(item.steps) < 2 ? 1 : item.steps[1].matches({NUMBER}) ? int(item.steps[1]) :
    item.steps[1].matches(r'^[+]?0*[1-9][0-9]{{18}}$') && item.steps[1].find(r'[0-9]{{19}}$') <= '9223372036854775807' ? 1000 :
    item.steps[1].matches(r'^-0+$') ? 0 : -1)}})
.map(item, {{
  'place': item.place, 'star': item.star, 'start': item.start, 'end': item.end, 'step': item.step,
  'junk': dyn(item.star && size(item.range) > 1),
  'problem': dyn({problem})}})",
        names = FIELDS.map(|(_, field)| format!("'{field}'")).join(", "),
        least = list(Field::minimum),
        most = list(Field::maximum),
        problem = problem(),
    )
}

/// What is wrong with an item, looked for in the order of the parser of Kubernetes.
///
/// Go lower-cases by characters, and the dotted capital İ is an `i` to it.
fn problem() -> String {
    let not_a_number = |text: &str| {
        format!(
            "{text} == '' ? 'lacks a number in the ' + item.field + ' field' :\n  \
             'has `' + {} + '` in the ' + item.field + ' field, where ' + item.expected + ' is needed'",
            cel::short(text)
        )
    };
    let item = cel::short("item.item");
    format!(
        "!item.star && item.values[0] < 0 ? ({low}) :
  !item.star && size(item.range) > 2 ? 'has more than one hyphen in `' + {item} + '` of the ' + item.field + ' field' :
  !item.star && size(item.range) == 2 && item.values[1] < 0 ? ({high}) :
  size(item.steps) > 2 ? 'has more than one slash in `' + {item} + '` of the ' + item.field + ' field' :
  item.step < 0 && item.steps[1].matches(r'^-[0-9]{{1,18}}$') ?
  'has the negative number ' + item.steps[1] + ' in the ' + item.field + ' field' :
  item.step < 0 ? ({step}) :
  item.start < item.least || item.end > item.most ?
  'has ' + item.field + ' ' + string(item.start < item.least ? item.start : item.end) + ', which must be ' +
  string(item.least) + ' to ' + string(item.most) + (item.place == 4 && item.start >= item.least && item.end == 7 ? ' (Sunday is 0)' : '') :
  item.start > item.end ? 'has the backwards range ' + string(item.start) + ' to ' + string(item.end) +
  ' in the ' + item.field + ' field; ranges do not wrap around, write both parts' :
  item.step == 0 ? 'has step 0 in `' + {item} + '` of the ' + item.field + ' field; the smallest step is 1' : ''",
        low = not_a_number("item.range[0]"),
        high = not_a_number("item.range[1]"),
        step = not_a_number("item.steps[1]"),
    )
}
