//! Secrets that are known by the name before them: `password=…`, `"password": "…"`, `--password …`, and the `name` and
//! `value` of a variable.

mod lists;

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
    let is_user_and_password = names::is_neo4j_auth(name);
    let kind = if let Some(kind) = signature(name).filter(|_| text.as_bytes()[place] == b'=') {
        kind
    } else if is_user_and_password {
        Kind::Password
    } else if let Some(kind) = names::kind(name, of) {
        kind
    } else {
        return;
    };
    if !is_value && lists::find(layer, place + 1, (name, kind, starts_line), found) {
        return;
    }
    let Some(value) = value_after(layer, place + 1) else {
        return;
    };
    let is_prose = text.as_bytes()[place] == b':' && !value.is_quoted && value.is_apart;
    if is_prose && is_sentence(text, name, kind, starts_line, &value.range) {
        return;
    }
    push(text, name, kind, value, found);
}

/// What the signature of a URL is that gives access to whoever has it, by the name of its parameter.
fn signature(name: &str) -> Option<Kind> {
    match name.to_ascii_lowercase().as_str() {
        "sig" | "signature" => Some(Kind::AzureSignature),
        "x-amz-signature" | "x-goog-signature" => Some(Kind::Authorization),
        _ => None,
    }
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
    let is_short = signature(name).is_some() && shown.len() < 16;
    if names::is_no_secret(shown) || is_file || is_short || names::is_reference(name, shown) {
        return;
    }
    let mut part = Found::of(text, range, kind);
    if part.value.contains('\n') {
        part.value = without_indent(&part.value);
    }
    found.push(part);
}

/// The lines of a block of YAML as they are meant: elsewhere they stand without what they are indented by.
fn without_indent(block: &str) -> String {
    block.lines().map(str::trim).collect::<Vec<_>>().join("\n")
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
    let rest = &text[start..start + text[start..].find('\n').unwrap_or(text.len() - start)];
    if is_block(rest) {
        let own = text[..from].rsplit('\n').next().unwrap_or_default();
        let says_indent = rest.bytes().take(3).any(|byte| byte.is_ascii_digit());
        let range = lines_of_block(text, start + rest.len(), indent(own), says_indent)?;
        return Some(Value {
            range,
            is_quoted: true,
            is_apart,
        });
    }
    value_at(layer, start, is_apart)
}

/// Whether the rest of a line says that a block of YAML follows: `|`, `>-`, `|2 # why`.
fn is_block(rest: &str) -> bool {
    let (head, comment) = rest.trim_end().split_once(' ').unwrap_or((rest.trim_end(), ""));
    let is_sign = |byte: u8| matches!(byte, b'+' | b'-' | b'0'..=b'9');
    head.starts_with(['|', '>'])
        && head.len() <= 3
        && head.bytes().skip(1).all(is_sign)
        && (comment.trim_start().is_empty() || comment.trim_start().starts_with('#'))
}

/// The lines that follow a place and belong together: the first that is not blank, and those after it that are not indented
/// less, as long as they are indented more than the line of the name. Where the block says how far it is indented, its first
/// line may be indented more than the others.
fn lines_of_block(text: &str, place: usize, outer: usize, says_indent: bool) -> Option<Range<usize>> {
    let mut block: Option<(usize, Range<usize>)> = None;
    let mut start = place + 1;
    for line in text.get(start..)?.split_inclusive('\n') {
        let (shown, here) = (line.trim_end(), indent(line));
        if !shown.is_empty() {
            match &mut block {
                None => {
                    let least = if says_indent { outer + 1 } else { here };
                    block = Some((least, start + here..start + shown.len()));
                }
                Some((first, range)) if here >= *first && *first > outer => range.end = start + shown.len(),
                Some(_) => break,
            }
        }
        start += line.len();
    }
    block.map(|(_, range)| range)
}

/// By how many blanks a line is indented.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
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
    cypher(layer, found);
}

/// `SET PASSWORD '…'`, `SET ENCRYPTED PASSWORD '…'`, and `SET PASSWORD FROM '…' TO '…'`, in large letters or small.
fn cypher(layer: &View<'_>, found: &mut Vec<Found>) {
    let text = &*layer.text;
    // The small letters of ASCII stand where the large ones stood.
    let lower = text.to_ascii_lowercase();
    let after_blanks = |place: usize| {
        let rest = &text[place..];
        place + rest.len() - rest.trim_start().len()
    };
    for (place, word) in lower.match_indices("password") {
        let before = lower[..place].trim_end();
        let is_set = before.len() < place
            && ["set", "plaintext", "encrypted"]
                .iter()
                .any(|word| before.ends_with(word));
        if !is_set {
            continue;
        }
        let mut next = after_blanks(place + word.len());
        if lower[next..].starts_with("from") {
            next = after_blanks(next + "from".len());
        }
        // The old one and the new one.
        for _ in 0..2 {
            if !lower[next..].starts_with(['\'', '"']) {
                break;
            }
            let Some(value) = value_at(layer, next, false) else {
                break;
            };
            let end = value.range.end + usize::from(value.is_quoted);
            push(text, "password", Kind::Password, value, found);
            next = after_blanks(end.min(text.len()));
            if !lower[next..].starts_with("to") {
                break;
            }
            next = after_blanks(next + "to".len());
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
