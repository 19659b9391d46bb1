//! The duration after `@every`, with the arithmetic of Go's `time.ParseDuration` and robfig's rounding.

use std::fmt;

use super::shorten;
use crate::quoted::Name;

const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;
/// The magnitude of the most negative Go duration, in nanoseconds.
const LIMIT: u64 = 1 << 63;

/// Why a text is no duration, in the words of Go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeriodProblem {
    /// It has another form, or is too long.
    Invalid,
    /// A number has no unit.
    MissingUnit,
    /// A unit that there is not; shortened.
    UnknownUnit(String),
}

impl fmt::Display for PeriodProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => formatter.write_str("invalid duration"),
            Self::MissingUnit => formatter.write_str("missing unit in duration"),
            Self::UnknownUnit(unit) => write!(formatter, "unknown unit '{}' in duration", Name(unit)),
        }
    }
}

/// The period in whole seconds: fractions are cut off, and anything below one second, also below zero, becomes one.
///
/// The error is what Go would say, without the text itself.
pub(super) fn seconds(text: &str) -> Result<i64, PeriodProblem> {
    let (is_negative, nanoseconds) = nanoseconds(text)?;
    if is_negative {
        return Ok(1);
    }
    // 2^63 nanoseconds are too many for a positive duration, but not for a negative one.
    if nanoseconds >= LIMIT {
        return Err(PeriodProblem::Invalid);
    }
    Ok(i64::try_from(nanoseconds / NANOSECONDS_PER_SECOND)
        .unwrap_or(i64::MAX)
        .max(1))
}

fn nanoseconds(text: &str) -> Result<(bool, u64), PeriodProblem> {
    let (is_negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok((is_negative, 0));
    }
    if rest.is_empty() {
        return Err(PeriodProblem::Invalid);
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let whole = leading_digits(rest);
        rest = &rest[whole.len()..];
        let fraction = match rest.strip_prefix('.') {
            Some(after) => leading_digits(after),
            None => "",
        };
        let has_point = rest.starts_with('.');
        rest = &rest[usize::from(has_point) + fraction.len()..];
        if whole.is_empty() && fraction.is_empty() {
            return Err(PeriodProblem::Invalid);
        }
        let unit_text = &rest[..rest
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(rest.len())];
        rest = &rest[unit_text.len()..];
        // Go reads the number before the unit, so that a number beyond 64 bits is reported first.
        let whole = if whole.is_empty() {
            0
        } else {
            whole
                .parse()
                .ok()
                .filter(|v| *v <= LIMIT)
                .ok_or(PeriodProblem::Invalid)?
        };
        if unit_text.is_empty() {
            return Err(PeriodProblem::MissingUnit);
        }
        let unit = unit(unit_text).ok_or_else(|| PeriodProblem::UnknownUnit(shorten(unit_text)))?;
        let part = u64::checked_mul(whole, unit)
            .and_then(|part| part.checked_add(fraction_of(fraction, unit)))
            .filter(|part| *part <= LIMIT)
            .ok_or(PeriodProblem::Invalid)?;
        // Twice the limit wraps around to 0 in Go, and is accepted.
        total = total.wrapping_add(part);
        if total > LIMIT {
            return Err(PeriodProblem::Invalid);
        }
    }
    Ok((is_negative, total))
}

fn leading_digits(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())]
}

/// The nanoseconds of a fraction, through a float as Go computes them; digits beyond 64 bits are dropped.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let mut value: u64 = 0;
    let mut scale = 1.0;
    for digit in digits.bytes().map(|digit| u64::from(digit - b'0')) {
        if value > (LIMIT - 1) / 10 {
            break;
        }
        let longer = value * 10 + digit;
        if longer > LIMIT {
            break;
        }
        value = longer;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

fn unit(text: &str) -> Option<u64> {
    Some(match text {
        "ns" => 1,
        // The micro sign and the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => NANOSECONDS_PER_SECOND,
        "m" => 60 * NANOSECONDS_PER_SECOND,
        "h" => 3_600 * NANOSECONDS_PER_SECOND,
        _ => return None,
    })
}
