//! From text to schedule: what `cron.ParseStandard` of robfig/cron v3.0.1 accepts, no more and no less.

use super::error::{CronError, Problem};
use super::field::{Field, Set};
use super::{Calendar, Schedule, Timing, ZonePrefix, period, shorten, zone_prefix};
use crate::values::time_zone;

impl Schedule {
    /// Reads five fields, a descriptor such as `@daily`, or `@every` and a Go duration, each with a zone prefix or
    /// without.
    pub fn parse(text: &str) -> Result<Schedule, CronError> {
        parse(text).map_err(|problem| CronError::new(problem, text))
    }
}

fn parse(text: &str) -> Result<Schedule, Problem> {
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    let (prefix, expression) = split_prefix(text)?;
    let timing = if expression.starts_with('@') {
        descriptor(expression)?
    } else {
        five_fields(expression)?
    };
    Ok(Schedule {
        expression: expression.to_owned(),
        timing,
        prefix,
    })
}

/// Takes `TZ=` or `CRON_TZ=` off the front. Only there is the expression trimmed, and only a plain blank ends the name.
fn split_prefix(text: &str) -> Result<(Option<ZonePrefix>, &str), Problem> {
    let Some(rest) = zone_prefix::behind(text) else {
        return Ok((None, text));
    };
    let (name, expression) = rest.split_once(' ').ok_or(Problem::NothingAfterTimeZone)?;
    let zone = match name {
        "" => Some(jiff::tz::TimeZone::UTC),
        "Local" => None,
        _ => match time_zone::lookup(name) {
            Ok(zone) => Some(zone),
            Err(_) => return Err(Problem::UnknownTimeZone { name: shorten(name) }),
        },
    };
    Ok((
        Some(ZonePrefix {
            name: name.to_owned(),
            zone,
        }),
        expression.trim(),
    ))
}

fn descriptor(text: &str) -> Result<Timing, Problem> {
    let fields = match text {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => {
            let Some(duration) = text.strip_prefix("@every ") else {
                return Err(Problem::UnknownDescriptor { text: shorten(text) });
            };
            return match period::seconds(duration) {
                Ok(seconds) => Ok(Timing::Every(seconds)),
                Err(reason) => Err(Problem::BadPeriod {
                    text: shorten(duration),
                    reason,
                }),
            };
        }
    };
    five_fields(fields)
}

fn five_fields(text: &str) -> Result<Timing, Problem> {
    let mut fields = text.split_whitespace();
    let (Some(minute), Some(hour), Some(day_of_month), Some(month), Some(day_of_week), None) = (
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
    ) else {
        return Err(Problem::FieldCount {
            found: text.split_whitespace().count(),
        });
    };
    Ok(Timing::Calendar(Calendar {
        minute: set(minute, Field::Minute)?,
        hour: set(hour, Field::Hour)?,
        day_of_month: set(day_of_month, Field::DayOfMonth)?,
        month: set(month, Field::Month)?,
        day_of_week: set(day_of_week, Field::DayOfWeek)?,
    }))
}

/// A list of items between commas. Empty items do not count, so that a lone comma selects nothing at all.
fn set(text: &str, field: Field) -> Result<Set, Problem> {
    let mut set = Set::default();
    for item in text.split(',').filter(|item| !item.is_empty()) {
        set = set.union(Item::parse(item, field)?.set(field));
    }
    Ok(set)
}

/// One item of a list: a star, a value or a range, with or without a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) start: u32,
    pub(super) end: u32,
    /// At least 1; may be far beyond the range.
    pub(super) step: u64,
    /// `*` or `?`, which mean the same.
    pub(super) is_star: bool,
    /// Something stands between the star and the step. It is not read.
    pub(super) has_junk: bool,
}

impl Item {
    /// Checks in the order of robfig, so that the first complaint is the same.
    pub(super) fn parse(item: &str, field: Field) -> Result<Item, Problem> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        let (low, high) = match range.split_once('-') {
            Some((low, high)) => (low, Some(high)),
            None => (range, None),
        };
        let is_star = low == "*" || low == "?";
        let (start, mut end) = if is_star {
            (u64::from(field.minimum()), u64::from(field.maximum()))
        } else {
            let start = value(low, field)?;
            match high {
                None => (start, start),
                Some(high) if high.contains('-') => {
                    return Err(Problem::TooManyHyphens {
                        field,
                        item: shorten(item),
                    });
                }
                Some(high) => (start, value(high, field)?),
            }
        };
        let step = match step {
            None => 1,
            Some(step) if step.contains('/') => {
                return Err(Problem::TooManySlashes {
                    field,
                    item: shorten(item),
                });
            }
            Some(step) => {
                let step = number(step, field)?;
                if high.is_none() {
                    end = u64::from(field.maximum());
                }
                step
            }
        };
        let bounds = u64::from(field.minimum())..=u64::from(field.maximum());
        if start < *bounds.start() {
            return Err(Problem::BelowMinimum { field, start });
        }
        if end > *bounds.end() {
            return Err(Problem::AboveMaximum { field, end });
        }
        if start > end {
            return Err(Problem::Backwards { field, start, end });
        }
        if step == 0 {
            return Err(Problem::ZeroStep {
                field,
                item: shorten(item),
            });
        }
        let narrow = |value: u64| u32::try_from(value).unwrap_or(field.maximum());
        Ok(Item {
            start: narrow(start),
            end: narrow(end),
            step,
            is_star,
            has_junk: is_star && high.is_some(),
        })
    }

    /// The values of the item. A star keeps its mark only with step 1.
    pub(super) fn set(self, field: Field) -> Set {
        if self.is_star && self.step == 1 {
            Set::star(field)
        } else {
            Set::stepped(self.start, self.end, self.step)
        }
    }
}

fn value(text: &str, field: Field) -> Result<u64, Problem> {
    match field.named(text) {
        Some(value) => Ok(u64::from(value)),
        None => number(text, field),
    }
}

/// A number as Go's `strconv.Atoi` takes it: a sign is allowed, leading zeros too, no more than 64 bits.
fn number(text: &str, field: Field) -> Result<u64, Problem> {
    let number: i64 = text.parse().map_err(|_| Problem::not_a_number(field, text))?;
    u64::try_from(number).map_err(|_| Problem::Negative { field, number })
}
