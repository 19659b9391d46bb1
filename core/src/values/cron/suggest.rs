//! The schedule that was meant by a text that is not one, where there is no doubt.
//!
//! Each habit of another cron is put right by itself; what comes out must parse and must run at some time.

use super::Schedule;
use super::error::CronError;
use super::field::{Field, Set};
use super::parse::Item;

impl CronError {
    /// The schedule that was meant, where there is no doubt about it. It always parses and runs at some time.
    pub fn suggestion(&self) -> Option<String> {
        correct(self.text()?)
    }

    /// The two schedules that six fields may mean, without the first of them and without the last, where both make sense.
    /// Both parse and run at some time.
    pub fn readings(&self) -> Option<[String; 2]> {
        let joined = join_lists(without_wrapping(self.text()?));
        let fields: Vec<&str> = joined.split_whitespace().collect();
        if fields.len() != 6 {
            return None;
        }
        let [without_first, without_last] = two_readings(&fields, &joined);
        Some([without_first?, without_last?])
    }
}

/// The corrected text. A text with a zone prefix gets none: the prefix itself is refused by the operator.
fn correct(text: &str) -> Option<String> {
    let text = without_wrapping(text);
    let candidate = if text.starts_with('@') {
        descriptor(text)?
    } else {
        fields(text)?
    };
    runs(&candidate).then_some(candidate)
}

/// Without outer blanks, quotes that became part of the value, and a comment at the end.
fn without_wrapping(text: &str) -> &str {
    let text = text.split_once(" #").map_or(text, |(before, _)| before).trim();
    let quoted = |quote| text.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    ['\'', '"', '`'].into_iter().find_map(quoted).unwrap_or(text).trim()
}

fn descriptor(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let Some(period) = lower.strip_prefix("@every") else {
        return Some(lower);
    };
    let period = period.trim();
    if Schedule::parse(&format!("@every {period}")).is_ok() {
        // A capital M may be months to the writer; the other capitals have one meaning.
        return (!text.contains('M')).then(|| format!("@every {period}"));
    }
    let (count, hours) = match period.strip_suffix('d') {
        Some(days) => (days, 24),
        None => (period.strip_suffix('w')?, 24 * 7),
    };
    let count: u32 = count.parse().ok().filter(|count| (1..=1_000).contains(count))?;
    Some(format!("@every {}h", count * hours))
}

fn fields(text: &str) -> Option<String> {
    let joined = join_lists(text);
    let fields: Vec<&str> = joined.split_whitespace().collect();
    let is_number = |field: &str| !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_digit());
    let five: Vec<&str> = match fields[..] {
        [_, _, _, _, _] => fields,
        // `0 2 * *`: one star too few. Only where the date is not restricted is it clear which one.
        [minute, hour, a, b] if is_number(minute) && is_number(hour) && is_star(a) && is_star(b) => {
            vec![minute, hour, a, b, "*"]
        }
        [_, _, _, _, _, _] => return one_field_too_many(&fields, text),
        // Quartz: seconds in front, any year behind.
        [second, _, hour, _, _, weekday, year] if is_star(year) && is_seconds_first(second, hour, weekday, text) => {
            fields[1..6].to_vec()
        }
        _ => return None,
    };
    five_fields(&five)
}

/// Five fields with the wrong items of each rewritten.
fn five_fields(five: &[&str]) -> Option<String> {
    let date_is_free = is_star(five.get(2)?);
    let corrected: Option<Vec<String>> = Field::ALL
        .into_iter()
        .zip(five)
        .map(|(field, text)| correct_field(text, field, date_is_free))
        .collect();
    Some(corrected?.join(" "))
}

fn is_star(field: &str) -> bool {
    matches!(field, "*" | "?")
}

/// What six fields mean, where only one reading makes sense: the first is seconds, or the last is a star too many.
///
/// `0 0 3 * * *` can only begin with seconds, because nobody means midnight of the third of each month. `0 2 * * * *` is
/// either every hour at minute 2 or every day at 02:00, and only its author knows.
fn one_field_too_many(fields: &[&str], text: &str) -> Option<String> {
    let [without_first, without_last] = two_readings(fields, text);
    match (without_first, without_last) {
        (Some(reading), None) if matches!(fields.first(), Some(&("0" | "00"))) => Some(reading),
        (None, Some(reading)) => Some(reading),
        _ => None,
    }
}

/// What six fields mean without the first of them and without the last, as far as that makes sense.
fn two_readings(fields: &[&str], text: &str) -> [Option<String>; 2] {
    let [first, .., weekday] = fields else {
        return [None, None];
    };
    let is_number = first.bytes().all(|byte| byte.is_ascii_digit());
    let is_quartz = text.contains('?');
    // Quartz counts Sunday as 1, so that a number there is not what it seems.
    let weekday_is_safe = !is_quartz || !weekday.contains(|next: char| next.is_ascii_digit());
    let without_first = fields.get(1..).filter(|_| is_number && weekday_is_safe);
    let without_last = fields
        .get(..5)
        .filter(|five| *weekday == "*" && !is_quartz && !is_odd_day(five));
    [without_first, without_last].map(|five| five.and_then(five_fields).filter(|text| runs(text)))
}

