//! Kubernetes quantities: `1Gi`, `500m`, `1e3`.
//!
//! Values are kept exactly, as decimal digits and an exponent, so that `1Gi`, `1024Mi` and `1073741824` are equal and a
//! text of any length is safe. Exponents are bounded: the operator's own parser does not come back from
//! `1e-2147483648`, and the CRD lets that through.

mod acceptance;
mod decimal;

use std::fmt;

use super::scanner::Scanner;
use decimal::Decimal;

pub use acceptance::{crd_pattern_accepts, go_accepts, hangs_operator, is_poison};

/// The largest exponent, up or down, that is taken: `1e18` is beyond what any resource needs.
pub const LARGEST_EXPONENT: i32 = 18;

/// An exact quantity. Equality and order are by meaning, not by spelling.
#[derive(Debug, Clone)]
pub struct Quantity {
    value: Decimal,
    suffix: Suffix,
}

/// What a quantity is multiplied by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suffix {
    /// A power of two: `Ki` is 10.
    Binary(u32),
    /// A power of ten written as a letter, or nothing: `m` is -3.
    Decimal(i32),
    /// A power of ten written as `e3`.
    Exponent(i32),
}

/// Parses an optional sign, digits with an optional point, and a suffix or a whole exponent of at most 18.
pub fn parse(text: &str) -> Result<Quantity, QuantityError> {
    if text.is_empty() {
        return Err(QuantityError::Empty);
    }
    let mut scanner = Scanner::new(text);
    let negative = scanner.eat_any(&['+', '-']) == Some('-');
    let whole = scanner.digits();
    let fraction = if scanner.eat('.') { scanner.digits() } else { "" };
    if whole.is_empty() && fraction.is_empty() {
        return Err(if text.trim() == text {
            QuantityError::NoNumber
        } else {
            QuantityError::Blank
        });
    }
    let suffix = suffix(scanner.rest())?;

    let (two, ten) = match suffix {
        Suffix::Binary(exponent) => (exponent, 0),
        Suffix::Decimal(exponent) | Suffix::Exponent(exponent) => (0, exponent),
    };
    let mut value = Decimal::new(negative, whole, fraction)
        .times_power_of_two(two)
        .times_power_of_ten(ten);
    if !acceptance::is_exact_in_go(suffix, whole, fraction) {
        value = value.rounded_and_capped_as_go_does();
    }
    Ok(Quantity { value, suffix })
}

fn suffix(text: &str) -> Result<Suffix, QuantityError> {
    if let Some(suffix) = named_suffix(text) {
        return Ok(suffix);
    }
    if text.contains(char::is_whitespace) {
        return Err(QuantityError::Blank);
    }
    // Digits and signs after `E` make it an exponent; alone it is exa, and `Ei` is binary.
    let Some(exponent) = text
        .strip_prefix(['e', 'E'])
        .filter(|rest| !rest.starts_with(char::is_alphabetic))
    else {
        return Err(QuantityError::Suffix);
    };
    let mut scanner = Scanner::new(exponent);
    scanner.eat_any(&['+', '-']);
    let digits = scanner.digits();
    match (digits.is_empty(), scanner.rest()) {
        (false, "") => {}
        (_, rest) if rest.starts_with('.') => return Err(QuantityError::FractionalExponent),
        _ => return Err(QuantityError::Exponent),
    }
    // Leading zeros may be many, so the bound is on the number and not on its digits.
    match exponent.parse::<i32>() {
        Ok(exponent) if (-LARGEST_EXPONENT..=LARGEST_EXPONENT).contains(&exponent) => Ok(Suffix::Exponent(exponent)),
        _ => Err(QuantityError::ExponentTooLarge),
    }
}

fn named_suffix(text: &str) -> Option<Suffix> {
    Some(match text {
        "" => Suffix::Decimal(0),
        "n" => Suffix::Decimal(-9),
        "u" => Suffix::Decimal(-6),
        "m" => Suffix::Decimal(-3),
        "k" => Suffix::Decimal(3),
        "M" => Suffix::Decimal(6),
        "G" => Suffix::Decimal(9),
        "T" => Suffix::Decimal(12),
        "P" => Suffix::Decimal(15),
        "E" => Suffix::Decimal(18),
        "Ki" => Suffix::Binary(10),
        "Mi" => Suffix::Binary(20),
        "Gi" => Suffix::Binary(30),
        "Ti" => Suffix::Binary(40),
        "Pi" => Suffix::Binary(50),
        "Ei" => Suffix::Binary(60),
        _ => return None,
    })
}

