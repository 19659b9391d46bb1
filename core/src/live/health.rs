//! How a backup does, judged by its runs. Its phase is no witness: it stays what it was while runs fail or do not take place.

use jiff::Timestamp;

use super::backup::Backup;
use super::plain_cron_job::PlainCronJob;
use super::run::{Outcome, Run, failures_in_a_row};
use super::schedule::{Fate, Plan};

/// So many runs are told of one by one.
const TOLD: usize = 14;

/// For so many seconds after a backup was made nobody wonders that its operator has not written anything.
const PATIENCE: i64 = 120;

/// So many seconds a run may take to begin; the operator gives up on one of a single run then.
const START: i64 = 600;

/// How a backup does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The same in a word.
    pub state: State,
    /// How many of its newest runs failed or stored nothing, one after the other.
    pub failures: usize,
    /// When a run last ended well and stored something.
    pub last_good: Option<Timestamp>,
    /// How old the last good run may be; `None` for a backup that nothing is expected of.
    pub objective: Option<Objective>,
    /// When the next run is due.
    pub next: Option<Timestamp>,
    /// How many seconds a good run takes: the median; `None` without any.
    pub typical: Option<i64>,
    /// The last fourteen runs, and those that should have been, the newest last.
    pub line: Vec<Mark>,
}

/// How a backup does, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its newest run that ended was good, and not too long ago.
    Healthy,
    /// So many of its newest runs failed or stored nothing, one after the other.
    Failing(usize),
    /// Its last good run is too long ago.
    Overdue,
    /// A run goes on.
    Running,
    /// A run has been asked for long ago, and does not begin.
    Stuck,
    /// It is held.
    Suspended,
    /// It has not run yet.
    Waiting,
    /// The operator has not written a word about it.
    Silent,
    /// Its only run was good.
    Completed,
    /// Its only run failed or stored nothing.
    Failed,
    /// Its schedule is none.
    Invalid,
    /// Somebody wants it gone.
    Deleting,
    /// Nothing is left of its runs.
    Unknown,
}

/// How old the last good run may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objective {
    /// The bound in seconds.
    pub bound: i64,
    /// Whether it is kept.
    pub is_met: bool,
}

/// A run in the line of the last ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// When it was due, or else when it began.
    pub time: Option<Timestamp>,
    /// What came of it.
    pub kind: MarkKind,
    /// The run: its position among those of the backup; `None` for one that did not take place, or of which nothing is
    /// left.
    pub run: Option<usize>,
    /// The position of the run that still went on when this one was due, for one that was missed because of that.
    pub behind: Option<usize>,
}

/// What came of a run in the line of the last ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// It ended well and stored something.
    Good,
    /// It failed, or stored nothing.
    Failed,
    /// It did not take place.
    Missed,
    /// It has not ended.
    Running,
    /// Nobody knows any more.
    Unknown,
}

/// What is judged: a backup, or a `CronJob` of nobody.
#[allow(clippy::struct_excessive_bools, reason = "each is a sign of its own")]
struct Judged<'b, 's> {
    runs: &'b [Run<'s>],
    plan: Option<&'b Plan>,
    created: Option<Timestamp>,
    is_deleted: bool,
    is_silent: bool,
    has_failed_at_once: bool,
    last_succeeded: Option<Timestamp>,
    /// Whether runs are gone with their Jobs.
    forgets: bool,
    now: Timestamp,
}

impl Health {
    /// How a backup does. `bound` is how many seconds old its last good run may be; by its schedule unless given.
    pub fn of_backup(backup: &Backup<'_>, bound: Option<i64>, now: Timestamp) -> Self {
        let judged = Judged {
            runs: &backup.runs,
            plan: backup.plan.as_ref(),
            created: backup.created,
            is_deleted: backup.deleted.is_some(),
            is_silent: backup.is_silent(),
            has_failed_at_once: backup.phase == "Failed",
            last_succeeded: None,
            forgets: false,
            now,
        };
        judged.health(bound)
    }

    /// How a `CronJob` that runs neo4j-admin does.
    pub fn of_plain_cron_job(cron_job: &PlainCronJob<'_>, bound: Option<i64>, now: Timestamp) -> Self {
        let judged = Judged {
            runs: &cron_job.runs,
            plan: Some(&cron_job.plan),
            created: cron_job.cron_job.created,
            is_deleted: false,
            is_silent: false,
            has_failed_at_once: false,
            last_succeeded: cron_job.series().noted_good(),
            forgets: true,
            now,
        };
        judged.health(bound)
    }

