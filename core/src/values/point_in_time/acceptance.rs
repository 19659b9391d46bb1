//! What the CRD and the operator's Go client accept, bug for bug.

use crate::values::scanner::{Scanner, days_in_month};

/// Whether the API server stores the text and the operator can then not decode it.
///
/// One such object makes every list and watch of its kind fail in the operator, and its next start fail altogether.
pub fn is_poison(text: &str) -> bool {
    crd_accepts(text) && !go_accepts(text)
}

/// The CRD's `format: date-time`, as kube-openapi's `IsDateTime` decides it.
///
/// It lower-cases the text, splits it at `t`, ignores what follows a second `t`, and lets any one character but a line
/// feed stand before the digits of the fraction.
pub fn crd_accepts(text: &str) -> bool {
    let mut parts = text.split(['t', 'T']);
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else {
        return false;
    };
    let mut date = Scanner::new(date);
    go_date(&mut date) && date.is_at_end() && crd_time(time).is_some()
}

/// `^\d\d:\d\d:\d\d(.\d+)?(z|[+-]\d\d:\d\d)$`, hours to 23, minutes and seconds to 59, offset unchecked.
fn crd_time(text: &str) -> Option<()> {
    let mut scanner = Scanner::new(text);
    let hour = scanner.number(2)?;
    let minute = scanner.eat(':').then(|| scanner.number(2))??;
    let second = scanner.eat(':').then(|| scanner.number(2))??;
    let fraction_or_nothing = crd_zone_start(scanner.rest())?;
    let fraction_fits = fraction_or_nothing.is_empty() || {
        let mut fraction = Scanner::new(fraction_or_nothing);
        fraction.eat_if(|mark| mark != '\n').is_some() && !fraction.digits().is_empty() && fraction.is_at_end()
    };
    (hour <= 23 && minute <= 59 && second <= 59 && fraction_fits).then_some(())
}

/// What stands before the zone at the end of `text`; `None` when it does not end with a zone.
fn crd_zone_start(text: &str) -> Option<&str> {
    if let Some(before) = text.strip_suffix(['z', 'Z']) {
        return Some(before);
    }
    let (before, offset) = text.split_at_checked(text.len().checked_sub("+00:00".len())?)?;
    let mut offset = Scanner::new(offset);
    offset.eat_any(&['+', '-'])?;
    offset.number(2)?;
    offset.eat(':').then(|| offset.number(2))??;
    Some(before)
}

/// Go's `time.Parse(time.RFC3339, text)`, which `metav1.Time` uses.
///
/// Compared with RFC 3339 it also takes a one-digit hour, a comma before the fraction, and offsets to `+24:60`.
pub fn go_accepts(text: &str) -> bool {
    go_rest(text).is_some()
}

fn go_rest(text: &str) -> Option<()> {
    let mut scanner = Scanner::new(text);
    if !go_date(&mut scanner) || !scanner.eat('T') {
        return None;
    }
    let hour = scanner.number(2).or_else(|| scanner.number(1))?;
    let minute = scanner.eat(':').then(|| scanner.number(2))??;
    let second = scanner.eat(':').then(|| scanner.number(2))??;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut fraction = scanner.clone();
    if fraction.eat_any(&['.', ',']).is_some() && !fraction.digits().is_empty() {
        scanner = fraction;
    }
    if !scanner.eat('Z') {
        scanner.eat_any(&['+', '-'])?;
        let hours = scanner.number(2)?;
        let minutes = scanner.eat(':').then(|| scanner.number(2))??;
        if hours > 24 || minutes > 60 {
            return None;
        }
    }
    scanner.is_at_end().then_some(())
}

/// Go's `2006-01-02`: the year 0 exists.
fn go_date(scanner: &mut Scanner<'_>) -> bool {
    super::date(scanner).is_some_and(|(year, month, day)| day >= 1 && day <= days_in_month(year, month))
}
