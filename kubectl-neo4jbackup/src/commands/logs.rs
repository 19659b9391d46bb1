//! `logs`: what the pods of a run say, in the order of time, and what the operator and the servers say of it.

mod feed;
mod follow;
mod list;
mod printer;
mod sources;

use std::collections::VecDeque;
use std::time::Duration;

use neo4jbackup_cluster::{Cluster, ObjectReader, ObjectReading, PodsOf, chain};
use neo4jbackup_core::check::Looks;
use neo4jbackup_core::facts::Cause;
use neo4jbackup_core::live::{self, Wish};
use neo4jbackup_core::logs::{Merge, Position};
use neo4jbackup_core::snapshot::{Resource, Snapshot};

use self::feed::Feed;
use self::follow::Following;
use self::printer::{Printer, Style};
use self::sources::{Found, Source};
use super::usage;
use crate::cli::Logs;
use crate::connection::{self, Access};
use crate::look::{LookError, is_namespace, request_timeout};
use crate::target::{TargetError, Wanted};
use crate::unread::{missing, unread};
use crate::{Exit, Io};

/// Runs the command.
pub(super) fn run(arguments: &Logs, namespace: Option<String>, access: Access, color: bool, io: &mut Io<'_>) -> Exit {
    let wanted = match Wanted::read(&arguments.target) {
        Ok(wanted) if wanted.has_name() => wanted,
        Ok(wanted) => return usage(io, &TargetError::Name(wanted.name)),
        Err(error) => return usage(io, &error),
    };
    if let Some(name) = namespace.as_ref().filter(|name| !is_namespace(name)) {
        return LookError::Namespace(name.clone()).tell(io);
    }
    let wish = Wish::read(&arguments.run);
    if wanted.looks == Looks::AtRestores && (arguments.list || wish != Wish::Last) {
        return usage(io, &"a restore runs once: it has no list of runs, and none to choose");
    }
    // A log takes as long as it is; each answer has its own limit until it begins.
    let access = Access {
        patience: Some(Duration::MAX),
        ..access
    };
    let asked = connection::converse(&access, io, async |cluster, io| {
        let namespace = namespace.unwrap_or_else(|| cluster.namespace().to_owned());
        let reading = ObjectReading {
            resource: wanted.resource(),
            namespace: namespace.clone(),
            name: wanted.name.clone(),
            pods: PodsOf::AllJobs,
            operator: arguments.operator,
            servers: arguments.servers,
            request_timeout: request_timeout(&access),
        };
        let reader = ObjectReader::new(cluster, reading).await?;
        let command = Command {
            arguments,
            wanted,
            namespace,
            wish,
            request_timeout: request_timeout(&access),
            color,
        };
        Ok(command.run(cluster, &reader, io).await)
    });
    asked.unwrap_or_else(|error: LookError| error.tell(io))
}

/// What was asked for.
struct Command<'a> {
    arguments: &'a Logs,
    wanted: Wanted,
    namespace: String,
    wish: Wish,
    request_timeout: Duration,
    color: bool,
}

impl Command<'_> {
    async fn run(&self, cluster: &Cluster, reader: &ObjectReader, io: &mut Io<'_>) -> Exit {
        let snapshot = reader.read(io.now).await.snapshot;
        if let Err(exit) = self.is_readable(&snapshot, io) {
            return exit;
        }
        let view = live::Cluster::of(&snapshot);
        if let Err(error) = self.wanted.find(Some(&self.namespace), &view) {
            return usage(io, &error);
        }
        if self.arguments.list {
            let unseen = sources::unseen_pods(self, &snapshot);
            io.print(&list::table(sources::runs(self, &view), unseen.is_none(), view.now));
            let Some(note) = unseen else { return Exit::Good };
            io.say(&note);
            return Exit::Incomplete;
        }
        let found = Found::of(self, &self.wish, &view);
        let style = Style::new(self.arguments, self.color, io);
        let mut printer = Printer::new(style, &found.sources);
        found.notes.iter().for_each(|note| io.say(note));
        let run = found.run.clone();
        let mut is_complete = found.is_complete();
        let Some(printed) = self.print(cluster, found.sources, &mut printer, io).await else {
            // Nobody reads any more.
            return Exit::Good;
        };
        if self.arguments.follow {
            let mut following = Following::new(self, cluster, reader, printer);
            is_complete &= following.run(run, printed, found.notes, io).await;
        } else {
            for problem in printed.iter().filter_map(|printed| printed.problem.as_ref()) {
                is_complete = false;
                io.say(problem);
            }
            printer.sum_up(io);
        }
        if is_complete { Exit::Good } else { Exit::Incomplete }
    }

    /// Whether the object, its Jobs and its pods could be read.
    fn is_readable(&self, snapshot: &Snapshot, io: &mut Io<'_>) -> Result<(), Exit> {
        let resource = self.wanted.resource();
        if snapshot.is_served(resource) == Some(false) {
            let kind = resource.kind();
            io.say(&format!(
                "error: the cluster serves no {kind} objects: the operator's CRDs are not there"
            ));
            return Err(Exit::Incomplete);
        }
        for resource in [resource, Resource::Jobs] {
            if let Some(cause) = snapshot.gap(resource, Some(&self.namespace)) {
                io.say(&format!("error: {}", unread(resource, &cause)));
                return Err(Exit::Incomplete);
            }
        }
        Ok(())
    }

    /// Prints what is there of some logs, merged; `None` when nobody reads any more.
    async fn print(
        &self,
        cluster: &Cluster,
        sources: Vec<Source>,
        printer: &mut Printer,
        io: &mut Io<'_>,
    ) -> Option<Vec<Printed>> {
        let mut printed = Vec::new();
        let mut feeds: Vec<(Feed, Option<String>)> = Vec::new();
        for source in sources {
            match Feed::open(cluster, source, self.arguments, self.request_timeout).await {
                Ok(feed) => feeds.push((feed, None)),
                Err((source, cause)) => printed.push(Printed {
                    problem: Some(not_read(&source, &cause)),
                    position: Position::default(),
                    source,
                }),
            }
        }
        let mut merge = Merge::of(feeds.len());
        loop {
            while let Some(wanted) = merge.wants() {
                let (feed, problem) = &mut feeds[wanted];
                let line = feed.next().await.unwrap_or_else(|error| {
                    let label = &feed.source.label;
                    *problem = Some(format!("the log of {label} has broken off: {}", chain(&error)));
                    None
                });
                merge.give(wanted, line);
            }
            let Some((feed, line)) = merge.take() else { break };
            if !printer.print(&feeds[feed].0.source, &line, io) {
                return None;
            }
        }
        printed.extend(feeds.into_iter().map(|(feed, problem)| Printed {
            source: feed.source,
            position: feed.position,
            problem,
        }));
        printer.flush(io).then_some(printed)
    }
}

/// A log that has been printed as far as it went.
struct Printed {
    source: Source,
    position: Position,
    /// Why not all of it was there.
    problem: Option<String>,
}

/// Why a log is not there.
fn not_read(source: &Source, cause: &Cause) -> String {
    let why = match cause {
        Cause::Forbidden(right) => missing(right),
        cause => cause.to_string(),
    };
    format!("the log of {} cannot be read: {why}", source.label)
}

/// The last so many of what comes, or all of it.
fn last<T>(items: impl IntoIterator<Item = T>, most: Option<u32>) -> VecDeque<T> {
    let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    let mut kept = VecDeque::new();
    for item in items {
        kept.push_back(item);
        if kept.len() > most {
            kept.pop_front();
        }
    }
    kept
}
