//! A `Neo4jBackup` with everything that belongs to it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::cron_job::CronJob;
use super::event::Event;
use super::job::{BoxedJob, Job};
use super::read::{Condition, Text, conditions, is_outdated, is_silent, items, reference_of, text, text_of, time};
use super::run::{Artifacts, Run, failures_in_a_row, runs};
use super::schedule::Plan;
use crate::document::Node;
use crate::model::{self, ObjectRef};
use crate::values::cron::Schedule;

/// A `Neo4jBackup`.
#[derive(Debug, Clone, PartialEq)]
pub struct Backup<'s> {
    /// The object.
    pub object: Node<'s>,
    /// Its namespace.
    pub namespace: Text<'s>,
    /// Its name.
    pub name: Text<'s>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Since when somebody has wanted it gone.
    pub deleted: Option<Timestamp>,
    /// Its finalizers.
    pub finalizers: Vec<Text<'s>>,
    /// `status.phase`; empty when the operator has not written any.
    pub phase: Text<'s>,
    /// `status.message`.
    pub message: Text<'s>,
    /// Its conditions.
    pub conditions: Vec<Condition<'s>>,
    /// When its runs are due, for one that has a schedule.
    pub plan: Option<Plan>,
    /// The `CronJob` of its schedule.
    pub cron_job: Option<CronJob<'s>>,
    /// Its runs, the newest first.
    pub runs: Vec<Run<'s>>,
    /// Its Jobs that are no runs: those that clean up.
    pub other_jobs: Vec<Job<'s>>,
    /// Its own events, oldest first.
    pub events: Vec<Event<'s>>,
}

impl<'s> Backup<'s> {
    /// A backup, with what belongs to it.
    pub(super) fn new(
        mut object: Node<'s>,
        cron_job: Option<CronJob<'s>>,
        jobs: Vec<BoxedJob<'s>>,
        events: Vec<Event<'s>>,
    ) -> Self {
        let (runs_of, other_jobs): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| !job.name.contains("-cleanup-"));
        let runs = runs(items(&object, "status.history"), runs_of);
        // It stays, and half of a tree that was read is room for more.
        object.shrink_to_fit();
        let created = time(&object, "metadata.creationTimestamp");
        let plan = plan(&object, cron_job.as_ref(), created);
        Self {
            namespace: text(&object, "metadata.namespace"),
            name: text(&object, "metadata.name"),
            created,
            deleted: time(&object, "metadata.deletionTimestamp"),
            finalizers: items(&object, "metadata.finalizers")
                .iter()
                .filter_map(text_of)
                .collect(),
            phase: text(&object, "status.phase"),
            message: text(&object, "status.message"),
            conditions: conditions(&object),
            plan,
            cron_job,
            runs,
            other_jobs: other_jobs.into_iter().map(|job| *job).collect(),
            events,
            object,
        }
    }

    /// What its spec says.
    pub fn spec(&self) -> model::Backup<'_> {
        model::Backup::of(&self.object)
    }

    /// Its name as an object.
    pub fn reference(&self) -> ObjectRef {
        reference_of(&self.object, "Neo4jBackup")
    }

    /// Its newest run that ended well and stored something.
    pub fn last_good(&self) -> Option<&Run<'s>> {
        self.runs.iter().find(|run| run.is_good())
    }

    /// Its newest run that has ended.
    pub fn last_ended(&self) -> Option<&Run<'s>> {
        self.runs.iter().find(|run| run.has_ended())
    }

    /// How many of its newest runs failed or stored nothing, one after the other; those that have not ended are passed over.
    pub fn failures_in_a_row(&self) -> usize {
        failures_in_a_row(&self.runs)
    }

    /// How many of these ended well and stored nothing.
    pub fn hollow_in_a_row(&self) -> usize {
        let ended = self.runs.iter().filter(|run| run.has_ended());
        let newest = ended.take(self.failures_in_a_row());
        newest.filter(|run| run.artifacts == Artifacts::None).count()
    }

    /// Whether the operator has not written a single word about it.
    pub fn is_silent(&self) -> bool {
        is_silent(&self.object)
    }

    /// Whether its status is of an older spec.
    pub fn is_outdated(&self) -> bool {
        is_outdated(&self.object)
    }

    /// Its newest event with this reason.
    pub fn event(&self, reason: &str) -> Option<&Event<'s>> {
        self.events.iter().rev().find(|event| event.reason == reason)
    }
}

fn plan(object: &Node<'_>, cron_job: Option<&CronJob<'_>>, created: Option<Timestamp>) -> Option<Plan> {
    let backup = model::Backup::of(object);
    let text = backup.schedule().text().filter(|text| !text.is_empty())?;
    let is_suspended = backup.spec.field("suspend").is_true();
    Some(Plan {
        text: text.to_owned(),
        schedule: Schedule::parse(text),
        zone: TimeZone::UTC,
        is_suspended: is_suspended || cron_job.is_some_and(|cron_job| cron_job.is_suspended),
        since: cron_job.and_then(|cron_job| cron_job.created).or(created),
        starting_deadline: cron_job.and_then(|cron_job| cron_job.starting_deadline),
        last_scheduled: cron_job.and_then(|cron_job| cron_job.last_scheduled),
    })
}
