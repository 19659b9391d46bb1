//! Lists of secrets: `passwords: [a, b]`, `"tokens": ["a", "b"]`, and a line for each after a dash.

use super::super::kind::Kind;
use super::super::names;
use super::super::view::View;
use super::{Found, Value, indent, push, value_at};

/// Finds the texts of a list that begins after the sign behind a name; returns whether there is one. What is more than a text
/// is looked at on its own.
pub(super) fn find(
    layer: &View<'_>,
    from: usize,
    (name, kind, starts_line): (&str, Kind, bool),
    found: &mut Vec<Found>,
) -> bool {
    let text = &*layer.text;
    let rest = &text[from..];
    let start = from + rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let name = names::of_one(name);
    match text[start..].bytes().next() {
        Some(b'[') => in_brackets(layer, start + 1, (name, kind), found),
        Some(b'\r' | b'\n') if starts_line => after_dashes(layer, start, (name, kind), found),
        _ => return false,
    }
    true
}

fn in_brackets(layer: &View<'_>, mut place: usize, (name, kind): (&str, Kind), found: &mut Vec<Found>) {
    let text = &*layer.text;
    loop {
        let rest = &text[place..];
        place += rest.len()
            - rest
                .trim_start_matches(|letter: char| letter.is_whitespace() || letter == ',')
                .len();
        let Some(letter) = text[place..].chars().next() else {
            return;
        };
        match letter {
            ']' | '[' | '{' | '}' | '\\' => return,
            '"' | '\'' => {
                // Of an empty text nothing is found, and the next begins behind its quotes.
                let empty = text[place + 1..].starts_with(letter);
                match value_at(layer, place, false) {
                    Some(value) if value.is_quoted => {
                        place = (value.range.end + 1).min(text.len());
                        push(text, name, kind, value, found);
                    }
                    None if empty => place += 2,
                    _ => return,
                }
            }
            _ => {
                let length = text[place..].find([',', ']', '\n']).unwrap_or(text.len() - place);
                let shown = text[place..place + length].trim_end();
                if !is_word(shown) || kind == Kind::Password {
                    let range = place..place + shown.len();
                    push(text, name, kind, bare(range), found);
                }
                place += length;
                if text[place..].starts_with('\n') && !text[place..].trim_start().starts_with([',', ']']) {
                    return;
                }
            }
        }
    }
}

/// Lines as YAML has them, `- one`, indented alike.
fn after_dashes(layer: &View<'_>, place: usize, (name, kind): (&str, Kind), found: &mut Vec<Found>) {
    let text = &*layer.text;
    let mut start = place;
    let mut depth = None;
    for line in text[place..].split_inclusive('\n') {
        let shown = line.trim_end();
        if !shown.is_empty() {
            let here = indent(line);
            let Some(item) = shown[here..].strip_prefix("- ") else {
                return;
            };
            if *depth.get_or_insert(here) != here {
                return;
            }
            let item = item.trim_start();
            let at = start + shown.len() - item.len();
            if item.starts_with(['"', '\'']) {
                if let Some(value) = value_at(layer, at, false) {
                    push(text, name, kind, value, found);
                }
            } else if !item.starts_with(['{', '[', '&', '*', '|', '>']) && !item.contains(": ") && !item.ends_with(':')
            {
                push(text, name, kind, bare(at..at + item.len()), found);
            }
        }
        start += line.len();
    }
}

fn bare(range: std::ops::Range<usize>) -> Value {
    Value {
        range,
        is_quoted: false,
        is_apart: false,
    }
}

/// Whether it is a word of a sentence, which has letters only.
fn is_word(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'/' | b' '))
}
