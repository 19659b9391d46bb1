//! What becomes of a schedule when clocks are put forward or back.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::schedule::Plan;

/// So many days ahead are looked at: both changes of a year are among them.
const HORIZON: i64 = 366;

/// A schedule that waits no longer than so many seconds between two runs loses nothing by an hour more or less.
const OFTEN: i64 = 7_200;

/// What a change of the clock does to a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockChange {
    /// By the clock of the reader, runs are later by some seconds, or earlier by so many when negative.
    Shifts {
        /// The first run that is.
        from: Timestamp,
        /// By how much.
        seconds: i64,
    },
    /// The clock of the schedule never shows this time, for which a run is wanted: it does not take place.
    Absent {
        /// The time that is skipped.
        time: DateTime,
    },
    /// The clock of the schedule shows this time twice.
    Twice {
        /// The time.
        time: DateTime,
        /// How many runs there are for it.
        runs: usize,
    },
}

/// Returns what the changes of the clock do to a schedule within a year after `now`, for somebody who reads `reader`. Nothing
/// for a schedule that does not go by the clock, or that runs every hour or two.
pub fn clock_changes(plan: &Plan, reader: &TimeZone, now: Timestamp) -> Vec<ClockChange> {
    let Ok(schedule) = &plan.schedule else {
        return Vec::new();
    };
    // A zone in the text is refused by Kubernetes; what would happen then is nothing to tell of.
    if !schedule.goes_by_clock() || schedule.time_zone().is_some() {
        return Vec::new();
    }
    if plan.period(now).is_none_or(|period| period <= OFTEN) {
        return Vec::new();
    }
    let mut changes = Vec::new();
    for (change, before, after) in transitions(&plan.zone, now) {
        let (earlier, later) = (before.min(after), before.max(after));
        // From here to there the clock of the zone jumps over, or goes twice.
        let from = wall(change, earlier);
        let until = wall(change, later);
        for time in wanted(plan, from, until) {
            changes.push(if before < after {
                ClockChange::Absent { time }
            } else {
                let runs = schedule.runs(shifted(change, -86_400), &plan.zone);
                let runs = runs.take_while(|run| *run < shifted(change, 86_400));
                let runs = runs.filter(|run| plan.zone.to_datetime(*run) == time).count();
                ClockChange::Twice { time, runs }
            });
        }
    }
    changes.extend(shift(plan, reader, now));
    changes
}

/// The first run that the reader's clock shows at another time than those before: it has changed, or the clock of the schedule
/// has, and the other not yet or not at all.
fn shift(plan: &Plan, reader: &TimeZone, now: Timestamp) -> Option<ClockChange> {
    let apart = |at| offset(reader, at) - offset(&plan.zone, at);
    // A rare schedule may have had its last run before another change: that is the time which its reader knows.
    let usual = plan.last_scheduled.unwrap_or(now);
    let changes = transitions(reader, now).chain(transitions(&plan.zone, now));
    let mut changes: Vec<Timestamp> = changes.map(|(change, ..)| change).collect();
    changes.sort_unstable();
    changes.into_iter().find_map(|change| {
        let from = plan.runs(shifted(change, -1)).next()?;
        let seconds = apart(from) - apart(usual);
        (seconds != 0).then_some(ClockChange::Shifts { from, seconds })
    })
}

/// The moments of a year at which the offset of a zone changes, with the offset in seconds before and after.
fn transitions(zone: &TimeZone, now: Timestamp) -> impl Iterator<Item = (Timestamp, i64, i64)> {
    let end = shifted(now, HORIZON * 86_400);
    let following = zone.following(now).map(|transition| transition.timestamp());
    following.take_while(move |change| *change <= end).filter_map(|change| {
        let (before, after) = (offset(zone, shifted(change, -1)), offset(zone, change));
        (before != after).then_some((change, before, after))
    })
}

/// The times of the clock in `from..until` for which the schedule wants a run.
fn wanted(plan: &Plan, from: DateTime, until: DateTime) -> Vec<DateTime> {
    let Ok(schedule) = &plan.schedule else {
        return Vec::new();
    };
    // A clock that never changes shows which times are meant.
    let clock = TimeZone::UTC;
    let Ok(begin) = clock.to_timestamp(from) else {
        return Vec::new();
    };
    let runs = schedule.runs(shifted(begin, -1), &clock);
    runs.map(|run| clock.to_datetime(run))
        .take_while(|time| *time < until)
        .collect()
}

