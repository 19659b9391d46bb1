//! Cuts off a caller that starts a request and does not finish its header, and parts from one that asks nothing.
//!
//! The server library measures from the end of the last request, which would also cut off a connection that is merely
//! idle: the API server keeps those for its next call. And its own way of ending idle connections does not look whether a
//! request has just arrived.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::limits::Limits;
use crate::serve::connection_slots::ConnectionSlot;

/// How the requests of one connection go; shared with the service that answers them.
#[derive(Debug)]
pub(crate) struct RequestProgress {
    started: AtomicUsize,
    active: AtomicBool,
    leaving: AtomicBool,
    slot: ConnectionSlot,
}

impl RequestProgress {
    /// Begins with a connection on which nothing was asked.
    pub(crate) fn new(slot: ConnectionSlot) -> Self {
        Self {
            started: AtomicUsize::new(0),
            active: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            slot,
        }
    }

    /// A header is complete.
    pub(crate) fn start(&self) {
        self.slot.has_asked();
        self.active.store(true, Ordering::Release);
        self.started.fetch_add(1, Ordering::AcqRel);
    }

    /// The body is complete as well.
    pub(crate) fn is_whole(&self) {
        self.slot.is_busy();
    }

    /// The answer is there; `trusted` when it is one to a review.
    pub(crate) fn finish(&self, trusted: bool) {
        self.active.store(false, Ordering::Release);
        self.slot.is_answered(trusted);
    }

    /// From now on the connection ends as soon as nothing is asked on it. Takes effect when it is polled next.
    pub(crate) fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
    }

    fn is_active(&self) -> bool {
        self.active.load(Ordering::Acquire)
    }

    fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }
}

/// A connection that fails a read when a header takes too long, and a write when nobody reads the answer; and that is at
/// its end when the server leaves and the caller asks nothing.
#[derive(Debug)]
pub(crate) struct TimeoutIo<S> {
    stream: S,
    progress: Arc<RequestProgress>,
    /// How long a header may take.
    header: Duration,
    /// How long a caller may leave an answer unread.
    answer: Duration,
    /// The number of requests at the time when the deadline was set.
    seen: usize,
    /// Nothing has been read yet.
    fresh: bool,
    /// Whether the deadline is in effect.
    armed: bool,
    /// Something was written and may not have gone out.
    unsent: bool,
    opened: Instant,
    deadline: Pin<Box<Sleep>>,
    /// Set while the caller does not take what is written.
    write_deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> TimeoutIo<S> {
    /// A connection on which the first byte must come within `limits.idle`.
    pub(crate) fn new(stream: S, progress: Arc<RequestProgress>, limits: &Limits) -> Self {
        Self {
            stream,
            progress,
            header: limits.header,
            answer: limits.answer,
            seen: 0,
            fresh: true,
            armed: true,
            unsent: false,
            opened: Instant::now(),
            deadline: Box::pin(sleep(limits.idle)),
            write_deadline: None,
        }
    }

    /// Something was read outside a request: a header begins.
    fn arm(&mut self) {
        self.fresh = false;
        self.armed = true;
        self.deadline.as_mut().reset(Instant::now() + self.header);
    }

    /// Whether the connection may end here, with nothing to read. A caller that has only just connected is about to ask.
    fn is_at_its_end(&mut self, context: &mut Context<'_>) -> bool {
        if !self.progress.is_leaving() {
            return false;
        }
        if !self.fresh {
            return !self.armed && !self.unsent && !self.progress.is_active();
        }
        self.deadline.as_mut().reset(self.opened + self.header);
        self.deadline.as_mut().poll(context).is_ready()
    }

    fn disarm_when_started(&mut self) {
        let started = self.progress.started.load(Ordering::Acquire);
        if started != self.seen {
            self.seen = started;
            self.armed = false;
        }
    }

    /// Passes on what became of a write, or fails it when the caller has taken nothing for too long.
    fn limited<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_deadline = None;
            return written;
        }
        let answer = self.answer;
        let deadline = self.write_deadline.get_or_insert_with(|| Box::pin(sleep(answer)));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimeoutIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.disarm_when_started();
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() && self.is_at_its_end(context) {
            return Poll::Ready(Ok(()));
        }
        if read.is_pending() && self.armed {
            ready!(self.deadline.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let begins = self.fresh || (!self.armed && !self.progress.is_active());
        if begins && buffer.filled().len() > before {
            self.arm();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimeoutIo<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.unsent = true;
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.limited(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        ready!(self.limited(context, flushed))?;
        self.unsent = false;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.limited(context, shut)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.unsent = true;
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.limited(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
