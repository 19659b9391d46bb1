//! What the CRD's pattern and the operator's Go client accept, bug for bug.

use super::{LARGEST_EXPONENT, Suffix, named_suffix};
use crate::values::scanner::Scanner;

/// Whether the API server stores the text and the operator then cannot decode it, or never comes back from it.
pub fn is_poison(text: &str) -> bool {
    crd_pattern_accepts(text) && (!go_accepts(text) || hangs_operator(text))
}

/// Whether an exponent is so large that Go's parser may compute for minutes or for ever (`1e-2147483648`).
///
/// The bound is far below what was seen to hang, because nothing useful lies between.
pub fn hangs_operator(text: &str) -> bool {
    let Some((_, _, suffix)) = go_parts(text) else {
        return false;
    };
    matches!(go_suffix(suffix), Some(GoSuffix::Exponent(exponent)) if exponent.unsigned_abs() > u64::from(LARGEST_EXPONENT.unsigned_abs()))
}

/// The pattern in the CRD,
/// `^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$`.
pub fn crd_pattern_accepts(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.eat_any(&['+', '-']);
    if !pattern_number(&mut scanner) {
        return false;
    }
    if named_suffix(scanner.rest()).is_some() {
        return true;
    }
    if scanner.eat_any(&['e', 'E']).is_none() {
        return false;
    }
    scanner.eat_any(&['+', '-']);
    pattern_number(&mut scanner) && scanner.is_at_end()
}

/// `([0-9]+(\.[0-9]*)?)|(\.[0-9]+)`
fn pattern_number(scanner: &mut Scanner<'_>) -> bool {
    let whole = scanner.digits();
    let fraction = if scanner.eat('.') { scanner.digits() } else { "" };
    !whole.is_empty() || !fraction.is_empty()
}

/// Go's `resource.ParseQuantity`. Texts that it would take for ever to judge count as accepted; see [`hangs_operator`].
///
/// It takes some texts without any digit (`+`, `.`, `Gi`) as zero.
pub fn go_accepts(text: &str) -> bool {
    let Some((whole, fraction, suffix)) = go_parts(text) else {
        return false;
    };
    let Some(suffix) = go_suffix(suffix) else { return false };
    let is_empty_number = whole.is_empty() && fraction.is_empty();
    // A text that is nothing but a sign and zeros returns before the exact path is asked for.
    !is_empty_number || is_exact(suffix, whole, fraction)
}

/// Whether Go keeps such a number as it is; otherwise it rounds to nano and caps at 2^63 - 1.
pub(super) fn is_exact_in_go(suffix: Suffix, whole: &str, fraction: &str) -> bool {
    let suffix = match suffix {
        Suffix::Binary(exponent) => GoSuffix::Binary(exponent),
        Suffix::Decimal(exponent) | Suffix::Exponent(exponent) => GoSuffix::Exponent(i64::from(exponent)),
    };
    is_exact(suffix, whole, fraction)
}

/// A suffix as Go interprets it.
#[derive(Clone, Copy)]
enum GoSuffix {
    Binary(u32),
    Exponent(i64),
}

/// The digits before the point, those after it, and the suffix; `None` where Go finds a character it does not know.
fn go_parts(text: &str) -> Option<(&str, &str, &str)> {
    if text.is_empty() {
        return None;
    }
    let mut scanner = Scanner::new(text);
    scanner.eat_any(&['+', '-']);
    let whole = scanner.digits();
    let fraction = if scanner.eat('.') { scanner.digits() } else { "" };
    let suffix = scanner.rest();
    scanner.eat_while(|next| "eEinumkKMGTP".contains(next));
    scanner.eat_any(&['+', '-']);
    scanner.digits();
    scanner.is_at_end().then_some((whole, fraction, suffix))
}

fn go_suffix(text: &str) -> Option<GoSuffix> {
    if let Some(suffix) = named_suffix(text) {
        return Some(match suffix {
            Suffix::Binary(exponent) => GoSuffix::Binary(exponent),
            Suffix::Decimal(exponent) | Suffix::Exponent(exponent) => GoSuffix::Exponent(i64::from(exponent)),
        });
    }
    text.strip_prefix(['e', 'E'])?.parse().ok().map(GoSuffix::Exponent)
}

/// Go's choice of its 64-bit path: few enough digits, and no place below nano.
fn is_exact(suffix: GoSuffix, whole: &str, fraction: &str) -> bool {
    let whole = whole.trim_start_matches('0').len().max(1);
    match suffix {
        GoSuffix::Exponent(exponent) => {
            // Go keeps 32 bits of the exponent, whatever was written.
            #[allow(clippy::cast_possible_truncation)]
            let exponent = exponent as i32;
            let places = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
            whole + fraction.len() <= 18 && exponent.wrapping_sub(places) >= -9
        }
        GoSuffix::Binary(exponent) => {
            let taken = exponent as usize * 3 / 10 + 1;
            fraction.is_empty() && whole + taken <= 15
        }
    }
}
