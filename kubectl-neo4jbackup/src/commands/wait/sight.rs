//! What is seen of the object that somebody waits for.

use jiff::Timestamp;
use neo4jbackup_core::check::Looks;
use neo4jbackup_core::facts::Cause;
use neo4jbackup_core::goal::{self, Before, Goal, Prospect};
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::snapshot::{Resource, Snapshot};

use crate::cli::WaitGoal;
use crate::target::{TargetError, Wanted};

/// What is seen.
pub(super) enum Sight {
    /// The object, and how it stands.
    Seen(Prospect),
    /// There is none.
    Gone(TargetError),
    /// Not everything can be read that it is judged by.
    Unreadable(Resource, Cause),
    /// The cluster has no objects of the kind.
    NotServed,
}

/// Looks at one object, and remembers what was there at the first look.
pub(super) struct Eye<'a> {
    wanted: &'a Wanted,
    namespace: &'a str,
    goal: Goal,
    /// From when on runs count that had ended at the first look.
    since: Option<Timestamp>,
    before: Option<Before>,
}

impl<'a> Eye<'a> {
    pub(super) fn new(wanted: &'a Wanted, namespace: &'a str, goal: Goal, since: Option<Timestamp>) -> Self {
        Self {
            wanted,
            namespace,
            goal,
            since,
            before: None,
        }
    }

    /// Whether the object has been seen.
    pub(super) fn has_seen(&self) -> bool {
        self.before.is_some()
    }

    pub(super) fn look(&mut self, snapshot: &Snapshot) -> Sight {
        let resource = self.wanted.resource();
        if snapshot.is_served(resource) == Some(false) {
            return Sight::NotServed;
        }
        for resource in [resource, Resource::Jobs] {
            if let Some(cause) = snapshot.gap(resource, Some(self.namespace)) {
                return Sight::Unreadable(resource, cause);
            }
        }
        let cluster = Cluster::of(snapshot);
        if let Err(error) = self.wanted.find(Some(self.namespace), &cluster) {
            return Sight::Gone(error);
        }
        let (since, goal, now) = (self.since, self.goal, cluster.now);
        let name = &*self.wanted.name;
        let prospect = match self.wanted.looks {
            Looks::AtRestores => {
                self.before.get_or_insert_default();
                let mut restores = cluster.restores.iter();
                restores.find(|of| of.name == name).map(|of| goal::of_restore(of, goal))
            }
            Looks::AtPlainCronJobs => {
                let mut cron_jobs = cluster.plain_cron_jobs.iter();
                cron_jobs.find(|of| of.cron_job.name == name).map(|of| {
                    let before = self.before.get_or_insert_with(|| Before::of(&of.runs, since));
                    goal::of_plain_cron_job(of, goal, before, now)
                })
            }
            _ => cluster.backup(self.namespace, name).map(|of| {
                let before = self.before.get_or_insert_with(|| Before::of(&of.runs, since));
                goal::of_backup(of, goal, before, now)
            }),
        };
        // It was found above.
        Sight::Seen(prospect.unwrap_or_else(|| Prospect::Open(String::new())))
    }
}

impl From<WaitGoal> for Goal {
    fn from(goal: WaitGoal) -> Self {
        match goal {
            WaitGoal::Succeeded => Self::Succeeded,
            WaitGoal::Completed => Self::Completed,
            WaitGoal::Failed => Self::Failed,
            WaitGoal::ScheduledRun => Self::ScheduledRun,
        }
    }
}