fn offset(zone: &TimeZone, at: Timestamp) -> i64 {
    i64::from(zone.to_offset(at).seconds())
}

/// What a clock shows that is `offset` seconds before UTC.
fn wall(at: Timestamp, offset: i64) -> DateTime {
    TimeZone::UTC.to_datetime(shifted(at, offset))
}

fn shifted(time: Timestamp, seconds: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::cron::Schedule;
    use crate::values::time_zone;

    fn zone(name: &str) -> TimeZone {
        time_zone::lookup(name).unwrap()
    }

    fn changes(schedule: &str, of: &TimeZone, reader: &TimeZone) -> Vec<ClockChange> {
        changes_after(None, "2026-11-21T06:30:00Z", schedule, of, reader)
    }

    fn changes_after(
        last: Option<&str>,
        now: &str,
        schedule: &str,
        of: &TimeZone,
        reader: &TimeZone,
    ) -> Vec<ClockChange> {
        let plan = Plan {
            text: schedule.to_owned(),
            schedule: Schedule::parse(schedule),
            zone: of.clone(),
            is_suspended: false,
            since: None,
            starting_deadline: None,
            last_scheduled: last.map(|last| last.parse().unwrap()),
        };
        clock_changes(&plan, reader, now.parse().unwrap())
    }

    #[test]
    fn a_schedule_in_utc_shifts_by_the_clock_of_the_reader() {
        let shifts = ClockChange::Shifts {
            from: "2027-03-28T02:00:00Z".parse().unwrap(),
            seconds: 3_600,
        };
        assert_eq!(changes("0 2 * * *", &TimeZone::UTC, &zone("Europe/Berlin")), [shifts]);
        assert_eq!(changes("0 2 * * *", &TimeZone::UTC, &zone("Asia/Tokyo")), []);
        assert_eq!(changes("0 * * * *", &TimeZone::UTC, &zone("Europe/Berlin")), []);
        assert_eq!(changes("@every 24h", &TimeZone::UTC, &zone("Europe/Berlin")), []);
    }

    #[test]
    fn a_schedule_whose_own_clock_changes_shifts_for_those_whose_clock_does_not() {
        let shifts = ClockChange::Shifts {
            from: "2027-03-28T11:00:00Z".parse().unwrap(),
            seconds: -3_600,
        };
        assert_eq!(changes("0 13 * * *", &zone("Europe/Berlin"), &TimeZone::UTC), [shifts]);
        // Chicago changes an hour after New York, and before the run.
        assert_eq!(
            changes("0 3 * * *", &zone("America/Chicago"), &zone("America/New_York")),
            []
        );
    }

    #[test]
    fn a_rare_schedule_shifts_where_its_run_does_and_not_where_none_is() {
        let (berlin, new_york) = (zone("Europe/Berlin"), zone("America/New_York"));
        // On the first of April both are as far apart as on the first of March; on the first of November they are not.
        let shifts = ClockChange::Shifts {
            from: "2027-11-01T12:00:00Z".parse().unwrap(),
            seconds: 3_600,
        };
        let last = Some("2027-03-01T12:00:00Z");
        let monthly = changes_after(last, "2027-03-15T00:00:00Z", "0 13 1 * *", &berlin, &new_york);
        assert_eq!(monthly, [shifts]);
    }

    #[test]
    fn times_that_a_clock_skips_or_shows_twice_are_told() {
        let berlin = zone("Europe/Berlin");
        let absent = ClockChange::Absent {
            time: "2027-03-28T02:30:00".parse().unwrap(),
        };
        let twice = ClockChange::Twice {
            time: "2027-10-31T02:30:00".parse().unwrap(),
            runs: 2,
        };
        assert_eq!(changes("30 2 * * *", &berlin, &berlin), [absent, twice]);
        assert_eq!(changes("0 3 * * *", &berlin, &berlin), []);
        // Between two zones that change on different days there is a time when the clocks are further apart.
        let shifts = ClockChange::Shifts {
            from: "2027-03-14T12:00:00Z".parse().unwrap(),
            seconds: 3_600,
        };
        assert_eq!(changes("0 13 * * *", &berlin, &zone("America/New_York")), [shifts]);
    }
}
