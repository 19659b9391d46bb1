//! `wait`: until a backup or restore has ended well, or until it is clear that it will not.

mod progress;
mod sight;

use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_cluster::{Cluster, ObjectReader, ObjectReading, PodsOf};
use neo4jbackup_core::facts::Cause;
use neo4jbackup_core::goal::Prospect;
use neo4jbackup_core::quoted::Name;
use tokio::time::{Instant, sleep_until, timeout_at};

use self::progress::Progress;
use self::sight::{Eye, Sight};
use super::usage;
use crate::age::span;
use crate::cli::{Wait, WaitGoal};
use crate::clock::Clock;
use crate::connection::{self, Access};
use crate::look::{LookError, is_namespace, request_timeout};
use crate::target::{TargetError, Wanted};
use crate::unread::unread;
use crate::{Exit, Io, first_cause};

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_secs(2);

/// For how long the operator may note nothing of a run that ended well; it looks at its Jobs far more often.
const UNCONFIRMED: Duration = Duration::from_secs(30);

/// For how long a right may be missing that was there before: an API server that has just been started does not know all
/// rights yet.
const RIGHTS: Duration = Duration::from_secs(10);

/// Beside the time to wait, so much is left to say why it has not come about.
const AFTERWARDS: Duration = Duration::from_secs(60);

/// Runs the command.
pub(super) fn run(arguments: &Wait, namespace: Option<String>, access: Access, io: &mut Io<'_>) -> Exit {
    let wanted = match Wanted::read(&arguments.target) {
        Ok(wanted) if wanted.has_name() => wanted,
        Ok(wanted) => return usage(io, &TargetError::Name(wanted.name)),
        Err(error) => return usage(io, &error),
    };
    if let Some(name) = namespace.as_ref().filter(|name| !is_namespace(name)) {
        return LookError::Namespace(name.clone()).tell(io);
    }
    let access = Access {
        patience: Some(arguments.timeout.saturating_add(AFTERWARDS)),
        ..access
    };
    let asked = connection::converse(&access, io, async |cluster, io| {
        let namespace = namespace.unwrap_or_else(|| cluster.namespace().to_owned());
        let waiting = Waiting {
            arguments,
            wanted,
            namespace,
            request_timeout: request_timeout(&access),
        };
        waiting.run(cluster, io).await
    });
    asked.unwrap_or_else(|error: LookError| error.tell(io))
}

struct Waiting<'a> {
    arguments: &'a Wait,
    wanted: Wanted,
    namespace: String,
    request_timeout: Duration,
}

/// How it ended.
enum End {
    Reached(String),
    Lost(String),
    TimedOut(String),
    /// It cannot be looked at.
    Unreadable(String),
    /// It has not been there from the beginning.
    Absent(TargetError),
}

