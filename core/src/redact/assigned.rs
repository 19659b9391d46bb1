//! Secrets that are known by the name before them: `password=…`, `"password": "…"`, `--password …`, and the `name` and
//! `value` of a variable.

use std::ops::Range;

use super::found::Found;
use super::kind::Kind;
use super::names::{self, Of};
use super::view::View;

/// So far from a value the name of its variable is looked for, in bytes.
const NEAR: usize = 240;

/// First words of names of errors: what follows them is a sentence.
const OF_ERRORS: [&str; 8] = [
    "invalid",
    "expired",
    "malformed",
    "missing",
    "unknown",
    "unauthorized",
    "wrong",
    "bad",
];

/// Finds them in one layer of a text.
pub(super) fn find(layer: &View<'_>, found: &mut Vec<Found>) {
    let text = &*layer.text;
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b':' | b'=' => assignment(layer, place, found),
            b'-' if text[place..].starts_with("--") => flag(layer, place + 2, found),
            _ => {}
        }
    }
    spoken(layer, found);
}

/// `name=value`, `name: value`, with quotes or without.
fn assignment(layer: &View<'_>, place: usize, found: &mut Vec<Found>) {
    let text = &*layer.text;
    let Some((name, starts_line)) = name_before(text, place) else {
        return;
    };
    let is_value = name == "value";
    let variable = if is_value { partner(text, place) } else { None };
    let (name, of) = match variable {
        Some(variable) => (variable, Of::Variable),
        None if is_value => return,
        None => (name, Of::Field),
    };
    let is_signature =
        text.as_bytes()[place] == b'=' && matches!(name.to_ascii_lowercase().as_str(), "sig" | "signature");
    let is_user_and_password = names::is_neo4j_auth(name);
    let kind = if is_signature {
        Kind::AzureSignature
    } else if is_user_and_password {
        Kind::Password
    } else if let Some(kind) = names::kind(name, of) {
        kind
    } else {
        return;
    };
    let Some(value) = value_after(layer, place + 1) else {
        return;
    };
    let is_prose = text.as_bytes()[place] == b':' && !value.is_quoted && value.is_apart;
    if is_prose && is_sentence(text, name, kind, starts_line, &value.range) {
        return;
    }
    push(text, name, kind, value, found);
}

/// Takes a value, unless it is none or says only where the secret is.
fn push(text: &str, name: &str, kind: Kind, value: Value, found: &mut Vec<Found>) {
    let mut range = value.range;
    if names::is_neo4j_auth(name) {
        match text[range.clone()].find('/') {
            Some(slash) => range.start += slash + 1,
            None => return,
        }
    }
    let shown = &text[range.clone()];
    let is_file = kind != Kind::Password && names::is_path(shown);
    let is_short = kind == Kind::AzureSignature && shown.len() < 16;
    if names::is_no_secret(shown) || is_file || is_short || names::is_reference(name, shown) {
        return;
    }
    found.push(Found::of(text, range, kind));
}

/// Whether what follows a name and a colon is a sentence of a log and no value: `InvalidToken: The provided token …`.
fn is_sentence(text: &str, name: &str, kind: Kind, starts_line: bool, value: &Range<usize>) -> bool {
    let lower = name.to_ascii_lowercase();
    if OF_ERRORS.iter().any(|word| lower.starts_with(word)) {
        return true;
    }
    let rest = text[value.end..].lines().next().unwrap_or_default().trim();
    let is_alone = rest.is_empty() || rest.starts_with(['"', '\'', '\\', '#', ',', '}']);
    if kind == Kind::Password || (starts_line && is_alone) {
        return false;
    }
    // A word of a sentence has letters only.
    let word = text[value.clone()].trim_end_matches(['.', ',', ';', ':', '!']);
    word.bytes()
        .all(|byte| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'/')
}

