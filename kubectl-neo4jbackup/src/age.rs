//! How long ago something was, as people say it.

use jiff::Timestamp;

/// `3m ago`, `26h ago`, `9d ago`; `in 21m` for what is to come.
pub(crate) fn age(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - time.as_second();
    let text = span(seconds.abs());
    if seconds < 0 {
        format!("in {text}")
    } else {
        format!("{text} ago")
    }
}

/// `45s`, `3m`, `26h`, `9d`: in the largest unit of which there are two.
pub(crate) fn span(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_the_largest_of_which_there_are_two() {
        let spans = [0, 119, 120, 7_199, 7_200, 93_600, 172_799, 172_800].map(span);
        assert_eq!(spans, ["0s", "119s", "2m", "119m", "2h", "26h", "47h", "2d"]);
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(age("2025-12-31T23:59:00Z".parse().unwrap(), now), "60s ago");
        assert_eq!(age("2026-01-01T03:00:00Z".parse().unwrap(), now), "in 3h");
    }
}
