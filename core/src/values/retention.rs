//! `retention.maxAge`: how long backups are kept, `^[1-9][0-9]*[dhms]$`.

use std::fmt;

use super::scanner::Scanner;

/// An age after which a backup may be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RetentionAge {
    seconds: u64,
}

impl RetentionAge {
    /// The age in seconds. The operator rounds seconds up to minutes, and days become `find -mtime +n`, which means
    /// more than n + 1 days.
    pub fn seconds(self) -> u64 {
        self.seconds
    }
}

/// Parses one positive number without leading zeros and one unit: `d`, `h`, `m` or `s`.
pub fn parse(text: &str) -> Result<RetentionAge, RetentionError> {
    if text.is_empty() {
        return Err(RetentionError::Empty);
    }
    let mut scanner = Scanner::new(text);
    let number = scanner.digits();
    if number.is_empty() {
        return Err(RetentionError::NumberMissing);
    }
    let Some(unit) = scanner.eat_if(|next| unit_seconds(next).is_some()) else {
        return Err(match scanner.rest() {
            "" => RetentionError::UnitMissing,
            rest if rest.starts_with('.') => RetentionError::Fraction,
            _ => RetentionError::UnitUnknown,
        });
    };
    if scanner.rest().starts_with(|next: char| next.is_ascii_digit()) {
        return Err(RetentionError::Compound);
    }
    if !scanner.is_at_end() {
        return Err(RetentionError::UnitUnknown);
    }
    if number.starts_with('0') {
        let is_zero = number.bytes().all(|digit| digit == b'0');
        return Err(if is_zero {
            RetentionError::Zero
        } else {
            RetentionError::LeadingZero
        });
    }
    let seconds = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit_seconds(unit)?));
    seconds
        .map(|seconds| RetentionAge { seconds })
        .ok_or(RetentionError::TooLong)
}

fn unit_seconds(unit: char) -> Option<u64> {
    match unit {
        'd' => Some(24 * 60 * 60),
        'h' => Some(60 * 60),
        'm' => Some(60),
        's' => Some(1),
        _ => None,
    }
}

/// The text as one number with one unit, where that means the same: `4w` is `28d`, `1h30m` is `90m`, `7D` is `7d`,
/// `07d` is `7d`, `1.5d` is `36h`.
pub fn suggestion(text: &str) -> Option<String> {
    if parse(text).is_ok() || text.len() > 32 {
        return None;
    }
    let mut scanner = Scanner::new(text.trim());
    let mut seconds = 0_u64;
    let mut smallest = None;
    while !scanner.is_at_end() {
        let number = scanner.eat_while(|next| next.is_ascii_digit() || next == '.');
        scanner.eat_while(char::is_whitespace);
        let unit = certain_unit(scanner.eat_while(char::is_alphabetic))?;
        scanner.eat_while(char::is_whitespace);
        seconds = seconds.checked_add(exact_seconds(number, unit)?)?;
        smallest = Some(smallest.unwrap_or(unit).min(unit));
    }
    // A single number of days stays in days; otherwise the largest unit, at most the smallest written, that divides.
    let largest = smallest?.min(24 * 60 * 60);
    let units = [('d', 24 * 60 * 60), ('h', 60 * 60), ('m', 60), ('s', 1)];
    let (letter, length) = units
        .into_iter()
        .find(|(_, length)| *length <= largest && seconds.is_multiple_of(*length))?;
    (seconds > 0).then(|| format!("{}{letter}", seconds / length))
}

fn certain_unit(name: &str) -> Option<u64> {
    Some(match name {
        "w" | "W" | "week" | "weeks" => 7 * 24 * 60 * 60,
        "d" | "D" | "day" | "days" => 24 * 60 * 60,
        "h" | "H" | "hour" | "hours" => 60 * 60,
        "m" | "min" | "minute" | "minutes" => 60,
        "s" | "S" | "sec" | "second" | "seconds" => 1,
        _ => return None,
    })
}

/// A number with at most three decimal places times a unit, when that is whole seconds.
fn exact_seconds(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.len() > 3 {
        return None;
    }
    let thousandths: u64 = format!("{whole}{fraction:0<3}").parse().ok()?;
    let product = thousandths.checked_mul(unit)?;
    (product % 1000 == 0).then_some(product / 1000)
}

/// Why a text is not a retention age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetentionError {
    /// No text at all.
    Empty,
    /// It does not begin with a digit.
    NumberMissing,
    /// `30`.
    UnitMissing,
    /// `4w`, `7D`.
    UnitUnknown,
    /// `1h30m`.
    Compound,
    /// `1.5d`.
    Fraction,
    /// `0d`.
    Zero,
    /// `07d`.
    LeadingZero,
    /// More seconds than 64 bits hold.
    TooLong,
}

impl fmt::Display for RetentionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "the age is empty",
            Self::NumberMissing => "an age begins with a whole number, such as 30d",
            Self::UnitMissing => "a number without a unit (use d, h, m or s)",
            Self::UnitUnknown => "unknown unit (use d, h, m or s)",
            Self::Compound => "only one number with one unit is allowed",
            Self::Fraction => "only whole numbers are allowed",
            Self::Zero => "an age of nothing",
            Self::LeadingZero => "the number must not begin with 0",
            Self::TooLong => "the age is too long to be represented",
        })
    }
}

impl std::error::Error for RetentionError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ages_are_in_seconds() {
        for (text, seconds) in [
            ("7d", 604_800),
            ("24h", 86_400),
            ("90m", 5_400),
            ("45s", 45),
            ("30d", 2_592_000),
        ] {
            assert_eq!(parse(text).map(RetentionAge::seconds), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn the_error_and_the_correction_fit_the_mistake() {
        use RetentionError as Error;
        for (text, error, corrected) in [
            ("", Error::Empty, None),
            ("d", Error::NumberMissing, None),
            ("-7d", Error::NumberMissing, None),
            ("30", Error::UnitMissing, None),
            ("4w", Error::UnitUnknown, Some("28d")),
            ("7D", Error::UnitUnknown, Some("7d")),
            ("7 days", Error::UnitUnknown, Some("7d")),
            ("1M", Error::UnitUnknown, None),
            ("1y", Error::UnitUnknown, None),
            ("1h30m", Error::Compound, Some("90m")),
            ("1d12h", Error::Compound, Some("36h")),
            ("1.5d", Error::Fraction, Some("36h")),
            ("0d", Error::Zero, None),
            ("07d", Error::LeadingZero, Some("7d")),
            ("99999999999999999999d", Error::TooLong, None),
        ] {
            assert_eq!(parse(text), Err(error), "{text:?}");
            assert_eq!(suggestion(text).as_deref(), corrected, "{text:?}");
        }
        assert_eq!(suggestion("30d"), None);
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer_and_a_correction_is_valid(text in "\\PC{0,16}|[0-9.]{1,5} ?[wdhmsDHMy]([0-9]{1,3}[hms])?") {
            if let Some(corrected) = suggestion(&text) {
                prop_assert!(parse(&text).is_err() && parse(&corrected).is_ok(), "{} became {}", text, corrected);
            }
        }
    }
}
