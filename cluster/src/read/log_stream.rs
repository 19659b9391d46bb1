//! A log of a container line by line, as it comes.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use futures::{AsyncBufRead, AsyncBufReadExt as _};
use jiff::Timestamp;
use neo4jbackup_core::facts::Cause;
use neo4jbackup_core::logs::{LONGEST, Line};
use neo4jbackup_core::snapshot::LogOf;

use super::log::{cause_of, request};
use crate::connect::Cluster;

/// The time of a line stands before what is kept of it.
const LONGEST_TIME: usize = 64;

/// Which lines of a log are asked for.
#[derive(Debug, Clone, Default)]
pub struct LogLines {
    /// Whether to go on until the container has ended.
    pub follow: bool,
    /// So many lines, the newest.
    pub tail: Option<u32>,
    /// Those that are not older than so many seconds.
    pub since_seconds: Option<u64>,
    /// Those from the second of this time on.
    pub since_time: Option<Timestamp>,
}

/// A log that is being read.
pub struct LogStream {
    body: Pin<Box<dyn AsyncBufRead + Send>>,
    /// How long its next bytes may take; `None` when they may take for ever.
    patience: Option<Duration>,
    /// The line that is coming, without what is too long of it.
    line: Vec<u8>,
    /// How many bytes of it have come.
    bytes: usize,
}

impl LogStream {
    /// Asks for a log. When it is followed, there is no answer before its first line, and `patience` is of no matter.
    pub async fn open(cluster: &Cluster, of: &LogOf, lines: &LogLines, patience: Duration) -> Result<Self, Cause> {
        let mut query = vec![("timestamps", "true".to_owned())];
        query.extend(lines.follow.then(|| ("follow", "true".to_owned())));
        query.extend(lines.tail.map(|tail| ("tailLines", tail.to_string())));
        query.extend(lines.since_seconds.map(|seconds| ("sinceSeconds", seconds.to_string())));
        let whole = lines
            .since_time
            .and_then(|time| Timestamp::from_second(time.as_second()).ok());
        query.extend(whole.map(|time| ("sinceTime", time.to_string())));
        let request = request(of, &query).map_err(|error| cause_of(&error, of))?;
        let client = cluster.client();
        let asked = client.request_stream(request);
        let answer = if lines.follow {
            asked.await
        } else {
            let answer = tokio::time::timeout(patience, asked).await;
            answer.map_err(|_| Cause::Failed(format!("no answer within {} s", patience.as_secs_f32().ceil())))?
        };
        let body = answer.map_err(|error| cause_of(&error, of))?;
        Ok(Self {
            body: Box::pin(body),
            patience: (!lines.follow).then_some(patience),
            line: Vec::new(),
            bytes: 0,
        })
    }

    /// Returns the next line, or `None` at the end. Nothing is lost when the future is dropped. A log that is not followed is
    /// all there, so that one of which nothing comes for as long as an answer may take is an error.
    pub async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let patience = self.patience.unwrap_or(Duration::MAX);
            let filled = tokio::time::timeout(patience, self.body.fill_buf()).await;
            let buffer = filled.map_err(|_| stalled(patience))??;
            if buffer.is_empty() {
                return Ok((self.bytes > 0).then(|| self.take()));
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let length = end.unwrap_or(buffer.len());
            let room = (LONGEST + LONGEST_TIME).saturating_sub(self.line.len());
            self.line.extend_from_slice(&buffer[..length.min(room)]);
            self.bytes += length;
            let consumed = length + usize::from(end.is_some());
            self.body.as_mut().consume(consumed);
            if end.is_some() {
                return Ok(Some(self.take()));
            }
        }
    }

    fn take(&mut self) -> Line {
        let line = Line::read(&self.line, self.bytes);
        self.line.clear();
        self.bytes = 0;
        line
    }
}

fn stalled(patience: Duration) -> io::Error {
    let text = format!("nothing more has come within {} s", patience.as_secs_f32().ceil());
    io::Error::new(io::ErrorKind::TimedOut, text)
}
