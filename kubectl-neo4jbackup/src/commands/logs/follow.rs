//! Logs that go on: each is read by a task of its own, new pods of the Job join, and it ends with the Job.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use neo4jbackup_cluster::{Cluster, LogLines, LogStream, ObjectReader};
use neo4jbackup_core::facts::Cause;
use neo4jbackup_core::live::{self, Wish};
use neo4jbackup_core::logs::{Entries, Line, Position};
use neo4jbackup_core::snapshot::{LogOf, Resource};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::printer::Printer;
use super::sources::{Found, Source};
use super::{Command, Printed, not_read};
use crate::Io;
use crate::clock::Clock;
use crate::unread::unread;

/// How long to wait between two looks for new pods, and for the end of the Job.
const PAUSE: Duration = Duration::from_secs(2);

/// How long logs may go on after their Job has ended: their last lines are on the way.
const AFTERWARDS: Duration = Duration::from_secs(10);

/// How long a right may be missing before that counts: an API server that has just started knows no rights yet.
const RIGHTS: Duration = Duration::from_secs(10);

/// So many lines wait to be printed.
const WAITING: usize = 1_024;

/// What a task has to say.
enum News {
    Line(Arc<Source>, Line),
    /// The log has come to an end, or has broken off, or could not be read; how far it came.
    Ended(LogOf, Position, Option<Box<Cause>>),
}

/// A log that is followed.
struct Followed {
    source: Arc<Source>,
    position: Position,
    is_read: bool,
    /// Whether it ended by itself.
    has_ended: bool,
    problem: Option<Box<Cause>>,
}

/// Follows the logs of a run.
pub(super) struct Following<'a> {
    command: &'a Command<'a>,
    cluster: &'a Cluster,
    reader: &'a ObjectReader,
    printer: Printer,
    logs: BTreeMap<LogOf, Followed>,
    tasks: JoinSet<()>,
}

