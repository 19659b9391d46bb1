//! A schedule in plain English.

use super::field::{Field, Set};
use super::{Calendar, Schedule, Timing, shorten};

/// Up to this many times of day are listed one by one.
const MOST_TIMES: u32 = 6;

impl Schedule {
    /// What the schedule means: `at 02:00 every day`, `at 00:00 on day 13 of the month OR on Friday`.
    pub fn words(&self) -> String {
        let words = match &self.timing {
            Timing::Calendar(calendar) if calendar.never_fires() => return "never".to_owned(),
            Timing::Calendar(calendar) => calendar_words(calendar),
            Timing::Every(seconds) => format!("every {}, counted from the run before", period(*seconds)),
        };
        match self.time_zone() {
            Some("") => format!("{words} (UTC)"),
            Some(zone) if matches!(self.timing, Timing::Calendar(_)) => format!("{words} ({} time)", shorten(zone)),
            _ => words,
        }
    }
}

fn calendar_words(calendar: &Calendar) -> String {
    let (times, days) = (times(calendar), days(calendar));
    // "every 15 minutes" needs no "every day".
    let goes_round = times.starts_with("every ") && is_spread_out(calendar.hour, Field::Hour).is_some();
    match days.strip_prefix("every day") {
        Some(months) if goes_round => format!("{times}{months}"),
        _ => format!("{times} {days}"),
    }
}

/// When on a day.
fn times(calendar: &Calendar) -> String {
    let Calendar { minute, hour, .. } = *calendar;
    if hour.is_full(Field::Hour) {
        return match minute.values().next() {
            Some(0) if minute.count() == 1 => "every hour".to_owned(),
            _ if is_spread_out(minute, Field::Minute).is_some() => minutes(minute),
            _ => format!("every hour {}", minutes(minute)),
        };
    }
    if minute.count() == 1 {
        let at = minute.values().next().unwrap_or(0);
        let from_minute = if at == 0 {
            String::new()
        } else {
            format!(" at minute {at}")
        };
        if let Some((start, step)) = is_spread_out(hour, Field::Hour).filter(|_| hour.count() > 2) {
            let from = if start == 0 {
                String::new()
            } else {
                format!(" from {}", clock(start, at))
            };
            return format!("every {step} hours{from_minute}{from}");
        }
        if let Some((first, last)) = unbroken(hour).filter(|_| hour.count() > 3) {
            return format!("every hour from {} to {}", clock(first, at), clock(last, at));
        }
    }
    if minute.count() * hour.count() <= MOST_TIMES {
        let times = hour
            .values()
            .flat_map(|hour| minute.values().map(move |minute| clock(hour, minute)));
        return format!("at {}", list(times.collect()));
    }
    match unbroken(hour) {
        Some((first, last)) => format!("{} from {} to {}", minutes(minute), clock(first, 0), clock(last, 59)),
        None => format!("{} of the hours {}", minutes(minute), numbers(hour)),
    }
}

fn minutes(set: Set) -> String {
    if let Some((start, step)) = is_spread_out(set, Field::Minute) {
        return match (start, step) {
            (_, 1) => "every minute".to_owned(),
            (0, _) => format!("every {step} minutes"),
            _ => format!("every {step} minutes from minute {start}"),
        };
    }
    format!("at {} {}", plural("minute", set), numbers(set))
}

/// On which days.
fn days(calendar: &Calendar) -> String {
    let Calendar {
        day_of_month,
        month,
        day_of_week,
        ..
    } = *calendar;
    let is_every_month = month.is_full(Field::Month);
    let months = list(spans(month, |value| name(Field::Month, value)));
    let in_months = if is_every_month {
        String::new()
    } else {
        format!(" in {months}")
    };
    let of_months = if is_every_month { "the month".to_owned() } else { months };

    let dates = format!(
        "on {} {} of {of_months}",
        plural("day", day_of_month),
        numbers(day_of_month)
    );
    let weekdays = format!(
        "on {}{in_months}",
        list(spans(day_of_week, |value| name(Field::DayOfWeek, value)))
    );
    let every_date = day_of_month.is_full(Field::DayOfMonth);
    let every_weekday = day_of_week.is_full(Field::DayOfWeek);
    if calendar.needs_both_days() {
        match (every_date, every_weekday) {
            (true, true) => format!("every day{in_months}"),
            (true, false) => weekdays,
            (false, _) => dates,
        }
    } else if every_date || every_weekday {
        format!("every day{in_months}")
    } else if day_of_month.is_empty() {
        weekdays
    } else if day_of_week.is_empty() {
        dates
    } else {
        format!("{dates} OR {weekdays}")
    }
}

/// `1 hour 30 minutes`; a lone unit of one is the unit itself.
fn period(seconds: i64) -> String {
    let parts = [
        (seconds / 3_600, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(count, _)| *count > 0).collect();
    if let [(1, unit)] = parts[..] {
        return unit.to_owned();
    }
    let parts: Vec<_> = parts
        .iter()
        .map(|(count, unit)| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    parts.join(" ")
}

/// Start and step of a set that goes round its field in even steps, such as every 15 minutes.
pub(super) fn is_spread_out(set: Set, field: Field) -> Option<(u32, u32)> {
    let mut values = set.values();
    let (start, second) = (values.next()?, values.next()?);
    let step = second - start;
    let is_even =
        field.length().is_multiple_of(step) && set.bits() == Set::stepped(start, field.maximum(), step.into()).bits();
    (is_even && set.count() == field.length() / step).then_some((start, step))
}

/// First and last of a set without gaps.
fn unbroken(set: Set) -> Option<(u32, u32)> {
    let (first, last) = (set.values().next()?, set.values().last()?);
    (set.count() == last - first + 1).then_some((first, last))
}

fn clock(hour: u32, minute: u32) -> String {
    format!("{hour:02}:{minute:02}")
}

fn name(field: Field, value: u32) -> String {
    let index = usize::try_from(value - field.minimum()).unwrap_or(0);
    field.names().get(index).copied().unwrap_or_default().to_owned()
}

fn plural(word: &str, set: Set) -> String {
    if set.count() == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}

fn numbers(set: Set) -> String {
    list(spans(set, |value| value.to_string()))
}

/// The values by name, three and more in a row as `first to last`.
fn spans(set: Set, name: impl Fn(u32) -> String) -> Vec<String> {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for value in set.values() {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == value => *last = value,
            _ => spans.push((value, value)),
        }
    }
    spans
        .into_iter()
        .flat_map(|(first, last)| match last - first {
            0 => vec![name(first)],
            1 => vec![name(first), name(last)],
            _ => vec![format!("{} to {}", name(first), name(last))],
        })
        .collect()
}

fn list(mut items: Vec<String>) -> String {
    match (items.pop(), items.is_empty()) {
        (None, _) => String::new(),
        (Some(only), true) => only,
        (Some(last), false) => format!("{} and {last}", items.join(", ")),
    }
}
