//! Go durations: `30m`, `1h30m`, `1.5h`.
//!
//! The grammar and the arithmetic of Go's `time.ParseDuration`, to the nanosecond, because that is what reads restore
//! and hook timeouts. There is no day: `30d` is not a Go duration.

use std::fmt;

use super::scanner::Scanner;

const NANOSECONDS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// A Go duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration {
    nanoseconds: i64,
}

impl GoDuration {
    /// The length in nanoseconds; negative durations exist.
    pub fn nanoseconds(self) -> i64 {
        self.nanoseconds
    }

    /// The length in whole seconds, cut off.
    pub fn seconds(self) -> i64 {
        self.nanoseconds / 1_000_000_000
    }

    /// Whether it is longer than nothing, which the operator requires of timeouts.
    pub fn is_positive(self) -> bool {
        self.nanoseconds > 0
    }
}

/// Parses an optional sign and one or more decimal numbers, each with a unit (`h`, `m`, `s`, `ms`, `us`, `ns`); or `0`.
pub fn parse(text: &str) -> Result<GoDuration, GoDurationError> {
    if text.is_empty() {
        return Err(GoDurationError::Empty);
    }
    let mut scanner = Scanner::new(text);
    let negative = scanner.eat_any(&['+', '-']) == Some('-');
    if scanner.rest() == "0" {
        return Ok(GoDuration { nanoseconds: 0 });
    }
    if scanner.is_at_end() {
        return Err(GoDurationError::NumberMissing);
    }
    let mut total = 0_u64;
    while !scanner.is_at_end() {
        total = total
            .checked_add(term(&mut scanner)?)
            .filter(|sum| *sum <= 1 << 63)
            .ok_or(GoDurationError::OutOfRange)?;
    }
    let nanoseconds = if negative {
        0_i64.checked_sub_unsigned(total)
    } else {
        i64::try_from(total).ok()
    };
    nanoseconds
        .map(|nanoseconds| GoDuration { nanoseconds })
        .ok_or(GoDurationError::OutOfRange)
}

/// One number with its unit, in nanoseconds, at most 2^63.
fn term(scanner: &mut Scanner<'_>) -> Result<u64, GoDurationError> {
    let whole_digits = scanner.digits();
    let fraction_digits = if scanner.eat('.') { scanner.digits() } else { "" };
    if whole_digits.is_empty() && fraction_digits.is_empty() {
        return Err(GoDurationError::NumberMissing);
    }
    let whole = whole_number(whole_digits).ok_or(GoDurationError::OutOfRange)?;
    let (fraction, scale) = go_fraction(fraction_digits);

    let unit = scanner.eat_while(|next| next != '.' && !next.is_ascii_digit());
    if unit.is_empty() {
        return Err(GoDurationError::UnitMissing);
    }
    let factor = NANOSECONDS
        .iter()
        .find(|(name, _)| *name == unit)
        .map(|(_, factor)| *factor);
    let factor = factor.ok_or(match unit {
        "d" | "D" | "w" | "W" => GoDurationError::DayOrWeek,
        _ => GoDurationError::UnitUnknown,
    })?;
    let within = |nanoseconds: &u64| *nanoseconds <= 1 << 63;
    let whole = whole
        .checked_mul(factor)
        .filter(within)
        .ok_or(GoDurationError::OutOfRange)?;
    // Go multiplies the fraction in floating point; only the same arithmetic gives the same last nanosecond.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    let part = if fraction > 0 {
        (fraction as f64 * (factor as f64 / scale)) as u64
    } else {
        0
    };
    whole
        .checked_add(part)
        .filter(within)
        .ok_or(GoDurationError::OutOfRange)
}

fn whole_number(digits: &str) -> Option<u64> {
    digits.bytes().try_fold(0_u64, |sum, digit| {
        sum.checked_mul(10)?
            .checked_add(u64::from(digit - b'0'))
            .filter(|sum| *sum <= 1 << 63)
    })
}

/// The fraction as an integer and its power of ten; Go ignores the digits that do not fit, one by one.
fn go_fraction(digits: &str) -> (u64, f64) {
    let (mut fraction, mut scale) = (0_u64, 1.0);
    for digit in digits.bytes() {
        if fraction > ((1 << 63) - 1) / 10 {
            break;
        }
        let next = fraction * 10 + u64::from(digit - b'0');
        if next > 1 << 63 {
            break;
        }
        fraction = next;
        scale *= 10.0;
    }
    (fraction, scale)
}

/// The text as a Go duration, where there is only one thing it can mean: `30d` is `720h`, `2w` is `336h`, `1h 30m` is
/// `1h30m`, `1H` is `1h`, `30 min` is `30m`.
///
/// `30` (which unit?) and `1M` (minute, month?) have no answer.
pub fn suggestion(text: &str) -> Option<String> {
    if parse(text).is_ok() || text.len() > 64 {
        return None;
    }
    let mut scanner = Scanner::new(text.trim());
    let mut corrected = String::new();
    while !scanner.is_at_end() {
        let number = scanner.eat_while(|next| next.is_ascii_digit() || next == '.');
        scanner.eat_while(char::is_whitespace);
        let unit = scanner.eat_while(char::is_alphabetic);
        scanner.eat_while(char::is_whitespace);
        if number.is_empty() {
            return None;
        }
        corrected.push_str(&in_go_units(number, unit)?);
    }
    parse(&corrected).ok().map(|_| corrected)
}

