//! Whether two schedules ever start in the same minute.

use jiff::Timestamp;

use super::next::date;
use super::{Calendar, Schedule, Timing};

/// Ten years; a meeting later than that is nobody's concern.
const MOST_DAYS: u32 = 3_660;
const SECONDS_PER_DAY: i64 = 86_400;

/// The first minute after `from` in which both schedules run, both in UTC, within `horizon_days` (at most ten years).
///
/// None as well when one of them is `@every`, whose runs depend on when it was created, or names a zone of its own.
/// The search looks at days, never at minutes, so that no pair of schedules takes long.
pub fn first_common_run(a: &Schedule, b: &Schedule, from: Timestamp, horizon_days: u32) -> Option<Timestamp> {
    let (a, b) = (utc_calendar(a)?, utc_calendar(b)?);
    let hours = a.hour.bits() & b.hour.bits();
    let minutes = a.minute.bits() & b.minute.bits();
    let months = a.month.bits() & b.month.bits();
    if hours == 0 || minutes == 0 || months == 0 || a.never_fires() || b.never_fires() {
        return None;
    }
    let second = i64::try_from(from.as_nanosecond().div_euclid(1_000_000_000)).ok()?;
    let today = second.div_euclid(SECONDS_PER_DAY);
    // The first minute that begins after `from`, counted from the midnight of the first day.
    let earliest = second.rem_euclid(SECONDS_PER_DAY) / 60 + 1;
    let meets = |day_of_epoch: i64| {
        let (_, month, day) = date(day_of_epoch);
        let weekday = u32::try_from((day_of_epoch + 4).rem_euclid(7)).unwrap_or(0);
        months & 1 << month != 0 && a.matches_day(day, weekday) && b.matches_day(day, weekday)
    };
    // One day more than asked for, because the first is only a part.
    (today..=today + i64::from(horizon_days.min(MOST_DAYS)))
        .filter(|day| meets(*day))
        .find_map(|day| {
            let earliest = if day == today { earliest } else { 0 };
            let minute = first_minute(hours, minutes, earliest)?;
            let run = Timestamp::from_second(day * SECONDS_PER_DAY + minute * 60).ok()?;
            let last = second + i64::from(horizon_days.min(MOST_DAYS)) * SECONDS_PER_DAY;
            (run.as_second() <= last).then_some(run)
        })
}

fn utc_calendar(schedule: &Schedule) -> Option<&Calendar> {
    let is_utc = schedule.time_zone().is_none_or(|name| name.is_empty() || name == "UTC");
    match &schedule.timing {
        Timing::Calendar(calendar) if is_utc => Some(calendar),
        _ => None,
    }
}

/// The first minute of the day, not before `earliest`, whose hour and minute are selected.
fn first_minute(hours: u64, minutes: u64, earliest: i64) -> Option<i64> {
    let selected = |bits: u64, limit: i64| (0..limit).filter(move |value| bits & 1 << value != 0);
    selected(hours, 24)
        .flat_map(|hour| selected(minutes, 60).map(move |minute| hour * 60 + minute))
        .find(|minute| *minute >= earliest)
}
