//! What stands in the place of a value: `<redacted:password:1>`, the same for the same value, numbered in the order in which
//! values are met. A number says nothing of the value, where a hash could be guessed.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::net::Ipv6Addr;
use std::ops::Range;

use super::kind::Kind;

const BEGINNING: &str = "<redacted:";
/// More is no number of ours.
const MOST_DIGITS: usize = 7;

/// The tokens of one report.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    by_value: HashMap<String, (Kind, usize)>,
    last: BTreeMap<Kind, usize>,
}

impl Tokens {
    /// Returns what stands in the place of a value.
    pub(super) fn of(&mut self, kind: Kind, value: &str) -> String {
        let last = &mut self.last;
        let known = self.by_value.entry(value.to_owned()).or_insert_with(|| {
            let number = last.entry(kind).or_default();
            *number += 1;
            (kind, *number)
        });
        let (kind, number) = *known;
        stand_in(kind, number, value)
    }

    /// Notes the tokens that a text has already, so that no number is given twice.
    pub(super) fn note(&mut self, text: &str) {
        for range in ranges(text) {
            if let Some((kind, number)) = read(&text[range]) {
                let last = self.last.entry(kind).or_default();
                *last = number.max(*last);
            }
        }
    }

    /// Every value, with what it is.
    pub(super) fn values(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.by_value.iter().map(|(value, (kind, _))| (value.as_str(), *kind))
    }
}

fn stand_in(kind: Kind, number: usize, value: &str) -> String {
    match kind {
        Kind::Account if value.bytes().all(|byte| byte.is_ascii_digit()) => format!("{number:012}"),
        Kind::Account => format!("redactedaccount{number}"),
        Kind::Bucket => format!("redacted-bucket-{number}"),
        Kind::Host => format!("host-{number}.redacted.invalid"),
        // Networks that are for tests and documentation only.
        Kind::Address if value.contains(':') => {
            let low = u16::try_from(number % 0x1_0000).unwrap_or_default();
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, low).to_string()
        }
        Kind::Address => format!("198.18.{}.{}", number / 256 % 256, number % 256),
        Kind::Email if value.ends_with(".iam.gserviceaccount.com") => {
            format!("redacted-{number}@redacted-{number}.iam.gserviceaccount.com")
        }
        Kind::Email => format!("redacted-{number}@redacted.invalid"),
        kind => format!("{BEGINNING}{}:{number}>", kind.word()),
    }
}

/// Whether a value is what stands in the place of another.
pub(super) fn is_stand_in(kind: Kind, value: &str) -> bool {
    match kind {
        // One name may be both, and has one stand-in then.
        Kind::Account | Kind::Bucket
            if value.starts_with("redactedaccount") || value.starts_with("redacted-bucket-") =>
        {
            true
        }
        Kind::Account => value.len() == 12 && value.starts_with("0000000"),
        Kind::Bucket => false,
        Kind::Host => value.ends_with(".redacted.invalid"),
        Kind::Address => value.starts_with("198.18.") || value.starts_with("2001:db8::"),
        Kind::Email => value.starts_with("redacted-") && value.contains("@redacted"),
        _ => read(value).is_some(),
    }
}

/// The tokens in a text.
pub(super) fn ranges(text: &str) -> Vec<Range<usize>> {
    let starts = text.match_indices(BEGINNING);
    let tokens = starts.filter_map(|(start, _)| {
        let end = start + text[start..].bytes().take(64).position(|byte| byte == b'>')? + 1;
        read(&text[start..end])?;
        Some(start..end)
    });
    tokens.collect()
}

/// Returns a text with its tokens as they are without their numbers: `<redacted:password>`.
pub(super) fn without_numbers(text: &str) -> Cow<'_, str> {
    let ranges = ranges(text);
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut without = String::with_capacity(text.len());
    let mut done = 0;
    for range in ranges {
        without.push_str(&text[done..range.start]);
        done = range.end;
        if let Some((kind, _)) = read(&text[range]) {
            without += &format!("{BEGINNING}{}>", kind.word());
        }
    }
    Cow::Owned(without + &text[done..])
}

fn read(token: &str) -> Option<(Kind, usize)> {
    let (word, number) = token.strip_prefix(BEGINNING)?.strip_suffix('>')?.split_once(':')?;
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| !kind.is_place() && kind.word() == word)?;
    let is_number = (1..=MOST_DIGITS).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    Some((kind, number.parse().ok().filter(|_| is_number)?))
}
