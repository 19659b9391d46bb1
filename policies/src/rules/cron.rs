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

/// What is shared by the rules about schedules:
///
/// - `schedule`: the text, or its beginning;
/// - `quotedSchedule`: the same for a message;
/// - `schedulePeriod`: what stands behind `@every `;
/// - `hasTimeZone`: whether it begins with a time zone;
/// - `isSchedule`: whether it is a schedule at all, and not the other rule's because of a time zone;
/// - `scheduleFields`: what stands between blanks, empty for descriptors;
/// - `cronFields`: what Kubernetes takes in each of the five fields;
/// - `scheduleItems`: the items of all five fields in the order in which they stand, none when there are more or fewer
///   fields, as maps of `place` (of the field, from 0), `star`, `start`, `end`, `step`, and `parts`: what they were made of;
/// - `itemProblems`: what is wrong with them.
pub(super) fn variables() -> Vec<Named> {
    let blank = cel::WHITE_SPACE;
    vec![
        Named {
            about: "What NB5001, NB5002, NB5003 and NB5005 share: a schedule and the items of its fields.".to_owned(),
            ..Named::new("schedule", cel::start("variables.spec.?schedule.orValue('')"))
        },
        Named::new(
            "quotedSchedule",
            format!("'`' + {} + '`'", cel::short("variables.schedule")),
        ),
        Named::new("schedulePeriod", "variables.schedule.substring(size('@every '))"),
        Named::new(
            "hasTimeZone",
            format!("variables.schedule.matches(r'^[{blank}]*(CRON_)?TZ=')"),
        ),
        Named::new(
            "isSchedule",
            format!("variables.schedule != '' && size(variables.spec.schedule) <= {LONGEST} && !variables.hasTimeZone"),
        ),
        Named::new(
            "scheduleFields",
            format!(
                "variables.isSchedule && !variables.schedule.startsWith('@') ? variables.schedule.findAll(r'[^{blank}]+') : []"
            ),
        ),
        Named::new("cronFields", cron_fields()),
        Named::new("scheduleItems", items()),
        Named {
            about:
                "What is wrong with each item, for the same rules, looked for in the order of the parser of Kubernetes."
                    .to_owned(),
            ..Named::new("itemProblems", problems())
        },
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
            "size(variables.scheduleFields) == 5 && variables.itemProblems == []",
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

/// The name of each field, its least and its greatest number, and what stands there.
fn cron_fields() -> String {
    let field = |(_, field): (&str, Field)| {
        let names = match field {
            Field::Month => " or a name of three letters such as JAN",
            Field::DayOfWeek => " or a name of three letters such as MON",
            _ => "",
        };
        format!(
            "{{'name': dyn('{field}'), 'least': dyn({}), 'most': dyn({}), 'expected': dyn('a number{names}')}}",
            field.minimum(),
            field.maximum()
        )
    };
    format!("[{}]", FIELDS.map(field).join(",\n "))
}

/// Each item is taken apart together with the place of its field, which stands before it as a digit: no item has a blank.
///
/// Go lower-cases by characters, and the dotted capital İ is an `i` to it.
fn items() -> String {
    format!(
        "(size(variables.scheduleFields) == 5 ? [0, 1, 2, 3, 4] : [])
.map(place, variables.scheduleFields[place].split(',').map(item, string(place) + item).join(' '))
.join(' ').split(' ').filter(item, size(item) > 1)
.map(item, {{
  'place': dyn(int(item.substring(0, 1))), 'item': dyn(item.substring(1)), 'star': dyn(item.matches('^.[*?]([/-]|$)')),
  'field': dyn(variables.cronFields[int(item.substring(0, 1))]),
  'steps': dyn(item.substring(1).split('/')), 'range': dyn(item.substring(1).split('/')[0].split('-')),
  'values': dyn(item.substring(1).split('/')[0].split('-').map(text, text.matches({NUMBER}) ? int(text) :
    {NAMES}
    [?item.substring(0, 1) + text.replace('İ', 'i').lowerAscii()].orValue(-1)))}})
.map(item, {{
  'parts': dyn(item), 'place': item.place, 'star': item.star,
  'start': dyn(item.star ? item.field.least : item.values[0]),
  'end': dyn(item.star || size(item.range) < 2 && size(item.steps) > 1 ? item.field.most :
    item.values[size(item.range) > 1 ? 1 : 0]),
  'step': dyn(size(item.steps) < 2 ? 1 : item.steps[1].matches({NUMBER}) ? int(item.steps[1]) :
    item.steps[1].matches(r'^[+]?0*[1-9][0-9]{{18}}$') && item.steps[1].find(r'[0-9]{{19}}$') <= '9223372036854775807' ? 1000 :
    item.steps[1].matches(r'^-0+$') ? 0 : -1)}})"
    )
}

/// The problems of the items, in the order in which these stand, at most one of each. What is no number is looked for first,
/// as a list of that text alone, where nothing comes before it in the order of the parser.
fn problems() -> String {
    let in_field = "' in the ' + item.parts.field.name + ' field'";
    let of_field = "'` of the ' + item.parts.field.name + ' field'";
    let item = cel::short("item.parts.item");
    format!(
        "variables.scheduleItems.map(item, [
  !item.star && item.parts.values[0] < 0 ? [item.parts.range[0]] :
  !item.star && size(item.parts.range) > 2 ? [] :
  !item.star && size(item.parts.range) == 2 && item.parts.values[1] < 0 ? [item.parts.range[1]] :
  size(item.parts.steps) == 2 && item.step < 0 && !item.parts.steps[1].matches(r'^-[0-9]{{1,18}}$') ? [item.parts.steps[1]] : []]
.map(refused, size(refused) > 0 ?
    (refused[0] == '' ? 'lacks a number' : 'has `' + {refused} + '`') + {in_field} +
    (refused[0] == '' ? '' : ', where ' + item.parts.field.expected + ' is needed') :
  !item.star && size(item.parts.range) > 2 ? 'has more than one hyphen in `' + {item} + {of_field} :
  size(item.parts.steps) > 2 ? 'has more than one slash in `' + {item} + {of_field} :
  item.step < 0 ? 'has the negative number ' + item.parts.steps[1] + {in_field} :
  item.start < item.parts.field.least || item.end > item.parts.field.most ?
    'has ' + item.parts.field.name + ' ' + string(item.start < item.parts.field.least ? item.start : item.end) +
    ', which must be ' + string(item.parts.field.least) + ' to ' + string(item.parts.field.most) +
    (item.place == 4 && item.start >= item.parts.field.least && item.end == 7 ? ' (Sunday is 0)' : '') :
  item.start > item.end ? 'has the backwards range ' + string(item.start) + ' to ' + string(item.end) +
    {in_field} + '; ranges do not wrap around, write both parts' :
  item.step == 0 ? 'has step 0 in `' + {item} + {of_field} + '; the smallest step is 1' : '')[0])
.filter(problem, problem != '')",
        refused = cel::short("refused[0]"),
    )
}
