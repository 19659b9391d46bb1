//! Cuts off a caller that starts a request and does not finish its header, and parts from one that asks nothing.
//!
//! The server library measures from the end of the last request, which would also cut off a connection that is merely
//! idle: the API server keeps those for its next call. And its own way of ending idle connections does not look whether a
//! request has just arrived.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep};

use crate::crowd::Member;

/// How the requests of one connection go; shared with the service that answers them.
#[derive(Debug)]
pub(crate) struct Pace {
    started: AtomicUsize,
    active: AtomicBool,
    leaving: AtomicBool,
    /// The place among those who have not asked anything yet; given back with the first request.
    stranger: Mutex<Option<Member>>,
    known: Notify,
}

impl Pace {
    pub(crate) fn new(stranger: Member) -> Self {
        Self {
            started: AtomicUsize::new(0),
            active: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            stranger: Mutex::new(Some(stranger)),
            known: Notify::new(),
        }
    }

    /// A header is complete.
    pub(crate) fn start(&self) {
        self.active.store(true, Ordering::Release);
        if self.started.fetch_add(1, Ordering::AcqRel) == 0 {
            drop(self.stranger.lock().unwrap_or_else(PoisonError::into_inner).take());
            self.known.notify_one();
        }
    }

    /// The answer is there.
    pub(crate) fn finish(&self) {
        self.active.store(false, Ordering::Release);
    }

    /// Whether anything was ever asked.
    pub(crate) fn is_known(&self) -> bool {
        self.started.load(Ordering::Acquire) > 0
    }

    pub(crate) async fn becomes_known(&self) {
        self.known.notified().await;
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

/// A connection that fails a read when a header takes too long, and that is at its end when the server leaves and the
/// caller asks nothing.
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
    /// Something was written and may not have gone out.
    unsent: bool,
    opened: Instant,
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
            unsent: false,
            opened: Instant::now(),
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

    /// Whether the connection may end here, with nothing to read. A caller that has only just connected is about to ask.
    fn is_at_its_end(&mut self, context: &mut Context<'_>) -> bool {
        let Some(header) = self.header.filter(|_| self.pace.is_leaving()) else {
            return false;
        };
        if !self.fresh {
            return !self.armed && !self.unsent && !self.pace.is_active();
        }
        self.deadline.as_mut().reset(self.opened + header);
        self.deadline.as_mut().poll(context).is_ready()
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
        if read.is_pending() && self.is_at_its_end(context) {
            return Poll::Ready(Ok(()));
        }
        if read.is_pending() && self.armed {
            ready!(self.deadline.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let begins = self.fresh || (!self.armed && !self.pace.is_active());
        if begins && buffer.filled().len() > before {
            self.arm();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PacedIo<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.unsent = true;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.unsent = false;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.unsent = true;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
