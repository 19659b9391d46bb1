//! The next run, step by step as robfig's `Next` looks for it.
//!
//! The search must take the same steps and not only obey the same rules: where a day has no midnight, or an hour comes
//! twice, the outcome follows from how the search moves through instants and wall-clock times.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Calendar, Schedule, Timing};

/// More steps than any search takes that ends: five years of months and the days, hours and minutes of a few.
///
/// robfig itself never ends in Pacific/Apia at the skipped day of 2011; here that counts as "no run".
const MOST_STEPS: u32 = 4_000;
const SECONDS_PER_DAY: i64 = 86_400;

impl Schedule {
    /// The first run after `after`, as Kubernetes computes it in `zone`; a zone prefix of the schedule goes first.
    ///
    /// None when there is none within five calendar years, which is where Kubernetes gives up for good.
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let second = i64::try_from(after.as_nanosecond().div_euclid(1_000_000_000)).ok()?;
        let found = match &self.timing {
            Timing::Every(seconds) => second.checked_add(*seconds)?,
            Timing::Calendar(calendar) => {
                let zone = self
                    .prefix
                    .as_ref()
                    .and_then(|prefix| prefix.zone.as_ref())
                    .unwrap_or(zone);
                if calendar.never_fires() {
                    return None;
                }
                Search {
                    calendar,
                    zone,
                    steps: 0,
                    added: false,
                    time: Local::at(second + 1, zone),
                }
                .run()?
            }
        };
        Timestamp::from_second(found).ok()
    }

    /// All runs after `after`, one after the other.
    pub fn runs(&self, after: Timestamp, zone: &TimeZone) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next(after, zone), |last| self.next(*last, zone))
    }
}

struct Search<'a> {
    calendar: &'a Calendar,
    zone: &'a TimeZone,
    steps: u32,
    /// Whether the search has left the moment it started at. It is never taken back, also not when a new year begins.
    added: bool,
    time: Local,
}

impl Search<'_> {
    /// The instant in seconds of the epoch.
    fn run(&mut self) -> Option<i64> {
        let last_year = self.time.year + 5;
        loop {
            if self.time.year > last_year {
                return None;
            }
            // A field that overflows starts the round anew, because the larger fields have changed.
            if self.find_month()?
                && self.find_day()?
                && self.find_hour()?
                && self.find_minute()?
                && self.find_second()?
            {
                return Some(self.time.second_of_epoch);
            }
        }
    }

    /// The searches below answer false when they overflow into the next larger field, None after too many steps.
    fn find_month(&mut self) -> Option<bool> {
        while !self.calendar.month.contains(self.time.month) {
            if self.leaves_start() {
                self.time = Local::from_wall_clock(self.time.year, self.time.month, 1, 0, self.zone);
            }
            // The time of day is kept, the day is 1.
            let wall = self.time;
            self.time = Local::from_wall_clock(wall.year, wall.month + 1, wall.day, wall.second_of_day, self.zone);
            self.count()?;
            if self.time.month == 1 {
                return Some(false);
            }
        }
        Some(true)
    }

    fn find_day(&mut self) -> Option<bool> {
        while !self.calendar.matches_day(self.time.day, self.time.weekday()) {
            if self.leaves_start() {
                self.time = Local::from_wall_clock(self.time.year, self.time.month, self.time.day, 0, self.zone);
            }
            let wall = self.time;
            self.time = Local::from_wall_clock(wall.year, wall.month, wall.day + 1, wall.second_of_day, self.zone);
            // Without a midnight the day starts at another hour, and the search goes back to where midnight would be.
            let hour = self.time.hour();
            if hour > 12 {
                self.advance(i64::from(24 - hour) * 3_600);
            } else if hour > 0 {
                self.advance(-i64::from(hour) * 3_600);
            }
            self.count()?;
            if self.time.day == 1 {
                return Some(false);
            }
        }
        Some(true)
    }

    fn find_hour(&mut self) -> Option<bool> {
        while !self.calendar.hour.contains(self.time.hour()) {
            if self.leaves_start() {
                let hour_start = self.time.hour() * 3_600;
                self.time =
                    Local::from_wall_clock(self.time.year, self.time.month, self.time.day, hour_start, self.zone);
            }
            // An hour of real time, not of the clock on the wall.
            self.advance(3_600);
            self.count()?;
            if self.time.hour() == 0 {
                return Some(false);
            }
        }
        Some(true)
    }

    fn find_minute(&mut self) -> Option<bool> {
        while !self.calendar.minute.contains(self.time.minute()) {
            if self.leaves_start() {
                self.advance(-self.time.second_of_epoch.rem_euclid(60));
            }
            self.advance(60);
            self.count()?;
            if self.time.minute() == 0 {
                return Some(false);
            }
        }
        Some(true)
    }

    /// A run starts at second 0.
    fn find_second(&mut self) -> Option<bool> {
        while self.time.second() != 0 {
            self.added = true;
            self.advance(1);
            self.count()?;
            if self.time.second() == 0 {
                return Some(false);
            }
        }
        Some(true)
    }

    /// True the first time that any field has to move: then the smaller fields are set back to their start.
    fn leaves_start(&mut self) -> bool {
        !std::mem::replace(&mut self.added, true)
    }

    fn advance(&mut self, seconds: i64) {
        self.time = Local::at(self.time.second_of_epoch + seconds, self.zone);
    }

    fn count(&mut self) -> Option<()> {
        self.steps += 1;
        (self.steps <= MOST_STEPS).then_some(())
    }
}

