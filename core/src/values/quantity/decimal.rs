//! An exact decimal number of any length, in linear time.

use std::cmp::Ordering;

/// `±0.digits × 10^point`, without leading or trailing zeros, so that equal numbers are equal field by field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Digits from the most significant; none is zero.
    digits: Vec<u8>,
    /// Where the point is: the digits before it (negative: zeros after it before the first digit).
    point: i64,
}

/// The last decimal place that Go keeps.
const NANO_PLACES: i64 = 9;
/// Go's largest quantity when it is not a small decimal number: 2^63 - 1.
const GO_MAXIMUM: &str = "9223372036854775807";

impl Decimal {
    /// The number with the digits `whole`, a point, and the digits `fraction`; other characters must not occur.
    pub(super) fn new(negative: bool, whole: &str, fraction: &str) -> Self {
        let digits = whole
            .bytes()
            .chain(fraction.bytes())
            .map(|byte| byte.wrapping_sub(b'0') % 10)
            .collect();
        Self {
            negative,
            digits,
            point: length(whole.as_bytes()),
        }
        .trimmed()
    }

    fn trimmed(mut self) -> Self {
        let leading = self.digits.iter().take_while(|digit| **digit == 0).count();
        let trailing = self.digits[leading..]
            .iter()
            .rev()
            .take_while(|digit| **digit == 0)
            .count();
        self.digits.truncate(self.digits.len() - trailing);
        self.digits.drain(..leading);
        self.point -= i64::try_from(leading).unwrap_or(i64::MAX);
        if self.digits.is_empty() {
            self.negative = false;
            self.point = 0;
        }
        self
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub(super) fn is_negative(&self) -> bool {
        self.negative
    }

    pub(super) fn times_power_of_ten(mut self, exponent: i32) -> Self {
        if !self.is_zero() {
            self.point += i64::from(exponent);
        }
        self
    }

    /// Multiplies by `2^exponent`, exponent at most 60.
    pub(super) fn times_power_of_two(mut self, exponent: u32) -> Self {
        let factor = 1_u128 << exponent.min(60);
        let places = length(&self.digits);
        let mut carry = 0_u128;
        for digit in self.digits.iter_mut().rev() {
            carry += u128::from(*digit) * factor;
            *digit = last_digit(carry);
            carry /= 10;
        }
        let mut front = Vec::new();
        while carry > 0 {
            front.push(last_digit(carry));
            carry /= 10;
        }
        front.reverse();
        front.append(&mut self.digits);
        self.point += length(&front) - places;
        self.digits = front;
        self.trimmed()
    }

    /// Go keeps nine decimal places, rounded away from zero, and caps at 2^63 - 1.
    pub(super) fn rounded_and_capped_as_go_does(mut self) -> Self {
        if self.is_zero() {
            return self;
        }
        let kept = self.point.saturating_add(NANO_PLACES);
        if kept < length(&self.digits) {
            self.round_away_from_zero(kept);
        }
        let maximum = Self::new(self.negative, GO_MAXIMUM, "");
        if self.compare_size(&maximum) == Ordering::Greater {
            maximum
        } else {
            self
        }
    }

    /// Keeps the first `kept` digits, and adds one at the last of them because something was cut off.
    fn round_away_from_zero(&mut self, kept: i64) {
        let Ok(kept) = usize::try_from(kept) else {
            // Everything lies below the last place, so the result is one at that place.
            self.digits = vec![1];
            self.point = 1 - NANO_PLACES;
            return;
        };
        self.digits.truncate(kept);
        while self.digits.last() == Some(&9) {
            self.digits.pop();
        }
        if let Some(last) = self.digits.last_mut() {
            *last += 1;
        } else {
            self.digits.push(1);
            self.point += 1;
        }
    }

    /// The next whole number upwards, unless it is negative or beyond 128 bits.
    pub(super) fn rounded_up(&self) -> Option<u128> {
        if self.negative {
            return None;
        }
        let places = usize::try_from(self.point.max(0)).ok()?;
        if places > 39 {
            return None;
        }
        let mut whole = 0_u128;
        for place in 0..places {
            let digit = self.digits.get(place).copied().unwrap_or(0);
            whole = whole.checked_mul(10)?.checked_add(u128::from(digit))?;
        }
        if self.digits.len() > places {
            whole.checked_add(1)
        } else {
            Some(whole)
        }
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        let zeros_first = other.is_zero().cmp(&self.is_zero());
        zeros_first
            .then_with(|| self.point.cmp(&other.point))
            .then_with(|| self.digits.cmp(&other.digits))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.compare_size(other),
            (true, true) => other.compare_size(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

fn length(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

fn last_digit(number: u128) -> u8 {
    u8::try_from(number % 10).unwrap_or(0)
}
