//! A `CronJob` that backs a database up with neo4j-admin, without any operator.

use jiff::tz::TimeZone;

use super::cron_job::CronJob;
use super::job::BoxedJob;
use super::run::{Run, runs};
use super::schedule::Plan;
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
        Self {
            plan,
            runs: runs(&[], jobs),
            cron_job,
        }
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        self.cron_job.reference()
    }
}
