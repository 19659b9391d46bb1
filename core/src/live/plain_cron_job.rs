//! A `CronJob` that backs a database up with neo4j-admin, without any operator.

use jiff::tz::TimeZone;

use super::cron_job::CronJob;
use super::job::{BoxedJob, Job};
use super::run::{Artifacts, Failure, Outcome, Run, runs};
use super::schedule::Plan;
use crate::logs::{self, Class};
use crate::model::ObjectRef;
use crate::values::cron::Schedule;

/// A `CronJob` of nobody, with its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct PlainCronJob<'s> {
    /// The `CronJob`.
    pub cron_job: CronJob<'s>,
    /// When its runs are due.
    pub plan: Plan,
    /// Its runs whose Jobs are there, the newest first.
    pub runs: Vec<Run<'s>>,
}

impl<'s> PlainCronJob<'s> {
    /// A `CronJob` with its Jobs.
    pub(super) fn new(cron_job: CronJob<'s>, jobs: Vec<BoxedJob<'s>>) -> Self {
        let zone = cron_job.time_zone.as_deref().and_then(|zone| TimeZone::get(zone).ok());
        let plan = Plan {
            text: cron_job.schedule.to_string(),
            schedule: Schedule::parse(&cron_job.schedule),
            // The zone of the controller, which is UTC nearly everywhere.
            zone: zone.unwrap_or(TimeZone::UTC),
            is_suspended: cron_job.is_suspended,
            since: cron_job.created,
            starting_deadline: cron_job.starting_deadline,
            last_scheduled: cron_job.last_scheduled,
        };
        let mut runs = runs(&[], jobs);
        for run in &mut runs {
            if contradiction(run).is_some() {
                run.artifacts = Artifacts::None;
            }
        }
        Self { cron_job, plan, runs }
    }

    /// The Job of the newest run that has ended, when it ended well. A shell that goes on after a backup that failed makes a good
    /// Job of it: only the log knows.
    pub fn newest_good_job(&self) -> Option<&Job<'s>> {
        let ended = self.runs.iter().find(|run| run.has_ended());
        let good = ended.filter(|run| run.outcome == Outcome::Succeeded)?;
        good.job.as_deref()
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        self.cron_job.reference()
    }
}

/// The line of its log by which the backup of a run failed whose Job ended well all the same, and what it means: a shell goes
/// on after a command that failed.
pub fn contradiction<'r, 's>(run: &'r Run<'s>) -> Option<(Failure<'r, 's>, &'r str, &'static Class)> {
    let job = run.job.as_deref().filter(|_| run.outcome == Outcome::Succeeded)?;
    let failure = job.failure()?;
    let (line, class) = failure.line.filter(|(_, class)| class.decides)?;
    // An attempt that failed and was made again says nothing of the one that went well.
    let is_of_good = failure.ended.is_none_or(|ended| ended.exit_code == 0)
        && failure.container.log.is_some_and(|log| log.contains(line));
    (is_of_good && !has_finished_a_backup(job)).then_some((failure, line, class))
}

/// Whether a log of the Job says that a backup was finished: not what stores files, nor what a script says of itself.
fn has_finished_a_backup(job: &Job<'_>) -> bool {
    let containers = job.pods.iter().flat_map(|pod| &pod.containers);
    let logs = containers.flat_map(|container| [container.log, container.log_before]);
    let mut lines = logs.flatten().flat_map(str::lines);
    lines.any(|line| {
        logs::classify(line).is_some_and(|class| matches!(&*class.name, "backup-succeeded" | "empty-differential"))
    })
}
