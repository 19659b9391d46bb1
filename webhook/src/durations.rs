//! Durations on the command line, written as Go writes them: `500ms`, `1m30s`.

use std::time::Duration;

use neo4jbackup_core::values::go_duration;

/// Why a text is not a duration that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DurationError {
    /// It is not written as one, or less than zero.
    #[error("`{0}` is not a duration; write it as `2s` or `500ms`")]
    Malformed(String),
    /// It is zero, where that makes no sense.
    #[error("must be longer than zero")]
    Zero,
}

/// Reads a duration, which may be zero.
pub(crate) fn duration(text: &str) -> Result<Duration, DurationError> {
    let wrong = || DurationError::Malformed(text.to_owned());
    let duration = go_duration::parse(text).map_err(|_| wrong())?;
    u64::try_from(duration.nanoseconds())
        .map(Duration::from_nanos)
        .map_err(|_| wrong())
}

/// Reads a duration that is longer than zero.
pub(crate) fn positive_duration(text: &str) -> Result<Duration, DurationError> {
    let duration = duration(text)?;
    if duration.is_zero() {
        Err(DurationError::Zero)
    } else {
        Ok(duration)
    }
}
