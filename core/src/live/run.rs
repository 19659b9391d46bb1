//! The runs of a backup, as they were: what the history of the backup, the Jobs and their pods say together.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::job::{BoxedJob, Job, scheduled_by_name};
use super::pod::{Container, Ended, Pod};
use super::read::{Text, items, optional, text, time};
use crate::document::Node;
use crate::logs::{self, Class};
use crate::values::quantity;

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run<'s> {
    /// The name of its Job.
    pub id: Text<'s>,
    /// The time that it is the run of, for a run of a schedule.
    pub scheduled: Option<Timestamp>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What came of it.
    pub outcome: Outcome,
    /// What it left behind.
    pub artifacts: Artifacts<'s>,
    /// How many bytes that is, where the operator noted the size of every file.
    pub bytes: Option<u64>,
    /// Its Job, while that is there.
    pub job: Option<BoxedJob<'s>>,
    /// Whether the operator has noted it in the history of the backup.
    pub is_recorded: bool,
}

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its Job ended well. Whether anything was stored is another question.
    Succeeded,
    /// Its Job failed.
    Failed,
    /// A container of it runs.
    Running,
    /// It has been asked for, and no container of it has run.
    Waiting,
    /// Its Job is held.
    Held,
    /// It was begun, and nobody knows any more how it ended.
    Unknown,
}

/// What a run left behind, as the operator noted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Artifacts<'s> {
    /// Nobody noted it: the run is not in the history, or it did not end well.
    Unknown,
    /// The run is in the history, and no file is.
    None,
    /// The files, each with its database where that is noted.
    Files(Vec<(Option<Text<'s>>, Text<'s>)>),
}

/// The sign in the log or the state of a container that says why a run failed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failure<'r, 's> {
    /// The pod.
    pub pod: &'r Pod<'s>,
    /// The container.
    pub container: &'r Container<'s>,
    /// How it ended, when it has.
    pub ended: Option<&'r Ended<'s>>,
    /// The line of its log that names the cause, with what it means.
    pub line: Option<(&'r str, &'static Class)>,
}

impl<'s> Run<'s> {
    /// A run that is in the history of a backup.
    pub(super) fn of_entry(entry: &Node<'s>) -> Self {
        let id = text(entry, "runID");
        let outcome = match &*text(entry, "status") {
            "Succeeded" => Outcome::Succeeded,
            "Failed" => Outcome::Failed,
            "Running" => Outcome::Running,
            _ => Outcome::Unknown,
        };
        Self {
            scheduled: scheduled_by_name(&id),
            started: time(entry, "startTime"),
            ended: time(entry, "completionTime"),
            // Operators that give a run no id (before 1.8) note no files either.
            artifacts: if outcome == Outcome::Succeeded && !id.is_empty() {
                Artifacts::of_entry(entry)
            } else {
                Artifacts::Unknown
            },
            bytes: bytes(entry),
            outcome,
            job: None,
            is_recorded: true,
            id,
        }
    }

    /// A run that only its Job tells of.
    pub fn of_job(job: BoxedJob<'s>) -> Self {
        Self {
            id: job.name.clone(),
            scheduled: job.scheduled,
            started: job.started.or(job.created),
            ended: ended(&job),
            outcome: outcome(&job),
            artifacts: Artifacts::Unknown,
            bytes: None,
            job: Some(job),
            is_recorded: false,
        }
    }

    /// Takes the Job of a run that is in the history. The Job knows better: the history is written later, or not at all.
    pub(super) fn take_job(&mut self, job: BoxedJob<'s>) {
        self.scheduled = job.scheduled.or(self.scheduled);
        self.started = job.started.or(self.started);
        self.ended = ended(&job).or(self.ended);
        let outcome = outcome(&job);
        if outcome != Outcome::Unknown {
            self.outcome = outcome;
        }
        self.job = Some(job);
    }

    /// The time by which runs are put in order.
    pub fn time(&self) -> Option<Timestamp> {
        self.scheduled.or(self.started)
    }

