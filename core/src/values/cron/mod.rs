//! Cron schedules exactly as Kubernetes reads and runs them: robfig/cron v3.0.1, `ParseStandard` and `Next`.
//!
//! No crate has these semantics. Sunday is 0 and 7 is refused; a day field with a star joins the other day field with
//! AND, any two others with OR; a fixed time inside a spring gap is skipped, one inside an autumn overlap runs twice.
//! The quirks are kept on purpose: a schedule must be judged as it will run.
//!
//! [`Schedule::parse`] says whether the API server takes a text, [`Schedule::next`] when it runs, [`Schedule::words`]
//! what it means, [`Schedule::remarks`] what is probably not meant.

mod error;
mod field;
mod never;
mod next;
mod overlap;
mod parse;
mod period;
mod remarks;
mod suggest;
mod words;
mod zone_prefix;

#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;

pub use self::error::{CronError, Problem};
pub use self::field::Field;
use self::field::Set;
pub use self::overlap::first_common_run;
pub use self::period::PeriodProblem;
pub use self::remarks::{Remark, RemarkKind};
pub use self::zone_prefix::zone_prefix;
use super::shorten::shorten;

/// A schedule that the API server accepts.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// The expression behind the zone prefix, as it was written.
    expression: String,
    timing: Timing,
    prefix: Option<ZonePrefix>,
}

/// When a schedule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timing {
    /// At the minutes that the five sets select.
    Calendar(Calendar),
    /// `@every`: this many seconds after the last time, at least 1.
    Every(i64),
}

/// The five fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Calendar {
    minute: Set,
    hour: Set,
    day_of_month: Set,
    month: Set,
    day_of_week: Set,
}

/// `TZ=` or `CRON_TZ=` in front of the expression.
#[derive(Debug, Clone, PartialEq)]
struct ZonePrefix {
    name: String,
    /// None for `Local`, which leaves the choice to whoever runs the schedule.
    zone: Option<TimeZone>,
}

impl Schedule {
    /// The zone that a `TZ=` or `CRON_TZ=` prefix names, which may be empty (UTC).
    ///
    /// The operator and Kubernetes 1.29 and later refuse such a prefix, although the parser takes it.
    pub fn time_zone(&self) -> Option<&str> {
        self.prefix.as_ref().map(|prefix| prefix.name.as_str())
    }

    /// Whether it runs at times of the clock, and not in equal steps as `@every` does.
    pub fn goes_by_clock(&self) -> bool {
        matches!(self.timing, Timing::Calendar(_))
    }
}

impl Calendar {
    /// Whether a day must satisfy both day fields, as a star in either of them demands. Otherwise one is enough.
    fn needs_both_days(&self) -> bool {
        self.day_of_month.has_star() || self.day_of_week.has_star()
    }

    /// Whether the schedule runs on a day (weekday 0 is Sunday) of a selected month.
    fn matches_day(&self, day_of_month: u32, day_of_week: u32) -> bool {
        let (date, weekday) = (
            self.day_of_month.contains(day_of_month),
            self.day_of_week.contains(day_of_week),
        );
        if self.needs_both_days() {
            date && weekday
        } else {
            date || weekday
        }
    }
}
