//! Has it come about what somebody waits for? Judged by the runs; a phase counts only where there is no run to speak.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::document::Node;
use crate::live::{Artifacts, Backup, Job, Outcome, PlainCronJob, Plan, Restore, Run};
use crate::quoted::{Name, quoted};

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// A run ends well.
    Succeeded,
    /// A run ends, well or not.
    Completed,
    /// A run fails, or stores nothing.
    Failed,
    /// The next run of the schedule ends well.
    ScheduledRun,
}

/// How it stands with a goal. The texts are printable, and change only when something happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prospect {
    /// It has come about.
    Reached(String),
    /// It has come about as the Job tells. The operator has not noted yet whether something was stored.
    Unconfirmed(String),
    /// It cannot come about any more, and why.
    Lost(String),
    /// It may still come about; what was seen last.
    Open(String),
}

/// The runs of a schedule that had ended before somebody began to wait. What they came to is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Before(BTreeSet<String>);

impl Before {
    /// Those of the runs that have ended; not those that ended at `since` or later, when that is given.
    pub fn of(runs: &[Run<'_>], since: Option<Timestamp>) -> Self {
        let is_recent = |run: &Run<'_>| since.is_some_and(|since| run.ended.or(run.started) >= Some(since));
        let ended = runs.iter().filter(|run| run.has_ended() && !is_recent(run));
        Self(ended.map(key).collect())
    }

    fn has(&self, run: &Run<'_>) -> bool {
        self.0.contains(&key(run))
    }
}

/// What tells a run from others. Operators before 1.8 give the runs in the history no name.
fn key(run: &Run<'_>) -> String {
    match (&*run.id, run.started) {
        ("", Some(started)) => started.to_string(),
        (id, _) => id.to_owned(),
    }
}

/// How it stands with a goal of a backup. A backup without a schedule is judged by its newest run, whenever that ended; one
/// with a schedule by the runs that are not among those `before`.
pub fn of_backup(backup: &Backup<'_>, goal: Goal, before: &Before, now: Timestamp) -> Prospect {
    if backup.deleted.is_some() {
        return Prospect::Lost("it is being deleted".to_owned());
    }
    if backup.is_outdated() {
        return Prospect::Open("the operator has not looked at the newest spec yet".to_owned());
    }
    let says = |phase: &str| backup.phase == phase;
    let message = || said(&backup.message);
    if let Some(plan) = &backup.plan {
        let refused = says("Invalid").then(|| format!("the operator refuses it{}", message()));
        let refused = refused.filter(|_| !backup.runs.iter().any(is_open));
        let without = backup.cron_job.is_none().then(message).filter(|said| !said.is_empty());
        let prospect = of_plan(plan, &backup.runs, goal, before, now);
        return match (prospect, refused, without) {
            (Prospect::Open(_), Some(refused), _) => bad(goal, refused),
            (Prospect::Open(text), None, Some(said)) => Prospect::Open(text + &said),
            (prospect, ..) => prospect,
        };
    }
    if goal == Goal::ScheduledRun {
        return Prospect::Lost("it has no schedule".to_owned());
    }
    let Some(run) = backup.runs.first() else {
        return match &*backup.phase {
            "Invalid" | "Failed" => bad(goal, format!("the operator refuses it{}", message())),
            "" => Prospect::Open("the operator has written nothing about it yet".to_owned()),
            phase => Prospect::Open(format!("no run yet, phase {}{}", quoted(phase), message())),
        };
    };
    if run.outcome == Outcome::Waiting && says("Failed") {
        // The Job stays, but nobody waits for it any more.
        return bad(goal, format!("the operator has given it up{}", message()));
    }
    ended(run, goal).unwrap_or_else(|| Prospect::Open(state(run)))
}

/// How it stands with a goal of a `CronJob` that runs neo4j-admin.
pub fn of_plain_cron_job(cron_job: &PlainCronJob<'_>, goal: Goal, before: &Before, now: Timestamp) -> Prospect {
    // There is no operator that would note anything.
    match of_plan(&cron_job.plan, &cron_job.runs, goal, before, now) {
        Prospect::Unconfirmed(text) => Prospect::Reached(text),
        prospect => prospect,
    }
}

/// How it stands with a goal of a restore.
pub fn of_restore(restore: &Restore<'_>, goal: Goal) -> Prospect {
    if goal == Goal::ScheduledRun {
        return Prospect::Lost("a restore has no schedule".to_owned());
    }
    if restore.deleted.is_some() {
        return Prospect::Lost("it is being deleted".to_owned());
    }
    if restore.is_outdated() {
        return Prospect::Open("the operator has not looked at the newest spec yet".to_owned());
    }
    let jobs = || restore.job.iter().chain(&restore.hooks);
    if let Some(text) = jobs().find_map(failed_job) {
        return bad(goal, text);
    }
    if restore.phase == "Failed" {
        return bad(goal, format!("it failed{}", said(&restore.message)));
    }
    let has_ended = |job: &&Job<'_>| job.holds("Complete").is_some();
    let open = jobs().find(|job| !has_ended(job));
    match (&*restore.phase, open) {
        ("Completed", None) => match not_created(restore) {
            Some(text) => bad(goal, text),
            None => good(goal, "it ended well", restore.ended()),
        },
        ("", None) => Prospect::Open("the operator has written nothing about it yet".to_owned()),
        (_, Some(job)) => Prospect::Open(state(&Run::of_job(Box::new(job.clone())))),
        (phase, None) => Prospect::Open(format!("phase {}{}", quoted(phase), said(&restore.message))),
    }
}

/// What the operator notes of a database that could not be made, though it calls the restore completed.
fn not_created(restore: &Restore<'_>) -> Option<String> {
    let results = restore.object.at("status.databaseResults").and_then(Node::as_list);
    let text = |result: &Node<'_>, key: &str| result.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
    let mut results = results.unwrap_or_default().iter();
    if let Some(failed) = results.find(|result| text(result, "phase") == "Failed") {
        let (database, message) = (text(failed, "database"), text(failed, "message"));
        return Some(format!(
            "database {} was not restored{}",
            quoted(&database),
            said(&message)
        ));
    }
    let event = restore.event("DatabaseCreateFailed")?;
    // An event outlives what it was noted of.
    let is_of_this = restore.started.is_none_or(|started| event.last >= Some(started));
    is_of_this.then(|| format!("the database was not created{}", said(&event.message)))
}

fn failed_job(job: &Job<'_>) -> Option<String> {
    let condition = job.holds("Failed")?;
    let (name, reason) = (Name(&job.name), Name(&condition.reason));
    Some(format!("Job {name} failed: {reason}{}", said(&condition.message)))
}

fn of_plan(plan: &Plan, runs: &[Run<'_>], goal: Goal, before: &Before, now: Timestamp) -> Prospect {
    let news = || runs.iter().filter(|run| run.has_ended() && !before.has(run));
    let decides = match goal {
        Goal::Succeeded => {
            let noted = news().find(|run| run.is_good() && run.is_recorded);
            noted.or_else(|| news().find(|run| run.is_good()))
        }
        Goal::Failed => news().find(|run| !run.is_good()),
        Goal::Completed => news().next(),
        // The first that ended, which stands last.
        Goal::ScheduledRun => news().rfind(|run| run.scheduled.is_some()),
    };
    if let Some(prospect) = decides.and_then(|run| ended(run, goal)) {
        return prospect;
    }
    if let Some(run) = runs.iter().find(|run| is_open(run)) {
        return Prospect::Open(state(run));
    }
    if let Err(error) = &plan.schedule {
        let text = format!("its schedule {} is none: {error}", quoted(&plan.text));
        return Prospect::Lost(text);
    }
    if plan.is_suspended {
        return Prospect::Lost("it is suspended, and no run goes on".to_owned());
    }
    let Some(next) = plan.next(now) else {
        return Prospect::Lost(format!("its schedule {} never comes", quoted(&plan.text)));
    };
    let last = news().next().map(|run| format!("{}; ", state(run)));
    Prospect::Open(format!("{}next run at {}", last.unwrap_or_default(), whole(next)))
}

fn is_open(run: &Run<'_>) -> bool {
    matches!(run.outcome, Outcome::Running | Outcome::Waiting | Outcome::Held)
}

/// What a run that has ended means for a goal; `None` for one that has not.
fn ended(run: &Run<'_>, goal: Goal) -> Option<Prospect> {
    if !run.has_ended() {
        return None;
    }
    let text = state(run);
    Some(match (run.is_good(), goal) {
        (false, _) => bad(goal, text),
        (true, Goal::Succeeded | Goal::ScheduledRun) if !run.is_recorded => Prospect::Unconfirmed(text),
        (true, Goal::Failed) => Prospect::Lost(text),
        (true, _) => Prospect::Reached(text),
    })
}

fn good(goal: Goal, text: &str, ended: Option<Timestamp>) -> Prospect {
    let text = match ended {
        Some(ended) => format!("{text} at {}", whole(ended)),
        None => text.to_owned(),
    };
    match goal {
        Goal::Failed => Prospect::Lost(text),
        _ => Prospect::Reached(text),
    }
}

fn bad(goal: Goal, text: String) -> Prospect {
    match goal {
        Goal::Failed | Goal::Completed => Prospect::Reached(text),
        Goal::Succeeded | Goal::ScheduledRun => Prospect::Lost(text),
    }
}

/// A run in a few words.
fn state(run: &Run<'_>) -> String {
    let name = if run.id.is_empty() {
        "the run".to_owned()
    } else {
        format!("run {}", Name(&run.id))
    };
    let at = |word: &str, time: Option<Timestamp>| match time {
        Some(time) => format!(" {word} {}", whole(time)),
        None => String::new(),
    };
    match run.outcome {
        Outcome::Succeeded if run.artifacts == Artifacts::None => {
            format!("{name} ended{} and stored nothing", at("at", run.ended))
        }
        Outcome::Succeeded => format!("{name} ended well{}", at("at", run.ended)),
        Outcome::Failed => {
            let condition = run.job.as_deref().and_then(|job| job.holds("Failed"));
            let why = condition.map(|condition| format!(": {}{}", Name(&condition.reason), said(&condition.message)));
            format!("{name} failed{}{}", at("at", run.ended), why.unwrap_or_default())
        }
        Outcome::Running => format!("{name} goes on{}", at("since", run.started)),
        Outcome::Held => format!("{name} is suspended"),
        Outcome::Unknown => format!("{name} began{}, and nobody knows how it ended", at("at", run.started)),
        Outcome::Waiting => {
            let pod = run.job.as_deref().and_then(Job::newest_pod);
            let stuck = pod.and_then(|pod| pod.stuck());
            let why = stuck.map(|(container, waiting)| {
                let (container, reason) = (Name(&container.name), Name(&waiting.reason));
                format!(": {container} waits with {reason}{}", said(&waiting.message))
            });
            format!("{name} has not begun{}", why.unwrap_or_default())
        }
    }
}

/// A time to the second.
fn whole(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// What somebody says, behind a colon; nothing when there is nothing.
fn said(message: &str) -> String {
    match message.trim() {
        "" => String::new(),
        message => format!(": {}", quoted(message)),
    }
}

#[cfg(test)]
mod tests;
