//! What time it is where certificates are verified.
//!
//! The API server verifies the leaf, so its clock counts, not that of the machine where this replica happens to run. Each
//! answer of the API server says what time it is there. Replicas so agree on the time, and a machine whose clock is wrong
//! by a year neither serves what nobody believes nor throws away what all others serve.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Tells the time by which a review is judged.
pub(crate) type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// From this difference on, `/readyz` says that the clock of this machine is off.
const REMARKABLE: SignedDuration = SignedDuration::from_mins(5);

/// The clock of this machine. In drills, it is off.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock {
    /// Holds how far the clocks of the whole cluster are off, in seconds.
    cluster: Option<PathBuf>,
    /// How far this one is off beyond that, in seconds.
    machine: i64,
}

impl Clock {
    /// Makes the clock of a drill from a file for the whole cluster and the seconds of this machine.
    pub(crate) fn new(cluster: Option<PathBuf>, machine: i64) -> Self {
        Self { cluster, machine }
    }

    /// Returns the time by this machine.
    pub(crate) fn now(&self) -> Timestamp {
        shifted(self.cluster_time(Timestamp::now()), self.machine)
    }

    /// Returns an instant of the API server as it is to be understood: in drills, shifted like all clocks of the cluster.
    pub(crate) fn cluster_time(&self, instant: Timestamp) -> Timestamp {
        let Some(file) = &self.cluster else { return instant };
        let text = std::fs::read_to_string(file).unwrap_or_default();
        shifted(instant, text.trim().parse().unwrap_or(0))
    }
}

fn shifted(instant: Timestamp, seconds: i64) -> Timestamp {
    instant
        .checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(instant)
}

/// The time at the API server when it last answered, and how long ago that was by a clock that nobody sets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerTime {
    time: Timestamp,
    heard: Instant,
    /// How far the clock of this machine is ahead of the API server.
    ahead: SignedDuration,
}

impl ServerTime {
    /// Notes the time at the API server, and the time here when the answer came.
    pub(crate) fn new(time: Timestamp, local: Timestamp) -> Self {
        Self {
            time,
            heard: Instant::now(),
            ahead: local.duration_since(time),
        }
    }

    /// Returns the time at the API server now, as far as can be told from its last answer.
    pub(crate) fn now(&self) -> Timestamp {
        self.time.checked_add(self.heard.elapsed()).unwrap_or(Timestamp::MAX)
    }

    /// Returns a sentence for `/readyz` when the clock of this machine is off by more than five minutes.
    pub(crate) fn remark(&self) -> Option<String> {
        let direction = if self.ahead.is_negative() { "behind" } else { "ahead of" };
        let off = Duration::from_secs(self.ahead.abs().as_secs().unsigned_abs());
        (self.ahead.abs() > REMARKABLE)
            .then(|| format!("this machine is {off:?} {direction} the API server, whose time is used for certificates"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_a_day_off_is_worth_a_word_and_changes_nothing() {
        let server: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let local = "2026-11-22T12:00:00.9Z".parse().unwrap();
        let time = ServerTime::new(server, local);
        assert!(time.now() >= server && time.now() < "2026-11-21T12:01:00Z".parse().unwrap());
        assert!(
            time.remark()
                .unwrap()
                .starts_with("this machine is 86400s ahead of the API server")
        );
        assert!(ServerTime::new(local, server).remark().unwrap().contains("behind"));
        assert_eq!(ServerTime::new(server, server).remark(), None);
    }
}
