//! How times are told: to the second, with how long ago that was.

use jiff::Timestamp;

/// A time with how long ago it was: `2026-11-21T06:00:00Z (7m ago)`.
pub fn when(time: Timestamp, now: Timestamp) -> String {
    let whole = Timestamp::from_second(time.as_second()).unwrap_or(time);
    if time > now {
        return whole.to_string();
    }
    format!("{whole} ({})", ago(time, now))
}

/// How long ago something was: `7m ago`; `in 3h` for what is to come.
pub fn ago(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - time.as_second();
    if seconds < 0 {
        format!("in {}", span(-seconds))
    } else {
        format!("{} ago", span(seconds))
    }
}

/// A length of time in its largest unit or two: `45s`, `7m`, `3h`, `2d 4h`.
pub fn span(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    match seconds {
        ..MINUTE => format!("{}s", seconds.max(0)),
        MINUTE..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY if seconds % HOUR >= MINUTE => format!("{}h {}m", seconds / HOUR, seconds % HOUR / MINUTE),
        HOUR..DAY => format!("{}h", seconds / HOUR),
        _ if seconds % DAY >= HOUR => format!("{}d {}h", seconds / DAY, seconds % DAY / HOUR),
        _ => format!("{}d", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_told_in_its_largest_units() {
        let told = [0, 59, 60, 3599, 3600, 3661, 86_400, 90_000].map(span);
        assert_eq!(told, ["0s", "59s", "1m", "59m", "1h", "1h 1m", "1d", "1d 1h"]);
        let [now, past] = ["2026-11-21T06:07:00Z", "2026-11-21T06:00:00.5Z"].map(|time| time.parse().unwrap());
        assert_eq!(when(past, now), "2026-11-21T06:00:00Z (7m ago)");
        assert_eq!(when(now, past), "2026-11-21T06:07:00Z");
    }
}
