//! The time of a command that goes on for a while.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// Goes on from the time of the run, by a clock that nobody sets meanwhile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Timestamp,
    began: Instant,
}

impl Clock {
    /// Starts at this time.
    pub(crate) fn starting_at(start: Timestamp) -> Self {
        Self {
            start,
            began: Instant::now(),
        }
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.began.elapsed()).unwrap_or(SignedDuration::MAX);
        self.start.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_and_ends_with_time_itself() {
        let start: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let clock = Clock::starting_at(start);
        let first = clock.now();
        assert!(start <= first && first <= clock.now());
        assert_eq!(Clock::starting_at(Timestamp::MAX).now(), Timestamp::MAX);
    }
}
