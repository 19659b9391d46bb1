//! What one call may cost, and for how long.

pub(crate) mod file_limit;
pub(crate) mod memory;

use std::time::Duration;

use neo4jbackup_core::values::go_duration;

use self::memory::MIB;

/// How much of the time that the API server allows is left for the answer to travel back.
const RETURN_TRIP: Duration = Duration::from_millis(200);

/// What one call may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest body that is judged, in bytes. An UPDATE carries two objects, of which the API server stores up to
    /// 1.5 MiB each. What is larger gets the answer of `settings.oversize`.
    pub body: usize,
    /// What all bodies of more than 8 KiB may take together, in bytes, while they arrive and wait to be judged.
    pub bodies: usize,
    /// What their trees may take together, in bytes. A body whose tree alone would take more gets the answer of
    /// `settings.oversize`.
    pub trees: usize,
    /// The longest that a call may take, whatever the caller allows.
    pub deadline: Duration,
    /// How many calls may be under way at once. When there are more, the one that has waited longest for the rest of its
    /// body is turned away: it will not make its deadline, and the others should.
    pub in_flight: usize,
    /// How many connections may be open at once on the port for the API server. When there are more, one makes room: of
    /// the address that holds most, the one that has been useless for longest.
    pub connections: usize,
    /// The same for the status port.
    pub status_connections: usize,
    /// How long a caller may take for the TLS handshake.
    pub handshake: Duration,
    /// How long a caller may take from the first byte of a request to the end of its header.
    pub header: Duration,
    /// How long a caller may leave an answer unread.
    pub answer: Duration,
    /// How long a connection may be idle. The API server closes its own after 90 seconds. Since it closes first, it
    /// never sends a call into a connection that is being closed here.
    pub idle: Duration,
    /// After this time a connection is asked to close, so that calls spread over all replicas again.
    pub connection_age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self::for_memory(memory::ASSUMED)
    }
}

impl Limits {
    /// What can be afforded with so much memory, in bytes: all of it together stays below three quarters.
    pub fn for_memory(limit: usize) -> Self {
        let shares = memory::share(limit);
        Self {
            body: (8 * MIB).min(shares.bodies / 2),
            bodies: shares.bodies,
            trees: shares.trees,
            deadline: Duration::from_secs(2),
            in_flight: 256,
            connections: shares.connections,
            status_connections: 128,
            handshake: Duration::from_secs(5),
            header: Duration::from_secs(5),
            answer: Duration::from_secs(5),
            idle: Duration::from_secs(120),
            connection_age: Duration::from_secs(300),
        }
    }

    /// The time for one call: the limit, or what the `timeout` of the query leaves when that is less.
    pub(crate) fn time_for(&self, query: Option<&str>) -> Duration {
        let Some(allowed) = query.and_then(allowed_time) else {
            return self.deadline;
        };
        let left = allowed.checked_sub(RETURN_TRIP).unwrap_or(allowed / 2);
        left.min(self.deadline)
    }
}

/// The `timeout=10s` that the API server puts into the address of each call.
fn allowed_time(query: &str) -> Option<Duration> {
    let text = query.split('&').find_map(|pair| pair.strip_prefix("timeout="))?;
    let nanoseconds = u64::try_from(go_duration::parse(text).ok()?.nanoseconds()).ok()?;
    (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_gets_what_the_caller_allows_and_never_more_than_the_limit() {
        let limits = Limits::default();
        let time = |query| limits.time_for(query);
        assert_eq!(time(None), Duration::from_secs(2));
        assert_eq!(time(Some("timeout=10s")), Duration::from_secs(2));
        assert_eq!(time(Some("a=b&timeout=1s")), Duration::from_millis(800));
        assert_eq!(time(Some("timeout=1m30s")), Duration::from_secs(2));
        assert_eq!(time(Some("timeout=100ms")), Duration::from_millis(50));
        for nonsense in ["timeout=", "timeout=soon", "timeout=-1s", "timeout=0s", "timeout"] {
            assert_eq!(time(Some(nonsense)), Duration::from_secs(2), "{nonsense}");
        }
    }
}
