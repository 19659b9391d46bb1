//! Durations on the command line, written as Go writes them: `500ms`, `1m30s`.

use std::time::Duration;

use neo4jbackup_core::values::go_duration;

/// Reads a duration, which may be zero.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration; write it as `2s` or `500ms`");
    let duration = go_duration::parse(text).map_err(|_| wrong())?;
    u64::try_from(duration.nanoseconds())
        .map(Duration::from_nanos)
        .map_err(|_| wrong())
}

/// Reads a duration that is longer than zero.
pub(crate) fn positive_duration(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() {
        Err("must be longer than nothing".to_owned())
    } else {
        Ok(duration)
    }
}
