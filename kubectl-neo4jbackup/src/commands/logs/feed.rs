//! A log that is read once, without the lines that were not asked for.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_cluster::{Cluster, LogLines, LogStream};
use neo4jbackup_core::facts::Cause;
use neo4jbackup_core::logs::{Entries, Line, Position};

use super::last;
use super::sources::Source;
use crate::cli::Logs;

/// A log that is being read.
pub(super) struct Feed {
    pub(super) source: Source,
    /// How far it has been read.
    pub(super) position: Position,
    lines: Lines,
}

enum Lines {
    Stream(LogStream),
    /// The end of a log of which only some lines were asked for.
    Kept(VecDeque<Line>),
}

impl Feed {
    /// Asks for the log of a source.
    pub(super) async fn open(
        cluster: &Cluster,
        source: Source,
        arguments: &Logs,
        patience: Duration,
    ) -> Result<Self, (Source, Cause)> {
        let lines = LogLines {
            follow: false,
            tail: arguments.tail.filter(|_| source.about.is_none()),
            since_seconds: arguments.since.map(|since| since.as_secs().max(1)),
            since_time: source.from.filter(|_| arguments.since.is_none()),
        };
        let mut stream = match LogStream::open(cluster, &source.of, &lines, patience).await {
            Ok(stream) => stream,
            Err(cause) => return Err((source, cause)),
        };
        let Some(about) = source.about.clone() else {
            return Ok(Self {
                source,
                position: Position::default(),
                lines: Lines::Stream(stream),
            });
        };
        // Of the end of a log only the lines count that are about the object.
        let mut entries = Entries::about(about);
        let (mut kept, mut position) = (Vec::new(), Position::default());
        loop {
            match stream.next().await {
                Ok(Some(line)) => {
                    position.is_new(&line);
                    if is_within(&line, source.until) && entries.keeps(&line.text) {
                        kept.push(line);
                    }
                }
                Ok(None) => break,
                Err(error) => return Err((source, Cause::Failed(error.to_string()))),
            }
        }
        Ok(Self {
            source,
            position,
            lines: Lines::Kept(last(kept, arguments.tail)),
        })
    }

    /// Returns the next line, or `None` at the end.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        match &mut self.lines {
            Lines::Kept(kept) => Ok(kept.pop_front()),
            Lines::Stream(stream) => {
                let line = stream.next().await?;
                if let Some(line) = &line {
                    self.position.is_new(line);
                }
                Ok(line)
            }
        }
    }
}

fn is_within(line: &Line, until: Option<Timestamp>) -> bool {
    match (line.time, until) {
        (Some(time), Some(until)) => time <= until,
        _ => true,
    }
}