    /// Whether it has ended, well or not.
    pub fn has_ended(&self) -> bool {
        matches!(self.outcome, Outcome::Succeeded | Outcome::Failed)
    }

    /// Whether it ended well and nothing speaks against its having stored something.
    pub fn is_good(&self) -> bool {
        self.outcome == Outcome::Succeeded && self.artifacts != Artifacts::None
    }

    /// How many seconds it took, once it has ended.
    pub fn seconds(&self) -> Option<i64> {
        let (started, ended) = (self.started?, self.ended?);
        Some(ended.as_second() - started.as_second()).filter(|seconds| *seconds >= 0)
    }

    /// Why it failed, as the containers of its Job tell.
    pub fn failure(&self) -> Option<Failure<'_, 's>> {
        self.job.as_ref()?.failure()
    }
}

impl<'s> Job<'s> {
    /// Why it failed, as its containers tell: the newest pod whose log names a cause, else the newest that ended badly.
    pub fn failure(&self) -> Option<Failure<'_, 's>> {
        let pods = || self.pods.iter().rev();
        let told = pods().find_map(|pod| {
            pod.containers.iter().find_map(|container| {
                let line = cause(container)?;
                Some(Failure {
                    pod,
                    container,
                    ended: container.ended.as_ref().or(container.ended_before.as_ref()),
                    line: Some(line),
                })
            })
        });
        told.or_else(|| {
            pods().find_map(|pod| {
                let (container, ended) = pod.failure()?;
                Some(Failure {
                    pod,
                    container,
                    ended: Some(ended),
                    line: None,
                })
            })
        })
    }
}

/// The first line of a log that names a cause, or else the first that says that something failed. The log of the container
/// that runs now goes first.
fn cause<'r>(container: &'r Container<'_>) -> Option<(&'r str, &'static Class)> {
    let logs = [container.log, container.log_before].into_iter().flatten();
    let failures = || {
        logs.clone().flat_map(str::lines).filter_map(|line| {
            let class = logs::classify(line).filter(|class| class.severity == logs::Severity::Failure)?;
            Some((line.trim(), class))
        })
    };
    let decides = failures().find(|(_, class)| class.decides);
    decides.or_else(|| failures().next())
}

impl<'s> Artifacts<'s> {
    /// The databases and shards of which there is a file, by name, where that is noted.
    pub fn databases(&self) -> BTreeSet<&str> {
        match self {
            Self::Files(files) => files.iter().filter_map(|(of, _)| of.as_deref()).collect(),
            Self::Unknown | Self::None => BTreeSet::new(),
        }
    }

    fn of_entry(entry: &Node<'s>) -> Self {
        let mut files = Vec::new();
        if let Some(file) = optional(entry, "artifactFilename").filter(|file| !file.is_empty()) {
            files.push((None, file));
        }
        let mut add = |list: &[Node<'s>], name: &str| {
            for artifact in list {
                if let Some(file) = optional(artifact, "filename").filter(|file| !file.is_empty()) {
                    files.push((optional(artifact, name), file));
                }
            }
        };
        add(items(entry, "databaseArtifacts"), "database");
        add(items(entry, "shardArtifacts"), "shardName");
        for family in items(entry, "shardedFamilies") {
            add(items(family, "shardArtifacts"), "shardName");
        }
        if files.is_empty() {
            Self::None
        } else {
            Self::Files(files)
        }
    }
}

/// The sizes of all files of a run together, or `None` if that of any is not noted.
fn bytes(entry: &Node<'_>) -> Option<u64> {
    let lists = ["databaseArtifacts", "shardArtifacts"]
        .into_iter()
        .map(|list| items(entry, list));
    let families = items(entry, "shardedFamilies").iter();
    let lists = lists.chain(families.map(|family| items(family, "shardArtifacts")));
    let mut sum = None;
    for file in lists.flatten() {
        let size = quantity::parse(&optional(file, "size")?).ok()?.bytes()?;
        sum = Some(sum.unwrap_or(0_u64).checked_add(u64::try_from(size).ok()?)?);
    }
    sum
}