impl Waiting<'_> {
    async fn run(&self, cluster: &Cluster, io: &mut Io<'_>) -> Result<Exit, LookError> {
        let reading = ObjectReading {
            resource: self.wanted.resource(),
            namespace: self.namespace.clone(),
            name: self.wanted.name.clone(),
            pods: PodsOf::OpenJobs,
            operator: false,
            servers: false,
            request_timeout: self.request_timeout,
        };
        let reader = ObjectReader::new(cluster, reading).await?;
        let mut progress = Progress::new(io);
        let clock = Clock::starting_at(io.now);
        let end = self.watch(&reader, clock, &mut progress, io).await;
        progress.clear(io);
        Ok(self.tell(end, cluster, clock.now(), io).await)
    }

    /// Looks again and again until it is decided.
    async fn watch(&self, reader: &ObjectReader, clock: Clock, progress: &mut Progress, io: &mut Io<'_>) -> End {
        let deadline = Instant::now() + self.arguments.timeout;
        let since = self.arguments.since.map(|since| before(io.now, since));
        let mut eye = Eye::new(&self.wanted, &self.namespace, self.arguments.goal.into(), since);
        let mut trouble: Option<Instant> = None;
        // Since when the API server says no, which it does for a moment after a start, too.
        let mut refused: Option<Instant> = None;
        let mut unconfirmed: Option<Instant> = None;
        let mut state = String::new();
        loop {
            let now = clock.now();
            // What is asked first is answered, or the cluster cannot be asked at all.
            let read = if eye.has_seen() {
                match timeout_at(deadline, reader.read(now)).await {
                    Ok(read) => read,
                    Err(_) => return End::TimedOut(state),
                }
            } else {
                reader.read(now).await
            };
            let is_first = !eye.has_seen();
            match eye.look(&read.snapshot) {
                Sight::Seen(prospect) => {
                    refused = None;
                    if trouble.take().is_some() {
                        progress.note("the cluster answers again", io);
                    }
                    match prospect {
                        Prospect::Reached(text) => return End::Reached(text),
                        Prospect::Lost(text) => return End::Lost(text),
                        Prospect::Open(text) => state = text,
                        Prospect::Unconfirmed(text) => {
                            let since = unconfirmed.get_or_insert_with(Instant::now);
                            if since.elapsed() >= UNCONFIRMED || Instant::now() >= deadline {
                                return End::Reached(text);
                            }
                            state = format!("{text}; the operator has not noted yet what it stored");
                        }
                    }
                }
                Sight::Gone(error) if is_first => return End::Absent(error),
                Sight::Gone(_) => return End::Lost("it has been deleted".to_owned()),
                Sight::Unreadable(resource, cause) => {
                    trouble.get_or_insert_with(Instant::now);
                    // How long nobody answered says nothing of how long the right has been missing.
                    let lasts = if matches!(cause, Cause::Forbidden(_)) {
                        refused.get_or_insert_with(Instant::now).elapsed() >= RIGHTS
                    } else {
                        refused = None;
                        false
                    };
                    if is_first || lasts {
                        return End::Unreadable(unread(resource, &cause));
                    }
                    progress.trouble(&unread(resource, &cause), io);
                }
                Sight::NotServed => {
                    trouble.get_or_insert_with(Instant::now);
                    let lasts = refused.get_or_insert_with(Instant::now).elapsed() >= RIGHTS;
                    if is_first || lasts {
                        let kind = self.wanted.resource().kind();
                        return End::Unreadable(format!(
                            "the cluster serves no {kind} objects: the operator's CRDs are not there"
                        ));
                    }
                }
            }
            if Instant::now() >= deadline {
                return End::TimedOut(state);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            progress.show(&self.sentence(&state), left, io);
            sleep_until(deadline.min(Instant::now() + PAUSE)).await;
        }
    }

    /// `backup/nightly in graph is to succeed`, and how it stands.
    fn sentence(&self, state: &str) -> String {
        let (word, namespace) = (self.wanted.word(), Name(&self.namespace));
        let wish = match self.arguments.goal {
            WaitGoal::Succeeded => "is to succeed",
            WaitGoal::Completed => "is to end",
            WaitGoal::Failed => "is to fail",
            WaitGoal::ScheduledRun => "is to run by its schedule",
        };
        let state = if state.is_empty() {
            String::new()
        } else {
            format!(": {state}")
        };
        format!("{word} in {namespace} {wish}{state}")
    }

    /// Says how it ended, and when that is not as wished, why.
    async fn tell(&self, end: End, cluster: &Cluster, now: Timestamp, io: &mut Io<'_>) -> Exit {
        let word = self.wanted.word();
        let done = match self.arguments.goal {
            WaitGoal::Succeeded => "succeeded",
            WaitGoal::Completed => "ended",
            WaitGoal::Failed => "failed",
            WaitGoal::ScheduledRun => "ran by its schedule",
        };
        let exit = match end {
            End::Reached(text) => {
                io.print(&format!("{word} {done}: {text}\n"));
                return Exit::Good;
            }
            End::Absent(error) => return usage(io, &error),
            End::Unreadable(text) => {
                io.say(&format!("error: {text}"));
                return Exit::Incomplete;
            }
            End::Lost(text) => {
                io.say(&format!(
                    "{word} has not {done}, and will not: {text}",
                    done = participle(done)
                ));
                Exit::NotGood
            }
            End::TimedOut(state) => {
                let seconds = i64::try_from(self.arguments.timeout.as_secs()).unwrap_or(i64::MAX);
                let state = if state.is_empty() {
                    String::new()
                } else {
                    format!(": {state}")
                };
                let (done, within) = (participle(done), span(seconds));
                io.say(&format!("{word} has not {done} within {within}{state}"));
                Exit::TimedOut
            }
        };
        if self.arguments.goal != WaitGoal::Failed {
            first_cause::tell(cluster, &self.wanted, &self.namespace, self.request_timeout, now, io).await;
        }
        exit
    }
}

/// What follows `has not`.
fn participle(done: &'static str) -> &'static str {
    if done == "ran by its schedule" {
        "run by its schedule"
    } else {
        done
    }
}

fn before(start: Timestamp, span: Duration) -> Timestamp {
    let span = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(start.as_second().saturating_sub(span)).unwrap_or(Timestamp::MIN)
}
