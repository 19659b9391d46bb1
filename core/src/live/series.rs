//! What a scheduled backup and a `CronJob` without the operator have in common: runs, and when they are due.

use jiff::Timestamp;

use super::backup::Backup;
use super::cron_job::CronJob;
use super::health::typical_seconds;
use super::job::Job;
use super::plain_cron_job::PlainCronJob;
use super::run::{Failure, Outcome, Run};
use super::schedule::Plan;
use crate::logs::Class;
use crate::model::ObjectRef;

/// The runs of one backup, with or without an operator.
#[derive(Debug, Clone)]
pub struct Series<'r, 's> {
    /// The `Neo4jBackup` or the `CronJob`.
    pub object: ObjectRef,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Its runs, the newest first.
    pub runs: &'r [Run<'s>],
    /// When they are due; `None` for a backup that runs once.
    pub plan: Option<&'r Plan>,
    /// The `CronJob` that starts them.
    pub cron_job: Option<&'r CronJob<'s>>,
}

impl<'s> Backup<'s> {
    /// Its runs, and when they are due.
    pub fn series(&self) -> Series<'_, 's> {
        Series {
            object: self.reference(),
            created: self.created,
            runs: &self.runs,
            plan: self.plan.as_ref(),
            cron_job: self.cron_job.as_ref(),
        }
    }
}

impl<'s> PlainCronJob<'s> {
    /// Its runs, and when they are due.
    pub fn series(&self) -> Series<'_, 's> {
        Series {
            object: self.reference(),
            created: self.cron_job.created,
            runs: &self.runs,
            plan: Some(&self.plan),
            cron_job: Some(&self.cron_job),
        }
    }
}

impl<'r, 's> Series<'r, 's> {
    /// When the newest good run was: its beginning, which is the moment that can be restored. Without any run that tells,
    /// the time at which the `CronJob` last saw one end well.
    pub fn last_good(&self) -> Option<Timestamp> {
        let good = self.runs.iter().find(|run| run.is_good());
        let told = good.and_then(|run| run.started.or(run.scheduled).or(run.ended));
        told.or_else(|| self.noted_good())
    }

    /// When the `CronJob` last saw a run end well that is not known to have stored nothing.
    pub fn noted_good(&self) -> Option<Timestamp> {
        let noted = self.cron_job.and_then(|cron_job| cron_job.last_succeeded)?;
        // What a run that is known stored nothing counts for nothing, whatever the CronJob thinks of it.
        let is_hollow = self.runs.iter().any(|run| {
            let covers = run
                .ended
                .is_some_and(|ended| (ended.as_second() - noted.as_second()).abs() <= 60);
            run.outcome == Outcome::Succeeded && !run.is_good() && covers
        });
        (!is_hollow).then_some(noted)
    }

    /// How many seconds a good run takes, or `None` if no good run tells.
    pub fn typical_seconds(&self) -> Option<i64> {
        typical_seconds(self.runs)
    }

    /// Its newest run that has not ended, if one is there.
    pub fn unfinished(&self) -> Option<&'r Run<'s>> {
        self.runs
            .iter()
            .find(|run| matches!(run.outcome, Outcome::Running | Outcome::Waiting))
    }

    /// Its newest run that has a Job and did not end well; a good run after it makes it a thing of the past.
    pub fn troubled(&self) -> Option<(&'r Run<'s>, &'r Job<'s>)> {
        let newer_than_good = self.runs.iter().take_while(|run| run.outcome != Outcome::Succeeded);
        newer_than_good
            .filter(|run| run.outcome != Outcome::Held)
            .find_map(|run| Some((run, run.job.as_deref()?)))
    }

    /// Why its newest run that ended failed, as its log tells; `None` where it went well, or where no line tells.
    pub fn failure(&self) -> Option<(Failure<'r, 's>, &'r str, &'static Class)> {
        let ended = self.runs.iter().find(|run| run.has_ended());
        let failure = ended.filter(|run| run.outcome == Outcome::Failed)?.failure()?;
        let (line, class) = failure.line?;
        Some((failure, line, class))
    }

    /// The command that shows the log of its newest run that failed.
    pub fn log_command(&self) -> String {
        let ObjectRef {
            kind, namespace, name, ..
        } = &self.object;
        let failed = self
            .runs
            .iter()
            .find(|run| run.outcome == Outcome::Failed && run.job.is_some());
        match failed {
            Some(_) => {
                let word = if kind == "CronJob" { "cronjob" } else { "backup" };
                format!("kubectl neo4jbackup logs {word}/{name} -n {namespace} --run last-failed")
            }
            // Its Job is gone, and its log with it.
            None if kind == "CronJob" => format!("kubectl describe cronjob/{name} -n {namespace}"),
            None => format!("kubectl describe neo4jbackup/{name} -n {namespace}"),
        }
    }

    /// What follows for the other runs from one that cannot begin, as half a sentence.
    pub fn consequence(&self) -> &'static str {
        match (self.plan, self.cron_job) {
            (Some(_), Some(cron_job)) if cron_job.concurrency == "Forbid" => {
                "until it does, no later run begins either"
            }
            (None, _) => "the operator gives up 10 minutes after the start, and the run is not tried again",
            _ => "the run does nothing until then",
        }
    }
}