impl<'a> Following<'a> {
    pub(super) fn new(
        command: &'a Command<'a>,
        cluster: &'a Cluster,
        reader: &'a ObjectReader,
        printer: Printer,
    ) -> Self {
        Self {
            command,
            cluster,
            reader,
            printer,
            logs: BTreeMap::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Follows logs from where they were printed to, and those that join, until the Job of the run has ended; without a
    /// run, that of the next one. False when not everything was there.
    pub(super) async fn run(
        &mut self,
        mut run: Option<String>,
        printed: Vec<Printed>,
        told: Vec<String>,
        io: &mut Io<'_>,
    ) -> bool {
        let (sender, mut news) = channel(WAITING);
        for Printed { source, position, .. } in printed {
            self.begin(source, position, &sender);
        }
        let mut is_complete = true;
        let mut told: BTreeSet<String> = told.into_iter().collect();
        let mut refused: Option<Instant> = None;
        let clock = Clock::starting_at(io.now);
        let mut next_look = Instant::now();
        let mut ended: Option<Instant> = None;
        let mut is_lost = false;
        loop {
            if !self.hear(&mut news, next_look, io).await {
                return is_complete;
            }
            let snapshot = self.reader.read(clock.now()).await.snapshot;
            next_look = Instant::now() + PAUSE;
            let gap = [self.command.wanted.resource(), Resource::Jobs, Resource::Pods]
                .into_iter()
                .find_map(|resource| {
                    snapshot.is_served(resource)?;
                    let cause = snapshot.gap(resource, Some(&self.command.namespace))?;
                    // The logs that are known go on without the right to look for more, and so does their Job.
                    let may_go_on = resource == Resource::Pods && matches!(cause, Cause::Forbidden(_));
                    (!may_go_on).then_some((resource, cause))
                });
            if let Some((resource, cause)) = gap {
                if matches!(cause, Cause::Forbidden(_)) {
                    if refused.get_or_insert_with(Instant::now).elapsed() >= RIGHTS {
                        is_complete = false;
                        io.say(&unread(resource, &cause));
                        break;
                    }
                } else {
                    refused = None;
                }
                if !std::mem::replace(&mut is_lost, true) {
                    io.say(&format!("{}; it is asked again", unread(resource, &cause)));
                }
                continue;
            }
            refused = None;
            if std::mem::take(&mut is_lost) {
                io.say("the cluster answers again");
            }
            let view = live::Cluster::of(&snapshot);
            if self.command.wanted.find(Some(&self.command.namespace), &view).is_err() {
                io.say("the object has been deleted");
                break;
            }
            // A newer run is another one.
            let wish = run.clone().map_or_else(|| self.command.wish.clone(), Wish::Named);
            let found = Found::of(self.command, &wish, &view);
            for note in &found.notes {
                if told.insert(note.clone()) {
                    io.say(note);
                }
            }
            let is_over = found.has_ended;
            run = run.or(found.run);
            self.join(found.sources, &view, &sender);
            if !is_over {
                continue;
            }
            let since = *ended.get_or_insert_with(Instant::now);
            if self.are_read() {
                break;
            }
            if since.elapsed() >= AFTERWARDS {
                is_complete = false;
                io.say("the Job has ended, and not every log has come to its end");
                break;
            }
        }
        self.tasks.abort_all();
        // What has come meanwhile is printed.
        while let Ok(heard) = news.try_recv() {
            self.take(heard, io);
        }
        for followed in self.logs.values() {
            if let Some(cause) = &followed.problem {
                is_complete = false;
                io.say(&not_read(&followed.source, cause));
            }
        }
        self.printer.flush(io);
        self.printer.sum_up(io);
        is_complete
    }

    /// Prints what comes until a time; false when nobody reads any more.
    async fn hear(&mut self, news: &mut Receiver<News>, until: Instant, io: &mut Io<'_>) -> bool {
        loop {
            let heard = tokio::select! {
                heard = news.recv() => heard,
                () = sleep_until(until) => return self.printer.flush(io),
            };
            let Some(heard) = heard else { return true };
            if !self.take(heard, io) || (news.is_empty() && !self.printer.flush(io)) {
                return false;
            }
        }
    }

    fn take(&mut self, heard: News, io: &mut Io<'_>) -> bool {
        match heard {
            News::Line(source, line) => self.printer.print(&source, &line, io),
            News::Ended(of, position, problem) => {
                if let Some(followed) = self.logs.get_mut(&of) {
                    followed.position = position;
                    followed.is_read = false;
                    followed.has_ended = problem.is_none();
                    followed.problem = problem;
                }
                true
            }
        }
    }

    /// Begins to read logs that are new, and takes up those that broke off or whose container has begun again.
    fn join(&mut self, sources: Vec<Source>, view: &live::Cluster<'_>, sender: &Sender<News>) {
        let (new, known): (Vec<Source>, Vec<Source>) = sources
            .into_iter()
            .partition(|source| !self.logs.contains_key(&source.of));
        for source in known {
            let is_open = |followed: &Followed| !followed.is_read && (!followed.has_ended || runs(view, &source.of));
            if self.logs.get(&source.of).is_some_and(is_open) {
                self.read(&source.of, sender);
            }
        }
        for source in new {
            self.begin(source, Position::default(), sender);
        }
    }

    fn begin(&mut self, source: Source, position: Position, sender: &Sender<News>) {
        self.printer.learn(&source);
        let of = source.of.clone();
        let followed = Followed {
            source: Arc::new(source),
            position,
            is_read: false,
            has_ended: false,
            problem: None,
        };
        self.logs.insert(of.clone(), followed);
        self.read(&of, sender);
    }

    /// Reads a log in a task of its own.
    fn read(&mut self, of: &LogOf, sender: &Sender<News>) {
        let Some(followed) = self.logs.get_mut(of) else { return };
        followed.is_read = true;
        let arguments = self.command.arguments;
        let from = followed.position.from();
        let is_first = from.is_none();
        let lines = LogLines {
            follow: true,
            tail: arguments.tail.filter(|_| is_first),
            since_seconds: arguments.since.map(|since| since.as_secs().max(1)).filter(|_| is_first),
            since_time: from.or_else(|| followed.source.from.filter(|_| arguments.since.is_none())),
        };
        let (cluster, source) = (self.cluster.clone(), Arc::clone(&followed.source));
        let (position, sender) = (followed.position.clone(), sender.clone());
        let patience = self.command.request_timeout;
        self.tasks.spawn(async move {
            let of = source.of.clone();
            let mut position = position;
            let problem = follow(&cluster, source, &lines, patience, &mut position, &sender)
                .await
                .err()
                .map(Box::new);
            // Nobody is left to hear it when the command has ended.
            let _ = sender.send(News::Ended(of, position, problem)).await;
        });
    }

    /// Whether every log of the Job has been read to its end. Those of the operator and of servers go on for ever.
    fn are_read(&self) -> bool {
        let mut logs = self.logs.values();
        logs.all(|followed| followed.source.about.is_some() || (!followed.is_read && followed.has_ended))
    }
}

/// Reads a log to its end, and sends what is new of it.
async fn follow(
    cluster: &Cluster,
    source: Arc<Source>,
    lines: &LogLines,
    patience: Duration,
    position: &mut Position,
    sender: &Sender<News>,
) -> Result<(), Cause> {
    position.again();
    let mut entries = source.about.clone().map(Entries::about);
    let mut stream = LogStream::open(cluster, &source.of, lines, patience).await?;
    loop {
        let next = stream.next().await;
        let Some(line) = next.map_err(|error| Cause::Failed(error.to_string()))? else {
            return Ok(());
        };
        let is_wanted = entries.as_mut().is_none_or(|entries| entries.keeps(&line.text));
        if position.is_new(&line) && is_wanted && sender.send(News::Line(Arc::clone(&source), line)).await.is_err() {
            return Ok(());
        }
    }
}

/// Whether a container runs.
fn runs(view: &live::Cluster<'_>, of: &LogOf) -> bool {
    let jobs = view.backups.iter().flat_map(|of| &of.runs);
    let jobs = jobs.chain(view.plain_cron_jobs.iter().flat_map(|of| &of.runs));
    let jobs = jobs.filter_map(|run| run.job.as_deref());
    let of_restores = view.restores.iter().flat_map(|of| of.job.iter().chain(&of.hooks));
    let pods = jobs.chain(of_restores).flat_map(|job| &job.pods);
    let pods = pods.chain(view.restores.iter().flat_map(|of| &of.proxy_pods));
    let others = view.installations.iter().flat_map(|of| &of.pods);
    let mut pods = pods.chain(others).chain(view.instances.iter().flat_map(|of| &of.pods));
    let pod = pods.find(|pod| pod.name == of.pod && pod.namespace == of.namespace);
    let container = pod.and_then(|pod| pod.containers.iter().find(|container| container.name == of.container));
    container.is_some_and(|container| container.running_since.is_some())
}
