//! When runs are due, and which of them were.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::run::{Outcome, Run};
use crate::values::cron::{CronError, Schedule};

/// What Kubernetes allows a run to be late when nobody says.
const USUAL_DEADLINE: u64 = 100;

/// A run is not missed before its controller has looked twice.
const PATIENCE: i64 = 60;

/// When runs are due.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The schedule as written.
    pub text: String,
    /// The schedule, or why it is none.
    pub schedule: Result<Schedule, CronError>,
    /// The zone that it is read in.
    pub zone: TimeZone,
    /// Whether it is held: by the backup, or by hand on the `CronJob`.
    pub is_suspended: bool,
    /// Since when it can have run.
    pub since: Option<Timestamp>,
    /// How many seconds late a run may begin.
    pub starting_deadline: Option<u64>,
    /// When the `CronJob` last started a run.
    pub last_scheduled: Option<Timestamp>,
}

/// A time at which a run was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// The time.
    pub time: Timestamp,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a run that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It took place: the position of the run.
    Ran(usize),
    /// It did not take place.
    Missed {
        /// The run that was still going on, when that is why: its position.
        behind: Option<usize>,
    },
    /// It may have taken place; nothing is left of it.
    Unknown,
}

impl Plan {
    /// The next run after a time, or `None` if there is none.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        if self.is_suspended {
            return None;
        }
        self.schedule.as_ref().ok()?.next(after, &self.zone)
    }

    /// The next runs after a time.
    pub fn runs(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        let schedule = self.schedule.as_ref().ok().filter(|_| !self.is_suspended);
        schedule
            .into_iter()
            .flat_map(move |schedule| schedule.runs(after, &self.zone))
    }

    /// The longest time between two runs that come next, in seconds; `None` when there are no two.
    pub fn period(&self, now: Timestamp) -> Option<i64> {
        let schedule = self.schedule.as_ref().ok()?;
        let times: Vec<Timestamp> = schedule.runs(now, &self.zone).take(9).collect();
        times
            .windows(2)
            .map(|pair| pair[1].as_second() - pair[0].as_second())
            .max()
    }

    /// The last `most` times at which runs were due, the newest last, with what became of them. `runs` are the runs that
    /// are known, the newest first.
    pub fn past(&self, runs: &[Run<'_>], now: Timestamp, most: usize) -> Vec<Planned> {
        let Ok(schedule) = &self.schedule else {
            return Vec::new();
        };
        let Some(period) = self.period(now) else {
            return Vec::new();
        };
        let reach = period.saturating_mul(i64::try_from(most + 2).unwrap_or(i64::MAX));
        let begin = Timestamp::from_second(now.as_second().saturating_sub(reach)).unwrap_or(Timestamp::MIN);
        let begin = self.since.map_or(begin, |since| since.max(begin));
        let late = i64::try_from(self.starting_deadline.unwrap_or(USUAL_DEADLINE)).unwrap_or(i64::MAX);
        let due = now
            .checked_sub(SignedDuration::from_secs(late.saturating_add(PATIENCE)))
            .unwrap_or(Timestamp::MIN);
        let times = schedule.runs(begin, &self.zone).take_while(|time| *time <= now);
        let mut past: Vec<Planned> = times
            .filter_map(|time| {
                let fate = self.fate(time, runs, late)?;
                // What is not due for long may still take place.
                (time <= due || matches!(fate, Fate::Ran(_))).then_some(Planned { time, fate })
            })
            .collect();
        past.drain(..past.len().saturating_sub(most));
        past
    }

    fn fate(&self, time: Timestamp, runs: &[Run<'_>], late: i64) -> Option<Fate> {
        let begun_for = |run: &Run<'_>| match (run.scheduled, run.started) {
            (Some(scheduled), _) => scheduled == time,
            (None, Some(started)) => (0..=late).contains(&(started.as_second() - time.as_second())),
            (None, None) => false,
        };
        if let Some(position) = runs.iter().position(begun_for) {
            return Some(Fate::Ran(position));
        }
        if self.is_suspended {
            return None;
        }
        let goes_on = |run: &Run<'_>| {
            let ended = run.ended.is_some_and(|ended| ended <= time) || (run.has_ended() && run.ended.is_none());
            run.started.is_some_and(|started| started <= time) && !ended && run.outcome != Outcome::Unknown
        };
        let missed = Fate::Missed {
            behind: runs.iter().position(goes_on),
        };
        let times = || runs.iter().filter_map(Run::time);
        let (newest, oldest) = (times().max(), times().min());
        let is_after_all = newest.is_none_or(|newest| time > newest);
        // Histories begin with an operator that keeps one and forget when they are full, and Jobs go when there are newer
        // ones; before the oldest run that is known anything may have been.
        let is_forgotten = oldest.is_some_and(|oldest| time < oldest);
        Some(match self.last_scheduled {
            _ if is_forgotten => Fate::Unknown,
            // The controller began a run then or later, and nobody has noted any since.
            Some(last) if time <= last && is_after_all => Fate::Unknown,
            _ => missed,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Node;

    fn plan(text: &str, since: &str) -> Plan {
        Plan {
            text: text.to_owned(),
            schedule: Schedule::parse(text),
            zone: TimeZone::UTC,
            is_suspended: false,
            since: Some(since.parse().unwrap()),
            starting_deadline: Some(60),
            last_scheduled: None,
        }
    }

    fn run(start: &str, end: Option<&str>) -> Run<'static> {
        let entry = json!({"status": if end.is_some() { "Succeeded" } else { "Running" }, "startTime": start, "completionTime": end});
        // The texts are copied into the run.
        Run::of_entry(&Node::from(entry))
    }

    fn fates(plan: &Plan, runs: &[Run<'_>], now: &str) -> Vec<Fate> {
        let past = plan.past(runs, now.parse().unwrap(), 14);
        past.into_iter().map(|planned| planned.fate).collect()
    }

    #[test]
    fn a_run_that_did_not_take_place_is_missed_and_not_late() {
        let plan = plan("0 * * * *", "2026-11-21T00:30:00Z");
        let runs = [
            run("2026-11-21T03:00:02Z", Some("2026-11-21T03:05:00Z")),
            run("2026-11-21T01:00:02Z", Some("2026-11-21T01:05:00Z")),
        ];
        let missed = Fate::Missed { behind: None };
        assert_eq!(
            fates(&plan, &runs, "2026-11-21T04:00:30Z"),
            [Fate::Ran(1), missed, Fate::Ran(0)]
        );
        assert_eq!(fates(&plan, &runs, "2026-11-21T04:10:00Z").last(), Some(&missed));
    }

    #[test]
    fn a_run_that_never_ends_is_why_the_others_are_missed() {
        let plan = plan("0 * * * *", "2026-11-21T00:30:00Z");
        let runs = [run("2026-11-21T01:00:02Z", None)];
        let behind = Fate::Missed { behind: Some(0) };
        assert_eq!(
            fates(&plan, &runs, "2026-11-21T03:30:00Z"),
            [Fate::Ran(0), behind, behind]
        );
    }

    #[test]
    fn what_nothing_is_left_of_is_unknown() {
        let mut plan = plan("0 * * * *", "2026-11-21T00:30:00Z");
        plan.last_scheduled = Some("2026-11-21T02:00:00Z".parse().unwrap());
        let missed = Fate::Missed { behind: None };
        assert_eq!(
            fates(&plan, &[], "2026-11-21T03:30:00Z"),
            [Fate::Unknown, Fate::Unknown, missed]
        );
        plan.is_suspended = true;
        assert_eq!(fates(&plan, &[], "2026-11-21T03:30:00Z"), []);
    }
}
