//! The body of a call: read whole within limits, or read and thrown away.

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use crate::state::Fault;

/// What a call brings, as it comes in.
#[derive(Debug)]
pub(crate) struct Incoming {
    body: Body,
    /// The largest body that is taken, in bytes.
    limit: usize,
    /// How many bytes have come.
    received: usize,
}

impl Incoming {
    pub(crate) fn new(body: Body, limit: usize) -> Self {
        Self {
            body,
            limit,
            received: 0,
        }
    }

    /// Whether the caller says that it sends more than is taken.
    pub(crate) fn is_announced_too_large(&self) -> bool {
        self.body.size_hint().lower() > self.limit as u64
    }

    /// Reads all of it. Before more than `small` bytes are kept, `enter_large` gives a place or says why not.
    pub(crate) async fn read<P>(
        &mut self,
        small: usize,
        enter_large: impl Fn() -> Option<P>,
    ) -> Result<(Bytes, Option<P>), Fault> {
        if self.is_announced_too_large() {
            return Err(Fault::TooLarge(self.limit));
        }
        // Nearly every body comes in one piece, which is then not copied.
        let first = self.next().await?.unwrap_or_default();
        let mut place = None;
        let Some(second) = self.next().await? else {
            if first.len() > small {
                place = Some(enter_large().ok_or(Fault::Overload)?);
            }
            return Ok((first, place));
        };
        let rest = usize::try_from(self.body.size_hint().lower()).unwrap_or(self.limit);
        let announced = (first.len() + second.len()).saturating_add(rest);
        let mut whole = Vec::with_capacity(announced.min(self.limit));
        whole.extend_from_slice(&first);
        let mut next = Some(second);
        while let Some(piece) = next {
            if place.is_none() && whole.len() + piece.len() > small {
                place = Some(enter_large().ok_or(Fault::Overload)?);
            }
            whole.extend_from_slice(&piece);
            next = self.next().await?;
        }
        Ok((Bytes::from(whole), place))
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(piece) = frame.map_err(|_| Fault::Incomplete)?.into_data() {
                self.received += piece.len();
                if self.received > self.limit {
                    return Err(Fault::TooLarge(self.limit));
                }
                return Ok(Some(piece));
            }
        }
        Ok(None)
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