fn in_go_units(number: &str, unit: &str) -> Option<String> {
    let hours = |factor: u64| {
        number
            .parse::<u64>()
            .ok()?
            .checked_mul(factor)
            .map(|hours| format!("{hours}h"))
    };
    match unit {
        "d" | "D" | "day" | "days" => hours(24),
        "w" | "W" | "week" | "weeks" => hours(7 * 24),
        "H" | "hr" | "hrs" | "hour" | "hours" => Some(format!("{number}h")),
        "min" | "mins" | "minute" | "minutes" => Some(format!("{number}m")),
        "S" | "sec" | "secs" | "second" | "seconds" => Some(format!("{number}s")),
        known if NANOSECONDS.iter().any(|(name, _)| *name == known) => Some(format!("{number}{known}")),
        _ => None,
    }
}

/// Why a text is not a Go duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GoDurationError {
    /// No text at all.
    Empty,
    /// A unit or a blank where a number should be.
    NumberMissing,
    /// `30`, `1h30`.
    UnitMissing,
    /// `30d`, `1w`.
    DayOrWeek,
    /// `1M`, `1H`, `30 days`.
    UnitUnknown,
    /// Longer than about 292 years.
    OutOfRange,
}

impl fmt::Display for GoDurationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "the duration is empty",
            Self::NumberMissing => "a number is missing; a duration is numbers with units, such as 1h30m",
            Self::UnitMissing => "a number without a unit (use h, m or s, as in 1h30m)",
            Self::DayOrWeek => "days and weeks are not units of a Go duration (use hours, as in 24h)",
            Self::UnitUnknown => "unknown unit (use h, m, s, ms, us or ns)",
            Self::OutOfRange => "longer than a Go duration can be (about 292 years)",
        })
    }
}

impl std::error::Error for GoDurationError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn legal_durations_have_go_s_value() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("-0", 0),
            ("0s", 0),
            ("-1h", -3_600_000_000_000),
            ("+1h", 3_600_000_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5h", 1_800_000_000_000),
            ("1.h", 3_600_000_000_000),
            ("30m1h", 5_400_000_000_000),
            ("1h1h", 7_200_000_000_000),
            ("500us", 500_000),
            ("500\u{b5}s", 500_000),
            ("500\u{3bc}s", 500_000),
            ("2562047h47m16.854775807s", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
            ("0.3333333333333333333h", 1_200_000_000_000),
        ] {
            assert_eq!(parse(text).map(GoDuration::nanoseconds), Ok(nanoseconds), "{text:?}");
        }
    }

    #[test]
    fn the_error_says_what_is_wrong() {
        use GoDurationError as Error;
        for (text, error) in [
            ("", Error::Empty),
            ("-", Error::NumberMissing),
            (" 1h", Error::NumberMissing),
            ("h", Error::NumberMissing),
            ("P1D", Error::NumberMissing),
            (".s", Error::NumberMissing),
            ("30", Error::UnitMissing),
            ("1h30", Error::UnitMissing),
            ("30d", Error::DayOrWeek),
            ("1w", Error::DayOrWeek),
            ("1M", Error::UnitUnknown),
            ("1H", Error::UnitUnknown),
            ("30S", Error::UnitUnknown),
            ("1h 30m", Error::UnitUnknown),
            ("30 days", Error::UnitUnknown),
            ("1h ", Error::UnitUnknown),
            ("2562047h47m16.854775808s", Error::OutOfRange),
            ("9223372036854775808ns", Error::OutOfRange),
            ("99999999999999999999s", Error::OutOfRange),
        ] {
            assert_eq!(parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn near_misses_with_one_meaning_are_corrected() {
        for (text, corrected) in [
            ("30d", Some("720h")),
            ("2w", Some("336h")),
            ("1d12h", Some("24h12h")),
            ("1h 30m", Some("1h30m")),
            ("1H", Some("1h")),
            ("30S", Some("30s")),
            ("30 min", Some("30m")),
            ("30 days", Some("720h")),
            (" 1h ", Some("1h")),
            ("30", None),
            ("1M", None),
            ("1h30", None),
            ("1.5d", None),
            ("P1D", None),
            ("", None),
            ("1h", None),
        ] {
            assert_eq!(suggestion(text).as_deref(), corrected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer_and_a_correction_is_valid(text in "\\PC{0,24}|[-+]?([0-9]{0,20}(\\.[0-9]{0,22})?(h|m|s|ms|us|ns|d|H| )?){0,4}") {
            if let Some(corrected) = suggestion(&text) {
                prop_assert!(parse(&text).is_err() && parse(&corrected).is_ok());
            }
        }

        #[test]
        fn every_count_of_nanoseconds_can_be_written(nanoseconds in any::<i64>()) {
            prop_assert_eq!(parse(&format!("{nanoseconds}ns")), Ok(GoDuration { nanoseconds }));
        }
    }
}