    /// Whether somebody should look at it.
    pub fn needs_attention(&self) -> bool {
        let is_missed = self.objective.is_some_and(|objective| !objective.is_met);
        let is_bad = match self.state {
            State::Failing(_) | State::Overdue | State::Stuck | State::Failed | State::Invalid | State::Silent => true,
            State::Healthy
            | State::Running
            | State::Suspended
            | State::Waiting
            | State::Completed
            | State::Deleting
            | State::Unknown => false,
        };
        is_missed || is_bad
    }
}

/// How many seconds a good run takes: the median, of two in the middle the longer; `None` when none was good.
pub fn typical_seconds(runs: &[Run<'_>]) -> Option<i64> {
    let good = runs.iter().filter(|run| run.is_good());
    let mut seconds: Vec<i64> = good.filter_map(Run::seconds).collect();
    seconds.sort_unstable();
    seconds.get(seconds.len() / 2).copied()
}

impl Judged<'_, '_> {
    fn health(&self, bound: Option<i64>) -> Health {
        let typical = typical_seconds(self.runs);
        let good = self.runs.iter().find(|run| run.is_good());
        let last_good = good.and_then(|run| run.ended.or(run.started)).max(self.last_succeeded);
        let objective = self.objective(bound, typical, last_good);
        Health {
            state: self.state(objective, last_good),
            failures: failures_in_a_row(self.runs),
            last_good,
            objective,
            next: self.plan.and_then(|plan| plan.next(self.now)),
            typical,
            line: self.line(),
        }
    }

    /// The bound: one period of the schedule and the time that the run after it takes.
    fn objective(&self, bound: Option<i64>, typical: Option<i64>, last_good: Option<Timestamp>) -> Option<Objective> {
        let plan = self.plan?;
        let by_schedule = || {
            let period = plan.period(self.now).filter(|_| !plan.is_suspended)?;
            Some(period.saturating_add(typical.unwrap_or_default()))
        };
        let bound = bound.or_else(by_schedule)?;
        // What has never been good is measured from when it could have been.
        let since = last_good.or(plan.since).or(self.created)?;
        let is_met = self.now.as_second() - since.as_second() <= bound;
        Some(Objective { bound, is_met })
    }

    fn state(&self, objective: Option<Objective>, last_good: Option<Timestamp>) -> State {
        if self.is_deleted {
            return State::Deleting;
        }
        if self.plan.is_some_and(|plan| plan.schedule.is_err()) {
            return State::Invalid;
        }
        let Some(newest) = self.runs.first() else {
            return self.state_without_runs(objective, last_good);
        };
        let Some(plan) = self.plan else {
            return match newest.outcome {
                Outcome::Succeeded if newest.is_good() => State::Completed,
                Outcome::Succeeded | Outcome::Failed => State::Failed,
                Outcome::Running => State::Running,
                Outcome::Waiting => self.waiting(newest),
                Outcome::Held => State::Suspended,
                Outcome::Unknown => State::Unknown,
            };
        };
        let failures = failures_in_a_row(self.runs);
        match newest.outcome {
            _ if plan.is_suspended => State::Suspended,
            _ if failures > 0 => State::Failing(failures),
            Outcome::Waiting if self.waiting(newest) == State::Stuck => State::Stuck,
            _ if objective.is_some_and(|objective| !objective.is_met) => State::Overdue,
            Outcome::Running => State::Running,
            Outcome::Waiting => State::Waiting,
            Outcome::Held => State::Suspended,
            _ if !self.runs.iter().any(Run::has_ended) => State::Unknown,
            _ => State::Healthy,
        }
    }

    /// What a run is that has not begun.
    fn waiting(&self, run: &Run<'_>) -> State {
        let since = run.started.or(run.scheduled);
        let is_late = since.is_some_and(|since| self.now.as_second() - since.as_second() > START);
        if is_late { State::Stuck } else { State::Waiting }
    }

    fn state_without_runs(&self, objective: Option<Objective>, last_good: Option<Timestamp>) -> State {
        let age = self.created.map(|created| self.now.as_second() - created.as_second());
        let is_held = self.plan.is_some_and(|plan| plan.is_suspended);
        let is_over = objective.is_some_and(|objective| !objective.is_met);
        let has_been_due = self.plan.is_none_or(|plan| plan.last_scheduled.is_some());
        match () {
            () if self.is_silent && age.is_none_or(|age| age > PATIENCE) => State::Silent,
            () if is_held => State::Suspended,
            () if self.has_failed_at_once => State::Failed,
            () if is_over => State::Overdue,
            () if last_good.is_some() => State::Healthy,
            () if self.is_silent || !has_been_due => State::Waiting,
            () => State::Unknown,
        }
    }

    fn line(&self) -> Vec<Mark> {
        let past = self
            .plan
            .map(|plan| plan.past(self.runs, self.now, TOLD))
            .unwrap_or_default();
        let last_scheduled = self.plan.and_then(|plan| plan.last_scheduled);
        let mut is_planned = vec![false; self.runs.len()];
        let mut marks = Vec::new();
        for planned in &past {
            let (kind, run, behind) = match planned.fate {
                Fate::Ran(position) => {
                    is_planned[position] = true;
                    (MarkKind::of(&self.runs[position]), Some(position), None)
                }
                // Its Job may have been removed, as all but the newest are.
                Fate::Missed { .. } if self.forgets && Some(planned.time) <= last_scheduled => {
                    (MarkKind::Unknown, None, None)
                }
                Fate::Missed { behind } => (MarkKind::Missed, None, behind),
                Fate::Unknown => (MarkKind::Unknown, None, None),
            };
            marks.push(Mark {
                time: Some(planned.time),
                kind,
                run,
                behind,
            });
        }
        let unplanned = (0..self.runs.len()).filter(|position| !is_planned[*position]);
        marks.extend(unplanned.map(|position| Mark {
            time: self.runs[position].time(),
            kind: MarkKind::of(&self.runs[position]),
            run: Some(position),
            behind: None,
        }));
        marks.sort_by_key(|mark| mark.time);
        marks.drain(..marks.len().saturating_sub(TOLD));
        marks
    }
}

impl MarkKind {
    fn of(run: &Run<'_>) -> Self {
        match run.outcome {
            Outcome::Succeeded if run.is_good() => Self::Good,
            Outcome::Succeeded | Outcome::Failed => Self::Failed,
            Outcome::Running | Outcome::Waiting | Outcome::Held => Self::Running,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::document::Node;
    use crate::live::Job;

    fn backup(schedule: Option<&str>, history: &Value) -> Node<'static> {
        Node::from(json!({
            "metadata": {"name": "nightly", "namespace": "graph", "creationTimestamp": "2026-11-21T00:30:00Z"},
            "spec": {"instanceRef": "prod", "database": "neo4j", "schedule": schedule},
            "status": {"phase": "Scheduled", "history": history}
        }))
    }

    fn entry(hour: u32, status: &str, file: &str) -> Value {
        json!({
            "runID": format!("nightly-{hour}"), "status": status, "artifactFilename": file,
            "startTime": format!("2026-11-21T{hour:02}:00:02Z"), "completionTime": format!("2026-11-21T{hour:02}:05:02Z")
        })
    }

    fn health(schedule: Option<&str>, history: &Value, bound: Option<i64>, now: &str) -> Health {
        let backup = Backup::new(backup(schedule, history), None, Vec::new(), Vec::new());
        Health::of_backup(&backup, bound, now.parse().unwrap())
    }

    fn kinds(health: &Health) -> Vec<MarkKind> {
        health.line.iter().map(|mark| mark.kind).collect()
    }

    const HOURLY: Option<&str> = Some("0 * * * *");

    #[test]
    fn a_run_that_stored_nothing_is_a_failure_whatever_the_phase() {
        let history = json!([
            entry(3, "Succeeded", ""),
            entry(2, "Failed", ""),
            entry(1, "Succeeded", "a.backup")
        ]);
        let health = health(HOURLY, &history, None, "2026-11-21T03:10:00Z");
        assert_eq!(health.state, State::Failing(2));
        assert_eq!(kinds(&health), [MarkKind::Good, MarkKind::Failed, MarkKind::Failed]);
        assert_eq!(health.last_good, "2026-11-21T01:05:02Z".parse().ok());
        assert_eq!(health.typical, Some(300));
        assert_eq!(
            health.objective,
            Some(Objective {
                bound: 3_900,
                is_met: false
            })
        );
        assert!(health.needs_attention());
    }

    #[test]
    fn the_bound_is_a_period_and_the_time_of_a_run_unless_given() {
        let history = json!([entry(1, "Succeeded", "a.backup")]);
        let state = |bound, now| health(HOURLY, &history, bound, now).state;
        assert_eq!(state(None, "2026-11-21T02:10:02Z"), State::Healthy);
        assert_eq!(state(None, "2026-11-21T02:10:03Z"), State::Overdue);
        assert_eq!(state(Some(7_200), "2026-11-21T03:05:02Z"), State::Healthy);
        assert_eq!(state(Some(60), "2026-11-21T01:06:03Z"), State::Overdue);
        let missed = health(HOURLY, &history, None, "2026-11-21T02:10:02Z");
        assert_eq!(kinds(&missed), [MarkKind::Good, MarkKind::Missed]);
    }

    #[test]
    fn a_run_that_does_not_begin_is_stuck() {
        let job = Node::from(json!({
            "metadata": {"name": "nightly-backup-cron-29920440", "namespace": "graph"},
            "status": {"startTime": "2026-11-21T02:00:00Z", "active": 1, "ready": 0},
        }));
        let state = |now: &str| {
            let jobs = vec![Box::new(Job::of(&job))];
            let backup = Backup::new(backup(HOURLY, &json!([])), None, jobs, Vec::new());
            let health = Health::of_backup(&backup, Some(36_000), now.parse().unwrap());
            (health.state, health.needs_attention())
        };
        assert_eq!(state("2026-11-21T02:09:00Z"), (State::Waiting, false));
        assert_eq!(state("2026-11-21T02:11:00Z"), (State::Stuck, true));
    }

    #[test]
    fn what_has_never_run_waits_and_is_overdue_a_period_later() {
        let state = |now| health(HOURLY, &json!([]), None, now).state;
        assert_eq!(state("2026-11-21T00:40:00Z"), State::Waiting);
        assert_eq!(state("2026-11-21T01:40:00Z"), State::Overdue);
    }

    #[test]
    fn a_backup_without_a_schedule_is_what_its_run_came_to() {
        let state = |history| health(None, &history, Some(1), "2026-11-22T00:00:00Z").state;
        assert_eq!(state(json!([entry(1, "Succeeded", "a.backup")])), State::Completed);
        assert_eq!(state(json!([entry(1, "Succeeded", "")])), State::Failed);
        assert_eq!(state(json!([entry(1, "Failed", "")])), State::Failed);
        assert_eq!(state(json!([entry(1, "Running", "")])), State::Running);
        assert_eq!(state(json!([])), State::Unknown, "the phase alone says nothing");
    }

    #[test]
    fn a_schedule_that_is_none_is_invalid_and_a_status_of_nothing_is_silent() {
        let now = "2026-11-21T03:00:00Z";
        assert_eq!(health(Some("every day"), &json!([]), None, now).state, State::Invalid);
        let mute = Node::from(json!({
            "metadata": {"name": "a", "namespace": "b", "creationTimestamp": "2026-11-21T02:59:00Z"}, "spec": {}
        }));
        let mute = Backup::new(mute, None, Vec::new(), Vec::new());
        let state = |now: &str| Health::of_backup(&mute, None, now.parse().unwrap()).state;
        assert_eq!(state(now), State::Waiting);
        assert_eq!(state("2026-11-21T03:02:00Z"), State::Silent);
    }

    #[test]
    fn of_two_times_in_the_middle_the_longer_is_typical() {
        let run = |end: &str| {
            let entry = json!({"status": "Succeeded", "artifactFilename": "a", "startTime": "2026-11-21T00:00:00Z", "completionTime": end});
            Run::of_entry(&Node::from(entry))
        };
        assert_eq!(typical_seconds(&[]), None);
        let runs = [
            run("2026-11-21T00:00:09Z"),
            run("2026-11-21T00:00:01Z"),
            run("2026-11-21T00:00:04Z"),
        ];
        assert_eq!(typical_seconds(&runs), Some(4));
        assert_eq!(typical_seconds(&runs[..2]), Some(9));
    }
}
