//! The body of a call: read whole within limits, or read and thrown away.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use crate::admission::fault::Fault;
use crate::serve::body_memory::{BodyMemory, BodyShare};

/// How much of a body that is too large is kept: what the API server writes before the object fits into it many times.
const BEGINNING: usize = 64 * 1024;

/// The body of a call, as it comes in.
#[derive(Debug)]
pub(crate) struct CallBody {
    body: Body,
    /// The largest body that is taken, in bytes.
    limit: usize,
    /// How many bytes have come.
    received: usize,
}

/// What has come of a body.
#[derive(Debug)]
pub(crate) enum Received {
    /// A body that is judged at once.
    Small(Bytes),
    /// A larger one, and the memory that it holds.
    Large(Bytes, BodyShare),
    /// The beginning of one that is too large. The rest is still to come.
    TooLarge(Bytes),
}

impl CallBody {
    /// Takes a body of which at most `limit` bytes are wanted.
    pub(crate) fn new(body: Body, limit: usize) -> Self {
        Self {
            body,
            limit,
            received: 0,
        }
    }

    /// Whether the caller says that it sends more than is taken.
    fn is_announced_too_large(&self) -> bool {
        self.body.size_hint().lower() > self.limit as u64
    }

    /// Reads all of it. Before more than `small` bytes are kept, memory is taken from `bodies`, which may have to be waited
    /// for.
    pub(crate) async fn read(&mut self, small: usize, bodies: &Arc<BodyMemory>) -> Result<Received, Fault> {
        let limit = if self.is_announced_too_large() {
            BEGINNING.min(self.limit)
        } else {
            self.limit
        };
        // Nearly every body comes in one piece, which is then not copied.
        let first = self.next().await?.unwrap_or_default();
        if first.len() > limit {
            return Ok(Received::TooLarge(first.slice(..BEGINNING.min(first.len()))));
        }
        let Some(second) = self.next().await? else {
            if first.len() <= small {
                return Ok(Received::Small(first));
            }
            let mut share = bodies.enter();
            share.grow(first.len()).await;
            share.is_whole();
            return Ok(Received::Large(first, share));
        };
        let mut whole = Vec::with_capacity(self.announced(first.len() + second.len()).min(limit));
        whole.extend_from_slice(&first);
        let mut share: Option<BodyShare> = None;
        let mut next = Some(second);
        while let Some(piece) = next {
            if whole.len() + piece.len() > limit {
                whole.extend_from_slice(&piece);
                whole.truncate(BEGINNING);
                return Ok(Received::TooLarge(Bytes::from(whole)));
            }
            if whole.len() + piece.len() > small {
                let share = share.get_or_insert_with(|| bodies.enter());
                let turned_away = share.turned_away();
                tokio::select! {
                    biased;
                    () = share.grow(piece.len()) => {}
                    () = turned_away => return Err(Fault::Overload),
                }
            }
            whole.extend_from_slice(&piece);
            next = match share.as_ref().map(BodyShare::turned_away) {
                None => self.next().await?,
                Some(turned_away) => tokio::select! {
                    biased;
                    next = self.next() => next?,
                    () = turned_away => return Err(Fault::Overload),
                },
            };
        }
        let whole = Bytes::from(whole);
        Ok(match share {
            None => Received::Small(whole),
            Some(share) => {
                share.is_whole();
                Received::Large(whole, share)
            }
        })
    }

    /// How long the body will be, by what has come and what its caller says.
    fn announced(&self, arrived: usize) -> usize {
        let rest = usize::try_from(self.body.size_hint().lower()).unwrap_or(self.limit);
        arrived.saturating_add(rest)
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(piece) = frame.map_err(|_| Fault::Incomplete)?.into_data() {
                self.received += piece.len();
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// Whether nothing is left to be read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.body.is_end_stream()
    }

    /// Reads what still comes and keeps nothing of it, up to four times the limit. A caller that is still sending when the
    /// connection closes gets a reset, and never sees the answer. Whether all of it was read: if not, the connection
    /// cannot be used again.
    pub(crate) async fn discard(mut self) -> bool {
        let most = self.limit.saturating_mul(4);
        while !self.body.is_end_stream() && self.received < most {
            match self.body.frame().await {
                Some(Ok(frame)) => self.received += frame.into_data().map_or(0, |piece| piece.len()),
                None => return true,
                Some(Err(_)) => return false,
            }
        }
        self.body.is_end_stream()
    }
}