fn outcome(job: &Job<'_>) -> Outcome {
    if job.holds("Complete").is_some() {
        Outcome::Succeeded
    } else if job.holds("Failed").is_some() {
        Outcome::Failed
    } else if job.is_suspended {
        Outcome::Held
    } else if job.pods.iter().any(Pod::has_begun) {
        Outcome::Running
    } else if job.pods.is_empty() && job.active > 0 && job.ready != Some(0) {
        // Its pods are not looked at, or may not be.
        Outcome::Running
    } else {
        Outcome::Waiting
    }
}

fn ended(job: &Job<'_>) -> Option<Timestamp> {
    job.completed
        .or_else(|| job.holds("Failed").and_then(|condition| condition.since))
}

/// How many of the newest runs that ended were not good, one after the other. This is what everybody counts who speaks of
/// failures: a run that ended well and stored nothing is one of them.
pub(super) fn failures_in_a_row(runs: &[Run<'_>]) -> usize {
    let ended = runs.iter().filter(|run| run.has_ended());
    ended.take_while(|run| !run.is_good()).count()
}

/// Puts the history of a backup and its Jobs together, the newest run first.
pub(super) fn runs<'s>(history: &[Node<'s>], jobs: Vec<BoxedJob<'s>>) -> Vec<Run<'s>> {
    let mut runs = Vec::with_capacity(history.len() + jobs.len());
    runs.extend(history.iter().map(Run::of_entry));
    for job in jobs {
        // A Job of the same name that was made again after the run is another run.
        let known = runs
            .iter_mut()
            .find(|run| run.job.is_none() && !run.id.is_empty() && run.id == job.name);
        match known {
            Some(run) if !is_newer(&job, run) => run.take_job(job),
            _ => runs.push(Run::of_job(job)),
        }
    }
    runs.sort_by_key(|run| std::cmp::Reverse(run.time()));
    runs
}

fn is_newer(job: &Job<'_>, run: &Run<'_>) -> bool {
    matches!((job.created, run.ended), (Some(created), Some(ended)) if created > ended)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_and_its_entry_are_one_run_and_the_newest_comes_first() {
        let history = [
            json!({"runID": "x-backup-cron-29920899", "status": "Failed", "startTime": "2026-11-21T09:39:00Z"}),
            json!({"runID": "x-backup-cron-29920898", "status": "Succeeded", "startTime": "2026-11-21T09:38:00Z",
                   "completionTime": "2026-11-21T09:38:41Z", "artifactFilename": "x.backup"}),
        ]
        .map(Node::from);
        let job = Node::from(json!({
            "metadata": {"name": "x-backup-cron-29920900", "namespace": "n"},
            "status": {"startTime": "2026-11-21T09:40:03Z", "active": 1},
        }));
        let failed = Node::from(json!({
            "metadata": {"name": "x-backup-cron-29920899", "namespace": "n"},
            "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded",
                                       "lastTransitionTime": "2026-11-21T09:39:40Z"}]},
        }));
        let runs = runs(&history, vec![Box::new(Job::of(&failed)), Box::new(Job::of(&job))]);
        let told: Vec<_> = runs
            .iter()
            .map(|run| (&*run.id, run.outcome, run.is_recorded))
            .collect();
        assert_eq!(
            told,
            [
                ("x-backup-cron-29920900", Outcome::Running, false),
                ("x-backup-cron-29920899", Outcome::Failed, true),
                ("x-backup-cron-29920898", Outcome::Succeeded, true),
            ]
        );
        assert!(runs[2].is_good());
        assert_eq!(runs[2].seconds(), Some(41));
        assert_eq!(
            runs[1].ended.map(|ended| ended.to_string()).as_deref(),
            Some("2026-11-21T09:39:40Z")
        );
    }

    #[test]
    fn a_run_that_stored_nothing_is_not_good() {
        let history =
            [json!({"runID": "x", "status": "Succeeded", "startTime": "2026-11-21T09:38:00Z"})].map(Node::from);
        let runs = runs(&history, Vec::new());
        assert_eq!(runs[0].artifacts, Artifacts::None);
        assert!(!runs[0].is_good());
    }
}
