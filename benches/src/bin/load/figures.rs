//! From times to figures.

use std::time::Duration;

/// What one round of one candidate came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    /// Calls a second.
    pub(crate) rate: f64,
    /// The median of the times that calls took, in microseconds.
    pub(crate) median: f64,
    /// The time within which 99 of 100 calls were answered, in microseconds.
    pub(crate) p99: f64,
    /// Processor time of the server for one call, in microseconds; or for 1,000 calls, in milliseconds.
    pub(crate) processor: f64,
    /// The share of calls that were turned away, in percent.
    pub(crate) turned_away: f64,
}

impl Round {
    pub(crate) fn of(mut nanoseconds: Vec<u64>, turned_away: usize, wall: Duration, processor: Duration) -> Self {
        nanoseconds.sort_unstable();
        let calls = count(nanoseconds.len());
        let at = |part: usize| {
            let index = (nanoseconds.len() * part / 100).min(nanoseconds.len().saturating_sub(1));
            let time = nanoseconds.get(index).copied().unwrap_or_default();
            Duration::from_nanos(time).as_secs_f64() * 1e6
        };
        Self {
            rate: calls / wall.as_secs_f64(),
            median: at(50),
            p99: at(99),
            processor: processor.as_secs_f64() * 1e6 / calls,
            turned_away: count(turned_away) * 100.0 / (calls + count(turned_away)),
        }
    }
}

/// The median of the rounds, figure by figure.
pub(crate) fn summary(rounds: &[Round]) -> Round {
    let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    Round {
        rate: of(|round| round.rate),
        median: of(|round| round.median),
        p99: of(|round| round.p99),
        processor: of(|round| round.processor),
        turned_away: of(|round| round.turned_away),
    }
}

/// The median; of no values, 0.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// A number of calls, of which there are never more than a float can hold.
pub(crate) fn count(calls: usize) -> f64 {
    f64::from(u32::try_from(calls).unwrap_or(u32::MAX))
}
