//! The vectors come from runs of robfig/cron v3.0.1 itself: `tests/vectors/cron.csv` and `cron-dst.csv`.

mod csv;
mod meaning;
mod properties;
mod suggestions;
mod vectors;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Schedule;

fn schedule(text: &str) -> Schedule {
    Schedule::parse(text).unwrap_or_else(|error| panic!("{text:?} {error}"))
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an RFC 3339 instant")
}

/// The base of all vectors.
fn new_year() -> Timestamp {
    instant("2026-01-01T00:00:00Z")
}

fn next_in_utc(schedule: &Schedule, after: Timestamp) -> Option<Timestamp> {
    schedule.next(after, &TimeZone::UTC)
}
