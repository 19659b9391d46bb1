//! Cuts off a caller that starts a request and does not finish its header.
//!
//! The server library measures from the end of the last request, which would also cut off a connection that is merely
//! idle: the API server keeps those for its next call.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How the requests of one connection go; shared with the service that answers them.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    started: AtomicUsize,
    active: AtomicBool,
}

impl Pace {
    /// A header is complete.
    pub(crate) fn start(&self) {
        self.active.store(true, Ordering::Release);
        self.started.fetch_add(1, Ordering::AcqRel);
    }

    /// The answer is there.
    pub(crate) fn finish(&self) {
        self.active.store(false, Ordering::Release);
    }
}

/// A connection that fails a read when a header takes too long.
#[derive(Debug)]
pub(crate) struct PacedIo<S> {
    stream: S,
    pace: Arc<Pace>,
    /// How long a header may take; none where bytes between requests mean nothing, as in HTTP/2.
    header: Option<Duration>,
    /// The number of requests at the time when the deadline was set.
    seen: usize,
    /// Nothing has been read yet.
    fresh: bool,
    /// The deadline counts.
    armed: bool,
    deadline: Pin<Box<Sleep>>,
}

impl<S> PacedIo<S> {
    /// A connection on which the first byte must come within `idle`.
    pub(crate) fn new(stream: S, pace: Arc<Pace>, idle: Duration, header: Option<Duration>) -> Self {
        Self {
            stream,
            pace,
            header,
            seen: 0,
            fresh: true,
            armed: true,
            deadline: Box::pin(sleep(idle)),
        }
    }

    /// Something was read outside a request: a header begins.
    fn arm(&mut self) {
        self.fresh = false;
        self.armed = self.header.is_some();
        if let Some(limit) = self.header {
            self.deadline.as_mut().reset(Instant::now() + limit);
        }
    }

    fn disarm_when_started(&mut self) {
        let started = self.pace.started.load(Ordering::Acquire);
        if started != self.seen {
            self.seen = started;
            self.armed = false;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PacedIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.disarm_when_started();
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() && self.armed {
            ready!(self.deadline.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let begins = self.fresh || (!self.armed && !self.pace.active.load(Ordering::Acquire));
        if begins && buffer.filled().len() > before {
            self.arm();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PacedIo<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
