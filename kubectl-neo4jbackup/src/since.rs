//! `--since`: only what happened of late, and why things are wrong now.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_core::check::{Cause, Diagnosis};
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::live::{Backup, Cluster, Health, PlainCronJob};
use neo4jbackup_core::model::ObjectRef;
use neo4jbackup_core::values::go_duration;

/// From when on something is of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long before the cluster is looked at.
    Ago(Duration),
    /// A time.
    At(Timestamp),
}

/// Why a text is no such time.
#[derive(Debug, thiserror::Error)]
#[error("it is neither a duration such as 90m or 72h nor a time such as 2026-06-01T00:00:00Z")]
pub struct SinceError;

impl std::str::FromStr for Since {
    type Err = SinceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(time) = text.parse() {
            return Ok(Self::At(time));
        }
        let duration = go_duration::parse(text).map_err(|_| SinceError)?;
        let nanoseconds = u64::try_from(duration.nanoseconds()).map_err(|_| SinceError)?;
        Ok(Self::Ago(Duration::from_nanos(nanoseconds)))
    }
}

impl Since {
    /// The time that is meant when a cluster is looked at `now`.
    pub(crate) fn time(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::Ago(duration) => now.checked_sub(duration).unwrap_or(Timestamp::MIN),
        }
    }
}

/// Leaves out what is over, and returns how many diagnoses that were.
///
/// A diagnosis is over when it rests on signs that have times, all of these are older, and the object that it was found with is
/// not `still_wrong`. One without times says how things are now, and stays. So does the cause of anything that stays and is
/// more than a remark, however long ago it began.
pub(crate) fn leave_out_older(
    causes: &mut Vec<Cause>,
    bound: Timestamp,
    still_wrong: &dyn Fn(&ObjectRef) -> bool,
) -> usize {
    let mut left_out = 0;
    causes.retain_mut(|cause| {
        let all = cause.all().len();
        let older = leave_out_older(&mut cause.effects, bound, still_wrong);
        let causes_more = cause.effects.iter().any(|effect| effect.severity() > Severity::Info);
        let stays = causes_more || !is_over(&cause.diagnosis, bound, still_wrong);
        left_out += if stays { older } else { all };
        stays
    });
    left_out
}

fn is_over(diagnosis: &Diagnosis, bound: Timestamp, still_wrong: &dyn Fn(&ObjectRef) -> bool) -> bool {
    let newest = diagnosis.evidence.iter().filter_map(|sign| sign.time).max();
    newest.is_some_and(|newest| newest < bound) && !diagnosis.subject.as_ref().is_some_and(still_wrong)
}

/// The backups with a schedule that do not do well now: what is wrong with them is not over, whenever it began.
pub(crate) fn wrong_now(cluster: &Cluster<'_>) -> BTreeSet<ObjectRef> {
    let backups = cluster.backups.iter().filter(|backup| backup.plan.is_some());
    let backups = backups
        .filter(|backup| Health::of_backup(backup, None, cluster.now).needs_attention())
        .map(Backup::reference);
    let cron_jobs = cluster.plain_cron_jobs.iter();
    let cron_jobs = cron_jobs
        .filter(|of| Health::of_plain_cron_job(of, None, cluster.now).needs_attention())
        .map(PlainCronJob::reference);
    backups.chain(cron_jobs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_times_are_read() {
        let now: Timestamp = "2026-06-02T00:00:00Z".parse().unwrap();
        let time = |text: &str| text.parse::<Since>().map(|since| since.time(now).to_string());
        assert_eq!(time("24h").unwrap(), "2026-06-01T00:00:00Z");
        assert_eq!(time("2026-05-01T02:00:00+02:00").unwrap(), "2026-05-01T00:00:00Z");
        for text in ["", "yesterday", "-1h", "2026-05-01"] {
            assert!(time(text).is_err(), "{text}");
        }
        assert!(Since::Ago(Duration::MAX).time(now) < now);
    }
}