/// Whether the third of five fields is one day of the month that nobody chooses for it.
fn is_odd_day(five: &[&str]) -> bool {
    let day = five.get(2).and_then(|day| day.parse::<u32>().ok());
    day.is_some_and(|day| !matches!(day, 1 | 15))
}

/// Whether it is a schedule that runs at some time.
fn runs(text: &str) -> bool {
    Schedule::parse(text).is_ok_and(|schedule| !schedule.never_fires())
}

/// Whether seven fields begin with seconds: a restricted third field can only be the hour then, as stars follow it.
///
/// Quartz, which is known by its question mark, counts Sunday as 1, so that a number there is not what it seems.
fn is_seconds_first(second: &str, hour: &str, weekday: &str, text: &str) -> bool {
    let is_zero = second == "0" || second == "00";
    let is_hour = hour.starts_with(|c: char| c.is_ascii_digit()) || hour.starts_with("*/");
    let weekday_is_safe = !text.contains('?') || !weekday.contains(|c: char| c.is_ascii_digit());
    is_zero && is_hour && weekday_is_safe
}

/// `1, 2` is one list, although a blank ends the field.
fn join_lists(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for part in text.split_whitespace() {
        if !joined.is_empty() && !joined.ends_with(',') && !part.starts_with(',') {
            joined.push(' ');
        }
        joined.push_str(part);
    }
    joined
}

/// The field with its wrong items rewritten, None when an item cannot be saved.
fn correct_field(text: &str, field: Field, date_is_free: bool) -> Option<String> {
    let mut is_changed = false;
    let mut items = Vec::new();
    for item in text.split(',').filter(|item| !item.is_empty()) {
        if Item::parse(item, field).is_ok() {
            items.push(item.to_owned());
        } else {
            items.push(correct_item(item, field)?);
            is_changed = true;
        }
    }
    if !is_changed {
        return Some(text.to_owned());
    }
    let corrected = items.join(",");
    let mut set = Set::default();
    for item in corrected.split(',') {
        set = set.union(Item::parse(item, field).ok()?.set(field));
    }
    if !set.is_full(field) {
        return Some(corrected);
    }
    // All seven days are a star, unless the date is restricted too: then AND and OR are different schedules.
    (field != Field::DayOfWeek || date_is_free).then(|| "*".to_owned())
}

fn correct_item(item: &str, field: Field) -> Option<String> {
    let (range, step) = item
        .split_once('/')
        .map_or((item, None), |(range, step)| (range, Some(step)));
    // `/15` lacks its star.
    if range.is_empty() {
        return Some(format!("*/{}", step?));
    }
    let step_text = step.map(|step| format!("/{step}")).unwrap_or_default();
    let Some((low, high)) = range.split_once('-') else {
        return Some(format!("{}{step_text}", correct_value(range, field)?));
    };
    let (low, high_is_sunday) = (correct_value(low, field)?, field == Field::DayOfWeek && high == "7");
    let high = correct_value(high, field)?;
    let plain = format!("{low}-{high}{step_text}");
    if !high_is_sunday && Item::parse(&plain, field).is_ok() {
        return Some(plain);
    }
    let (start, end) = (number(&low, field)?, number(&high, field)?);
    let end = if end < start || high_is_sunday {
        end + field.length()
    } else {
        end
    };
    let step = step.map_or(Some(1), |step| step.parse().ok().filter(|step| *step > 0))?;
    Some(unwrap_range(start, end, step, field))
}

/// A name of more than three letters, and the other number of Sunday.
fn correct_value(text: &str, field: Field) -> Option<String> {
    if field.named(text).is_some() {
        return Some(text.to_owned());
    }
    if text.len() > 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        let full = field.names().iter().find(|name| {
            name.get(..text.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(text))
        })?;
        return full.get(..3).map(str::to_ascii_uppercase);
    }
    match (field, text.parse::<u32>().ok()?) {
        (Field::DayOfWeek, 7) => Some("0".to_owned()),
        (_, value) if (field.minimum()..=field.maximum()).contains(&value) => Some(text.to_owned()),
        _ => None,
    }
}

fn number(text: &str, field: Field) -> Option<u32> {
    field.named(text).or_else(|| text.parse().ok())
}

/// A range that goes past the end of its field, as a list: `5-1` of the weekdays as `5,6,0,1`, `22-2` as `22-23,0-2`.
///
/// `end` counts on beyond the largest value.
fn unwrap_range(start: u32, end: u32, step: usize, field: Field) -> String {
    let (minimum, maximum, length) = (field.minimum(), field.maximum(), field.length());
    if step == 1 && field != Field::DayOfWeek && end > maximum {
        let part = |first: u32, last: u32| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        };
        return format!("{},{}", part(start, maximum), part(minimum, end - length));
    }
    let values: Vec<String> = (start..=end)
        .step_by(step)
        .map(|value| (minimum + (value - minimum) % length).to_string())
        .collect();
    values.join(",")
}