/// An instant, and what the clock on the wall shows then.
#[derive(Debug, Clone, Copy)]
struct Local {
    second_of_epoch: i64,
    year: i64,
    month: u32,
    day: u32,
    second_of_day: u32,
    day_of_epoch: i64,
}

impl Local {
    fn at(second_of_epoch: i64, zone: &TimeZone) -> Local {
        let wall = second_of_epoch + offset(second_of_epoch, zone);
        let day_of_epoch = wall.div_euclid(SECONDS_PER_DAY);
        let (year, month, day) = date(day_of_epoch);
        let second_of_day = u32::try_from(wall.rem_euclid(SECONDS_PER_DAY)).unwrap_or(0);
        Local {
            second_of_epoch,
            year,
            month,
            day,
            second_of_day,
            day_of_epoch,
        }
    }

    /// The instant of a wall-clock time, with Go's answer where there is none or where there are two.
    ///
    /// Go takes the offset that holds at the wall-clock time read as UTC, and then the offset at the instant which that
    /// gives. When the first offset is 0 it does not look again. Month 13 and day 32 mean the month and day after.
    fn from_wall_clock(year: i64, month: u32, day: u32, second_of_day: u32, zone: &TimeZone) -> Local {
        let wall = day_number(year, month, day) * SECONDS_PER_DAY + i64::from(second_of_day);
        let first = offset(wall, zone);
        let second_of_epoch = if first == 0 {
            wall
        } else {
            wall - offset(wall - first, zone)
        };
        Local::at(second_of_epoch, zone)
    }

    /// 0 is Sunday. The epoch began on a Thursday.
    fn weekday(&self) -> u32 {
        u32::try_from((self.day_of_epoch + 4).rem_euclid(7)).unwrap_or(0)
    }

    fn hour(&self) -> u32 {
        self.second_of_day / 3_600
    }

    fn minute(&self) -> u32 {
        self.second_of_day / 60 % 60
    }

    fn second(&self) -> u32 {
        self.second_of_day % 60
    }
}

/// Seconds east of UTC at an instant.
fn offset(second_of_epoch: i64, zone: &TimeZone) -> i64 {
    let bounds = Timestamp::MIN.as_second()..=Timestamp::MAX.as_second();
    let second = second_of_epoch.clamp(*bounds.start(), *bounds.end());
    Timestamp::from_second(second).map_or(0, |instant| i64::from(zone.to_offset(instant).seconds()))
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
///
/// Years are counted from March here, so that the leap day is the last day of a year of fixed month lengths.
pub(super) fn date(day_of_epoch: i64) -> (i64, u32, u32) {
    const DAYS_PER_ERA: i64 = 146_097;
    let shifted = day_of_epoch + 719_468;
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + shifted.div_euclid(DAYS_PER_ERA) * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

/// The reverse of [`date`]; months above 12 and days beyond the month run on.
fn day_number(year: i64, month: u32, day: u32) -> i64 {
    let month = i64::from(month) - 1;
    let year = year + month.div_euclid(12);
    let month = month.rem_euclid(12) + 1;
    let year_from_march = year - i64::from(month <= 2);
    let year_of_era = year_from_march.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    year_from_march.div_euclid(400) * 146_097 + day_of_era - 719_468
}
