//! Why a run that was due did not take place, as far as anybody noted it.

use jiff::Timestamp;

use super::event::Event;
use super::health::{Mark, MarkKind};
use super::run::Run;
use super::series::Series;
use crate::snapshot::{Resource, Snapshot};

/// A controller that was away notes what it missed when it is back; so many seconds after the time it still tells of it.
const LATE: i64 = 600;

/// Why a run that was due did not take place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason<'r, 's> {
    /// This run still went on.
    Behind(&'r Run<'s>),
    /// The controller noted it.
    Noted(&'r Event<'s>),
    /// There is no `CronJob`, so that no run can begin.
    NoCronJob,
}

impl<'r, 's> Series<'r, 's> {
    /// Why a run was missed, or `None` if nothing tells.
    pub fn reason(&self, missed: &Mark, snapshot: &Snapshot) -> Option<Reason<'r, 's>> {
        if missed.kind != MarkKind::Missed {
            return None;
        }
        if let Some(run) = missed.behind.and_then(|position| self.runs.get(position)) {
            return Some(Reason::Behind(run));
        }
        let Some(cron_job) = self.cron_job else {
            let are_read = snapshot.gap(Resource::CronJobs, Some(&self.object.namespace)).is_none();
            return are_read.then_some(Reason::NoCronJob);
        };
        let time = missed.time?;
        let noted = cron_job.refusals().find(|event| spans(event, time));
        noted.map(Reason::Noted)
    }
}

/// Whether an event that may have been noted several times was noted at about a time.
fn spans(event: &Event<'_>, time: Timestamp) -> bool {
    let (first, last) = (event.first.or(event.last), event.last.or(event.first));
    let begins = first.is_some_and(|first| first.as_second() <= time.as_second().saturating_add(LATE));
    begins && last.is_some_and(|last| last >= time)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Node;
    use crate::live::{Backup, CronJob, Health};

    fn backup(history: &serde_json::Value, events: Vec<Event<'static>>) -> Backup<'static> {
        let object = json!({
            "metadata": {"name": "hourly", "namespace": "graph", "creationTimestamp": "2026-11-21T00:30:00Z"},
            "spec": {"instanceRef": "prod", "database": "neo4j", "schedule": "0 * * * *"},
            "status": {"phase": "Scheduled", "history": history}
        });
        let cron_job = Node::from(json!({"metadata": {"name": "hourly-backup-cron", "namespace": "graph"}}));
        let mut cron_job = CronJob::of(&cron_job);
        cron_job.events = events;
        Backup::new(Node::from(object), Some(cron_job), Vec::new(), Vec::new())
    }

    fn noted(reason: &str, first: &str, last: &str) -> Event<'static> {
        let object = json!({"reason": reason, "message": "told", "firstTimestamp": first, "lastTimestamp": last});
        Event::of(&Node::from(object)).1
    }

    fn reasons(backup: &Backup<'_>, now: &str) -> Vec<Option<String>> {
        let mut snapshot = Snapshot::new(now.parse().unwrap(), None);
        snapshot.add(Resource::CronJobs, []);
        reasons_in(backup, &snapshot)
    }

    fn reasons_in(backup: &Backup<'_>, snapshot: &Snapshot) -> Vec<Option<String>> {
        let now = snapshot.taken;
        let health = Health::of_backup(backup, None, now);
        let series = backup.series();
        let missed = health.line.iter().filter(|mark| mark.kind == MarkKind::Missed);
        missed
            .map(|mark| {
                series.reason(mark, snapshot).map(|reason| match reason {
                    Reason::Behind(run) => format!("behind {}", run.id),
                    Reason::Noted(event) => event.reason.to_string(),
                    Reason::NoCronJob => "no CronJob".to_owned(),
                })
            })
            .collect()
    }

    #[test]
    fn a_run_that_went_on_is_the_reason_before_any_event() {
        let history = json!([{"runID": "hourly-1", "status": "Running", "startTime": "2026-11-21T01:00:02Z"}]);
        let event = noted("JobAlreadyActive", "2026-11-21T02:00:00Z", "2026-11-21T02:00:00Z");
        let backup = backup(&history, vec![event]);
        assert_eq!(
            reasons(&backup, "2026-11-21T02:30:00Z"),
            [Some("behind hourly-1".to_owned())]
        );
    }

    #[test]
    fn no_cron_job_is_a_reason_only_where_they_were_read() {
        let mut backup = backup(&json!([]), Vec::new());
        backup.cron_job = None;
        let now = "2026-11-21T01:30:00Z";
        let unread = Snapshot::new(now.parse().unwrap(), None);
        assert_eq!(reasons(&backup, now), [Some("no CronJob".to_owned())]);
        assert_eq!(reasons_in(&backup, &unread), [None]);
    }

    #[test]
    fn what_the_controller_noted_at_the_time_tells_and_what_it_noted_at_others_does_not() {
        let history = json!([{"runID": "hourly-1", "status": "Succeeded", "artifactFilename": "a",
            "startTime": "2026-11-21T01:00:02Z", "completionTime": "2026-11-21T01:01:00Z"}]);
        let at_two = noted("MissSchedule", "2026-11-21T02:05:00Z", "2026-11-21T02:05:00Z");
        let other = noted("SawCompletedJob", "2026-11-21T03:00:00Z", "2026-11-21T03:00:00Z");
        let backup = backup(&history, vec![at_two, other]);
        assert_eq!(
            reasons(&backup, "2026-11-21T03:30:00Z"),
            [Some("MissSchedule".to_owned()), None]
        );
    }
}