impl Quantity {
    /// Whether it is exactly nothing, with any sign.
    pub fn is_zero(&self) -> bool {
        self.value.is_zero()
    }

    /// Whether it is below nothing.
    pub fn is_negative(&self) -> bool {
        self.value.is_negative()
    }

    /// Whether it is written in thousandths or less (`m`, `u`, `n`), which means nothing for storage: `500m` is half a
    /// byte.
    pub fn has_sub_unit_suffix(&self) -> bool {
        matches!(self.suffix, Suffix::Decimal(exponent) if exponent < 0)
    }

    /// The number of bytes, rounded up; `None` when negative or beyond 128 bits.
    pub fn bytes(&self) -> Option<u128> {
        self.value.rounded_up()
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

/// Whether both texts are quantities of the same value.
pub fn means_the_same(left: &str, right: &str) -> bool {
    left == right || matches!((parse(left), parse(right)), (Ok(left), Ok(right)) if left == right)
}

/// The text as a legal quantity, where there is only one thing it can mean: `100GB` is `100G`, `1GiB` is `1Gi`,
/// `1 Gi` is `1Gi`, `1gi` is `1Gi`, `1_000` is `1000`, `1e3.` is `1e3`.
///
/// `1K` (1000 or 1024?) and `1g` (giga, binary or not?) have no answer.
pub fn normalised(text: &str) -> Option<String> {
    let mut scanner = Scanner::new(text.trim());
    let sign = scanner.eat_any(&['+', '-']);
    let number = scanner
        .eat_while(|next| next.is_ascii_digit() || next == '.' || next == '_')
        .replace('_', "");
    let sign = sign.map(String::from).unwrap_or_default();
    let suffix = certain_suffix(scanner.rest().trim_start())?;
    let corrected = format!("{sign}{number}{suffix}");
    (corrected != text && parse(&corrected).is_ok()).then_some(corrected)
}

fn certain_suffix(text: &str) -> Option<String> {
    if named_suffix(text).is_some() {
        return Some(text.to_owned());
    }
    let lower = text.to_ascii_lowercase();
    if let Some(exponent) = lower.strip_prefix('e') {
        let whole = exponent.trim_end_matches('0').strip_suffix('.').unwrap_or(exponent);
        if !whole.is_empty()
            && whole
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-'))
        {
            return Some(format!("e{whole}"));
        }
    }
    let certain = match lower.as_str() {
        "ki" | "kib" => "Ki",
        "mi" | "mib" => "Mi",
        "gi" | "gib" => "Gi",
        "ti" | "tib" => "Ti",
        "pi" | "pib" => "Pi",
        "ei" | "eib" => "Ei",
        "kb" => "k",
        "mb" => "M",
        "gb" => "G",
        "tb" => "T",
        "pb" => "P",
        "eb" => "E",
        "b" => "",
        _ => return None,
    };
    Some(certain.to_owned())
}

/// Why a text is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuantityError {
    /// No text at all.
    Empty,
    /// No digit where the number should be.
    NoNumber,
    /// A blank somewhere.
    Blank,
    /// `100GB`, `1K`, `1gi`.
    Suffix,
    /// `1e`, `1e+`, `1e3x`.
    Exponent,
    /// `1e1.5`: the CRD lets it through and the operator cannot decode it.
    FractionalExponent,
    /// Beyond [`LARGEST_EXPONENT`]: the operator's parser may not come back.
    ExponentTooLarge,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "the quantity is empty",
            Self::NoNumber => "a quantity begins with a number, such as 10Gi",
            Self::Blank => "a quantity has no blanks",
            Self::Suffix => "unknown unit (use Ki, Mi, Gi, Ti, Pi or Ei; or n, u, m, k, M, G, T, P or E)",
            Self::Exponent => "the exponent must be a whole number",
            Self::FractionalExponent => "the exponent must be a whole number, without a point",
            Self::ExponentTooLarge => "the exponent is too large (at most 18 up or down)",
        })
    }
}

impl std::error::Error for QuantityError {}

#[cfg(test)]
mod tests;
