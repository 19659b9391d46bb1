//! How long things last and how often they are looked at.

use std::time::Duration;

use jiff::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long before the time of signing a certificate begins to be valid, so that verifiers whose clocks are behind
/// accept it.
pub(crate) const BACKDATE: Duration = Duration::from_secs(60 * 60);

/// How long things last and how often they are looked at. Tests run the same program on an accelerated clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timings {
    /// From the making of an authority to its end.
    pub(crate) authority: Duration,
    /// From the signing of a leaf to its end.
    pub(crate) leaf: Duration,
    /// How long an authority is in every `caBundle` before a leaf of it is served: what an API server may take to notice.
    pub(crate) publish_wait: Duration,
    /// How much longer than the longest leaf its authority stays in the bundles, once no leaf is signed with it any more.
    pub(crate) overlap: Duration,
    /// How often everything is looked at when nothing tells of a change.
    pub(crate) tick: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            authority: 365 * DAY,
            leaf: 7 * DAY,
            publish_wait: Duration::from_secs(90),
            overlap: Duration::from_secs(60 * 60),
            tick: Duration::from_secs(30),
        }
    }
}

/// A rotation would not come to its end in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an authority of {authority:?} leaves {left:?} for its replacement, which takes {needed:?}")]
pub struct TimingsError {
    /// How long an authority lasts.
    authority: Duration,
    /// How much of that is left once it is due to be replaced.
    left: Duration,
    /// How long a replacement takes.
    needed: Duration,
}

impl Timings {
    /// Checks that these timings can work: a third of the life of an authority must be enough to put another one in its
    /// place and to let its last leaf end.
    pub(crate) fn check(&self) -> Result<(), TimingsError> {
        let needed = self.leaf + self.publish_wait + self.overlap + 2 * self.tick;
        let left = self.authority / 3;
        if left > needed {
            return Ok(());
        }
        Err(TimingsError {
            authority: self.authority,
            left,
            needed,
        })
    }

    /// Returns how long before the end of its leaf a replica stops being ready, so that calls go to replicas with a
    /// newer one.
    pub(crate) fn reserve(&self) -> Duration {
        (self.leaf / 10).min(Duration::from_secs(30))
    }

    /// Whether what was decided by a look at that time may still be done. A machine can sleep in between; how long an
    /// authority is kept counts from the look, and what others signed meanwhile must not outlast it.
    pub(crate) fn is_fresh(&self, looked: Timestamp, now: Timestamp) -> bool {
        now.duration_since(looked).unsigned_abs() <= self.overlap / 2
    }

    /// Returns when a certificate is due to be replaced: a third of its lifetime before its end.
    pub(crate) fn due(lifetime: Duration, not_after: Timestamp) -> Timestamp {
        earlier(not_after, lifetime / 3)
    }
}

/// Returns the instant that much later, or the last one that can be expressed.
pub(crate) fn later(instant: Timestamp, by: Duration) -> Timestamp {
    instant.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Returns the instant that much earlier, or the first one that can be expressed.
pub(crate) fn earlier(instant: Timestamp, by: Duration) -> Timestamp {
    instant.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// Returns the instant without its fraction of a second, which X.509 cannot express.
pub(crate) fn whole_second(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_leave_time_for_a_replacement() {
        assert_eq!(Timings::default().check(), Ok(()));
        let short = Timings {
            authority: 20 * DAY,
            ..Timings::default()
        };
        assert!(short.check().unwrap_err().to_string().contains("leaves"));
    }
}
