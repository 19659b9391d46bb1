//! The next run, step by step as robfig's `Next` looks for it.
//!
//! The search must take the same steps and not only obey the same rules: where a day has no midnight, or an hour comes
//! twice, the outcome follows from how the search moves through instants and wall-clock times.

use std::ops::Range;

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
        self.next_by(after, &mut Offsets::of(self.zone_or(zone)))
    }

    /// All runs after `after`, one after the other.
    pub fn runs<'z>(&'z self, after: Timestamp, zone: &'z TimeZone) -> impl Iterator<Item = Timestamp> {
        let mut offsets = Offsets::of(self.zone_or(zone));
        let mut last = Some(after);
        std::iter::from_fn(move || {
            last = self.next_by(last?, &mut offsets);
            last
        })
    }

    /// The zone of the prefix, or else `zone`.
    fn zone_or<'z>(&'z self, zone: &'z TimeZone) -> &'z TimeZone {
        let prefix = self.prefix.as_ref();
        prefix.and_then(|prefix| prefix.zone.as_ref()).unwrap_or(zone)
    }

    fn next_by(&self, after: Timestamp, offsets: &mut Offsets<'_>) -> Option<Timestamp> {
        let second = i64::try_from(after.as_nanosecond().div_euclid(1_000_000_000)).ok()?;
        let found = match &self.timing {
            Timing::Every(seconds) => second.checked_add(*seconds)?,
            Timing::Calendar(calendar) => {
                if calendar.never_fires() {
                    return None;
                }
                Search {
                    calendar,
                    steps: 0,
                    added: false,
                    time: Local::at(second + 1, offsets),
                    offsets,
                }
                .run()?
            }
        };
        Timestamp::from_second(found).ok()
    }
}

struct Search<'a, 'z> {
    calendar: &'a Calendar,
    offsets: &'a mut Offsets<'z>,
    steps: u32,
    /// Whether the search has left the moment it started at. It is never taken back, also not when a new year begins.
    added: bool,
    time: Local,
}

impl Search<'_, '_> {
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
                self.time = Local::from_wall_clock(self.time.year, self.time.month, 1, 0, self.offsets);
            }
            // The time of day is kept, the day is 1.
            let wall = self.time;
            self.time = Local::from_wall_clock(wall.year, wall.month + 1, wall.day, wall.second_of_day, self.offsets);
            self.count(1)?;
            if self.time.month == 1 {
                return Some(false);
            }
        }
        Some(true)
    }

    fn find_day(&mut self) -> Option<bool> {
        while !self.calendar.matches_day(self.time.day, self.time.weekday()) {
            if self.leaves_start() {
                self.time = Local::from_wall_clock(self.time.year, self.time.month, self.time.day, 0, self.offsets);
            }
            let wall = self.time;
            self.time = Local::from_wall_clock(wall.year, wall.month, wall.day + 1, wall.second_of_day, self.offsets);
            // Without a midnight the day starts at another hour, and the search goes back to where midnight would be.
            let hour = self.time.hour();
            if hour > 12 {
                self.advance(i64::from(24 - hour) * 3_600);
            } else if hour > 0 {
                self.advance(-i64::from(hour) * 3_600);
            }
            self.count(1)?;
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
                    Local::from_wall_clock(self.time.year, self.time.month, self.time.day, hour_start, self.offsets);
            }
            // Hours of real time, not of the clock on the wall.
            let hour = self.time.hour();
            let steps = self.calendar.hour.after(hour).unwrap_or(24) - hour;
            self.take(steps, 3_600)?;
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
            let minute = self.time.minute();
            let steps = self.calendar.minute.after(minute).unwrap_or(60) - minute;
            self.take(steps, 60)?;
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
            self.take(60 - self.time.second(), 1)?;
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

    /// Takes so many steps at once, or only one where the clock may be changed on the way: then each step has to be looked at.
    fn take(&mut self, steps: u32, seconds: i64) -> Option<()> {
        let end = self.time.second_of_epoch + i64::from(steps) * seconds;
        let is_even = self.offsets.hold(self.time.second_of_epoch) && self.offsets.hold(end);
        let steps = if is_even { steps } else { 1 };
        self.advance(i64::from(steps) * seconds);
        self.count(steps)
    }

    fn advance(&mut self, seconds: i64) {
        let second = self.time.second_of_epoch + seconds;
        let second_of_day = u32::try_from(i64::from(self.time.second_of_day) + seconds).ok();
        let second_of_day = second_of_day.filter(|of_day| i64::from(*of_day) < SECONDS_PER_DAY);
        let is_even = self.offsets.hold(self.time.second_of_epoch) && self.offsets.hold(second);
        self.time = match second_of_day {
            // It stays the same day.
            Some(second_of_day) if is_even => Local {
                second_of_epoch: second,
                second_of_day,
                ..self.time
            },
            _ => Local::at(second, self.offsets),
        };
    }

    fn count(&mut self, steps: u32) -> Option<()> {
        self.steps += steps;
        (self.steps <= MOST_STEPS).then_some(())
    }
}

/// The offset of a zone, and in which seconds of the epoch it is known to hold: a search asks for one time after the other, and
/// clocks change twice a year.
struct Offsets<'z> {
    zone: &'z TimeZone,
    held: Range<i64>,
    /// Seconds east of UTC.
    offset: i64,
}

impl<'z> Offsets<'z> {
    fn of(zone: &'z TimeZone) -> Self {
        match zone.to_fixed_offset() {
            Ok(offset) => Self {
                zone,
                held: i64::MIN..i64::MAX,
                offset: i64::from(offset.seconds()),
            },
            Err(_) => Self {
                zone,
                held: 0..0,
                offset: 0,
            },
        }
    }

    /// Whether the offset that was asked for last holds at an instant.
    fn hold(&self, second_of_epoch: i64) -> bool {
        self.held.contains(&second_of_epoch)
    }

    /// Seconds east of UTC at an instant.
    fn at(&mut self, second_of_epoch: i64) -> i64 {
        if !self.hold(second_of_epoch) {
            let bounds = Timestamp::MIN.as_second()..=Timestamp::MAX.as_second();
            let second = second_of_epoch.clamp(*bounds.start(), *bounds.end());
            // What is out of bounds was put into them.
            let instant = Timestamp::from_second(second).unwrap_or_default();
            let change = self.zone.following(instant).next();
            let until = change.map_or(i64::MAX, |change| change.timestamp().as_second());
            self.offset = i64::from(self.zone.to_offset(instant).seconds());
            self.held = second_of_epoch..until;
        }
        self.offset
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
    fn at(second_of_epoch: i64, offsets: &mut Offsets<'_>) -> Local {
        let wall = second_of_epoch + offsets.at(second_of_epoch);
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
    fn from_wall_clock(year: i64, month: u32, day: u32, second_of_day: u32, offsets: &mut Offsets<'_>) -> Local {
        let wall = day_number(year, month, day) * SECONDS_PER_DAY + i64::from(second_of_day);
        let first = offsets.at(wall);
        let second_of_epoch = if first == 0 {
            wall
        } else {
            wall - offsets.at(wall - first)
        };
        Local::at(second_of_epoch, offsets)
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