/// The name before a sign, and whether it is the first thing of its line.
fn name_before(text: &str, place: usize) -> Option<(&str, bool)> {
    let bytes = text.as_bytes();
    if text[place..].starts_with("://") || text[place..].starts_with("::") {
        return None;
    }
    let mut end = place;
    // `:=`, and blanks before the sign.
    while end > 0 && place - end < 3 && matches!(bytes[end - 1], b' ' | b':') {
        end -= 1;
    }
    if end > 0 && matches!(bytes[end - 1], b'"' | b'\'' | b'`') {
        end -= 1;
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let mut start = end;
    while start > 0 && end - start <= 128 && is_letter(bytes[start - 1]) {
        start -= 1;
    }
    let before = text[..start].rsplit('\n').next().unwrap_or_default();
    let starts_line = before.len() < 64
        && before
            .bytes()
            .all(|byte| matches!(byte, b' ' | b'\t' | b'-' | b'#' | b'"' | b'\''));
    let name = text[start..end].trim_start_matches('-');
    (!name.is_empty()).then_some((name, starts_line))
}

/// The value after a sign.
#[derive(Debug)]
struct Value {
    range: Range<usize>,
    is_quoted: bool,
    /// Whether there is a blank before it.
    is_apart: bool,
}

fn value_after(layer: &View<'_>, from: usize) -> Option<Value> {
    let text = &*layer.text;
    let bytes = text.as_bytes();
    let mut start = from;
    while start < bytes.len() && matches!(bytes[start], b'=' | b'>') && start - from < 2 {
        start += 1;
    }
    let blanks = start;
    while start < bytes.len() && matches!(bytes[start], b' ' | b'\t') {
        start += 1;
    }
    let is_apart = start > blanks;
    // A block of YAML: the value is the next line.
    let rest = text[start..].lines().next().unwrap_or_default();
    if matches!(rest.trim_end(), "|" | "|-" | "|+" | ">" | ">-" | ">+") {
        let line = start + rest.len() + 1;
        let next = text.get(line..)?.lines().next()?;
        let indent = next.len() - next.trim_start().len();
        let range = line + indent..line + next.trim_end().len();
        return (!range.is_empty()).then_some(Value {
            range,
            is_quoted: true,
            is_apart,
        });
    }
    value_at(layer, start, is_apart)
}

fn value_at(layer: &View<'_>, mut start: usize, is_apart: bool) -> Option<Value> {
    let text = &*layer.text;
    let quote = *text.as_bytes().get(start)?;
    if matches!(quote, b'"' | b'\'' | b'`') {
        match end_of_quoted(layer, start) {
            Some(end) => {
                return (end > start + 1).then_some(Value {
                    range: start + 1..end,
                    is_quoted: true,
                    is_apart,
                });
            }
            None => start += 1,
        }
    }
    let is_end = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`' | '\\' | '&');
    let length = text[start..].find(is_end).unwrap_or(text.len() - start);
    let value = text[start..start + length].trim_end_matches([',', ';', ')', '}', ']', '.']);
    // What begins with a bracket is a structure, whose parts are looked at on their own; with `<redacted:`, redacted.
    let is_structure = value.starts_with(['{', '[', '(', '<']);
    (!value.is_empty() && !is_structure).then_some(Value {
        range: start..start + value.len(),
        is_quoted: false,
        is_apart,
    })
}

/// The end of what stands in quotes; `None` if it is not on this line, and a word may be meant.
///
/// The quote that closes is escaped as often as the one that opens, or less where the text around ends.
fn end_of_quoted(layer: &View<'_>, start: usize) -> Option<usize> {
    let bytes = layer.text.as_bytes();
    let width = layer.width(start);
    let mut end = start + 1;
    while end < bytes.len() && bytes[end] != b'\n' {
        if bytes[end] == bytes[start] && layer.width(end) <= width {
            return Some(end);
        }
        let is_escape = bytes[end] == b'\\' && end + 1 < bytes.len() && layer.width(end + 1) >= layer.width(end);
        end += if is_escape { 2 } else { 1 };
    }
    let mut end = end.min(bytes.len());
    while !layer.text.is_char_boundary(end) {
        end -= 1;
    }
    // Of a log the end of a line may be cut off.
    (bytes[start] == b'"').then_some(end)
}

/// `--password value`, and both as items of a list.
fn flag(layer: &View<'_>, start: usize, found: &mut Vec<Found>) {
    let text = &*layer.text;
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let length = text[start..]
        .find(|letter| !is_letter(letter))
        .unwrap_or(text.len() - start);
    let name = &text[start..start + length];
    let Some(kind) = names::kind(name, Of::Field) else {
        return;
    };
    let gap = text[start + length..].find(|letter| !matches!(letter, ' ' | '\t' | ',' | '"' | '\'' | '\n'));
    let Some(gap) = gap.filter(|gap| (1..=16).contains(gap)) else {
        return;
    };
    let place = start + length + gap;
    let before = text.as_bytes()[place - 1];
    let is_item = matches!(before, b'"' | b'\'');
    let at = if is_item { place - 1 } else { place };
    if let Some(value) = value_at(layer, at, false).filter(|value| !text[value.range.clone()].starts_with('-')) {
        push(text, name, kind, value, found);
    }
}

/// What programs of Neo4j take without a name: `cypher-shell -p …`, `set-initial-password …`, `SET PASSWORD '…'`.
fn spoken(layer: &View<'_>, found: &mut Vec<Found>) {
    let text = &*layer.text;
    let mut take = |start: usize| {
        let gap = text[start..].find(|letter| !matches!(letter, ' ' | '"' | '\'' | ',' | '='));
        let Some(gap) = gap.filter(|gap| (1..=8).contains(gap)) else {
            return;
        };
        let place = start + gap;
        let is_item = matches!(text.as_bytes()[place - 1], b'"' | b'\'');
        let value = value_at(layer, if is_item { place - 1 } else { place }, false);
        if let Some(value) = value.filter(|value| !text[value.range.clone()].starts_with('-')) {
            push(text, "password", Kind::Password, value, found);
        }
    };
    for (place, word) in text.match_indices("set-initial-password") {
        take(place + word.len());
    }
    if text.contains("cypher-shell") {
        for sign in [" -p", "\"-p", "'-p"] {
            for (place, word) in text.match_indices(sign) {
                take(place + word.len());
            }
        }
    }
    for word in ["PASSWORD '", "PASSWORD \"", "password '", "password \""] {
        for (place, word) in text.match_indices(word) {
            let before = text[..place].trim_end().bytes().rev().take(9);
            let before: String = before.map(|byte| char::from(byte.to_ascii_uppercase())).collect();
            if before.starts_with("TES") || before.starts_with("TXETNIALP") {
                take(place + word.len() - 2);
            }
        }
    }
}

/// The name of the variable whose `value` stands before a colon: the `name` beside it, before or after.
fn partner(text: &str, place: usize) -> Option<&str> {
    let mut from = place.saturating_sub(NEAR);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = &text[from..place];
    let before = &before[before.rfind(['{', '}']).map_or(0, |brace| brace + 1)..];
    let mut to = (place + 1 + 4 * NEAR).min(text.len());
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let after = &text[place + 1..to];
    let after = &after[..after.find(['{', '}']).unwrap_or(after.len())];
    let name_in = |text: &'_ str, last: bool| -> Option<Range<usize>> {
        let is_own = |place: &usize| {
            let before = text[..*place].bytes().next_back();
            before.is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'_')
        };
        let mut places = text.match_indices("name").map(|(place, _)| place).filter(is_own);
        let place = if last { places.last() } else { places.next() }? + "name".len();
        let rest = &text[place..];
        let gap = rest.find(|letter| !matches!(letter, '"' | '\'' | ' ' | ':' | '='))?;
        let length =
            rest[gap..].find(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '_' | '.' | '-'));
        let length = length.unwrap_or(rest.len() - gap);
        (rest[..gap].contains([':', '=']) && length > 0).then_some(place + gap..place + gap + length)
    };
    if let Some(range) = name_in(before, true) {
        return Some(&before[range]);
    }
    name_in(after, false).map(|range| &after[range])
}
