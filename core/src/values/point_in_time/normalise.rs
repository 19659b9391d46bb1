//! What the writer of a near-miss certainly meant.

use super::parse;
use crate::values::scanner::Scanner;

/// The text as RFC 3339 in whole seconds, when it differs and there is only one way to read it.
///
/// Repairs: surrounding blanks, a blank or lower-case `t` for `T`, lower-case `z`, `UTC` or `GMT`, a one-digit hour,
/// left-out seconds, the basic format (`20250115T143000Z`), a comma, `+0200` and `+02`, a typographic minus. The
/// fraction is dropped, as the operator does. `2025-01-15 14:30:00` is read as UTC, as `neo4j-admin`, whose own form it
/// is, does; without a zone in any other form there is no answer.
pub fn normalised(text: &str) -> Option<String> {
    let corrected = rewrite(text)?;
    (corrected != text && parse(&corrected).is_ok()).then_some(corrected)
}

fn rewrite(text: &str) -> Option<String> {
    let text = text.trim();
    let mut scanner = Scanner::new(
        text.strip_suffix("[UTC]")
            .filter(|rest| rest.ends_with('Z'))
            .unwrap_or(text),
    );

    let year = scanner.number(4)?;
    let extended = scanner.eat('-');
    let month = scanner.number(2)?;
    if extended && !scanner.eat('-') {
        return None;
    }
    let day = scanner.number(2)?;

    let blank_separated = !scanner.eat_while(|next| next == ' ' || next == '\t').is_empty();
    if !blank_separated {
        scanner.eat_any(&['T', 't'])?;
    }

    let (hour, minute, second) = time_of_day(&mut scanner)?;
    if scanner.eat_any(&['.', ',']).is_some() && scanner.digits().is_empty() {
        return None;
    }

    let is_form_of_neo4j_admin = blank_separated && extended;
    let zone = zone(scanner.rest(), is_form_of_neo4j_admin)?;
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}"
    ))
}

fn time_of_day(scanner: &mut Scanner<'_>) -> Option<(u32, u32, u32)> {
    let hour = scanner.number(2).or_else(|| scanner.number(1))?;
    let extended = scanner.eat(':');
    let minute = scanner.number(2)?;
    let second_follows = if extended {
        scanner.eat(':')
    } else {
        scanner.rest().starts_with(|next: char| next.is_ascii_digit())
    };
    let second = if second_follows { scanner.number(2)? } else { 0 };
    Some((hour, minute, second))
}

fn zone(text: &str, may_be_absent: bool) -> Option<String> {
    let text = text.trim_start();
    if text.is_empty() {
        return may_be_absent.then(|| "Z".to_owned());
    }
    if ["Z", "UTC", "GMT"].iter().any(|name| text.eq_ignore_ascii_case(name)) {
        return Some("Z".to_owned());
    }
    let mut scanner = Scanner::new(text);
    let sign = if scanner.eat('+') {
        '+'
    } else {
        scanner.eat_any(&['-', '\u{2212}'])?;
        '-'
    };
    let hours = scanner.number(2)?;
    let minutes = if scanner.is_at_end() {
        0
    } else {
        scanner.eat(':');
        scanner.number(2)?
    };
    scanner.is_at_end().then(|| format!("{sign}{hours:02}:{minutes:02}"))
}
