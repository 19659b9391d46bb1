//! Whether both clocks say the same: a signature is of a time, and is refused minutes before and after.

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::class::Class;
use crate::report::Failure;

/// More than this is a failure, in seconds: token services refuse after five minutes, S3 after fifteen.
const LARGEST: i64 = 5 * 60;

/// Compares this clock with the date that a server wrote into its answer. Returns the difference in words, or `None` when
/// the date cannot be read.
pub(crate) fn compare(now: Timestamp, date: &str) -> Option<Result<String, Failure>> {
    let theirs = rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    let ahead = now.as_second() - theirs.as_second();
    let size = ahead.abs();
    let direction = if ahead > 0 { "ahead of" } else { "behind" };
    Some(if size > LARGEST {
        let message = format!("the clock here is {} {direction} the server's", length(size));
        Err(Failure::of(Class::ClockSkew, message))
    } else if size > 1 {
        Ok(format!("{} {direction} the server's clock", length(size)))
    } else {
        Ok("the same as the server's clock".to_owned())
    })
}

fn length(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_too_much_and_a_minute_is_not() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let failure = compare(now, "Sun, 01 Mar 2026 11:00:00 GMT").unwrap().unwrap_err();
        assert_eq!(failure.message, "the clock here is 60 min ahead of the server's");
        let near = compare(now, "Sun, 01 Mar 2026 12:01:00 GMT").unwrap().unwrap();
        assert_eq!(near, "60 s behind the server's clock");
        assert!(compare(now, "yesterday").is_none());
    }
}
