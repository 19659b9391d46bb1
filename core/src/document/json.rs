//! JSON files, with the place of every value. The values of a file follow each other with or without blanks.

use std::borrow::Cow;

use super::builder::{Builder, Stopped};
use super::node::Node;
use super::problem::ProblemKind;
use super::scalar::json_number;
use super::span::Style;

/// Reads one value that begins at or after `start`; the offset behind it. The builder has the tree or the problem.
pub(super) fn read_value(builder: &mut Builder<'_, '_>, start: usize, end: usize) -> Result<usize, Stopped> {
    let mut reader = Reader {
        text: builder.places.text(0, end),
        at: start,
    };
    let mut depth = 0_usize;
    loop {
        reader.blanks();
        let key = builder.expects_key();
        let at = reader.at;
        match reader.peek() {
            Some(b'"') => {
                let Some(text) = reader.string() else {
                    return reader.fault(
                        builder,
                        "a string without its closing quote, or with an escape that JSON does not have",
                    );
                };
                if key {
                    builder.key(Node::String(text), false, at, reader.at, 0)?;
                    reader.blanks();
                    if reader.peek() != Some(b':') {
                        return reader.fault(builder, "a colon is missing after the key");
                    }
                    reader.at += 1;
                    continue;
                }
                builder.scalar(Node::String(text), Style::DoubleQuoted, at, reader.at, 0)?;
            }
            Some(b'}') if key && reader.after(b'{') => {
                reader.at += 1;
                depth -= 1;
                builder.close(Some(reader.at))?;
            }
            _ if key => return reader.fault(builder, "a key in double quotes is missing"),
            Some(b'{' | b'[') => {
                let style = if reader.peek() == Some(b'{') {
                    Style::FlowMap
                } else {
                    Style::FlowList
                };
                builder.open(style, at, 0)?;
                reader.at += 1;
                depth += 1;
                continue;
            }
            Some(b']') if reader.after(b'[') => {
                reader.at += 1;
                depth -= 1;
                builder.close(Some(reader.at))?;
            }
            Some(b'-' | b'0'..=b'9') => {
                let Some(number) = reader.number() else {
                    return reader.fault(builder, "this is no number that JSON has");
                };
                builder.scalar(number, Style::Plain, at, reader.at, 0)?;
            }
            _ => {
                let Some(node) = reader.word() else {
                    return reader.fault(builder, "a value is missing");
                };
                builder.scalar(node, Style::Plain, at, reader.at, 0)?;
            }
        }
        // A value has ended; close what ends with it.
        loop {
            if depth == 0 {
                return Ok(reader.at);
            }
            reader.blanks();
            let closing = if builder.open_style() == Some(Style::FlowMap) {
                b'}'
            } else {
                b']'
            };
            match reader.peek() {
                Some(b',') => {
                    reader.at += 1;
                    break;
                }
                Some(byte) if byte == closing => {
                    reader.at += 1;
                    depth -= 1;
                    builder.close(Some(reader.at))?;
                }
                None => return reader.fault(builder, "the file ends before the last bracket or brace is closed"),
                Some(_) => return reader.fault(builder, "a comma or a closing bracket is missing"),
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Whether nothing but blanks lies between here and the bracket before.
    fn after(&self, bracket: u8) -> bool {
        self.text[..self.at]
            .trim_end_matches([' ', '\t', '\n', '\r'])
            .as_bytes()
            .last()
            == Some(&bracket)
    }

    /// A string whose quote stands here; `None` when it is malformed.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut at = start + 1;
        let mut escaped = false;
        loop {
            match bytes.get(at)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    at += 2;
                }
                byte if *byte < 0x20 => return None,
                _ => at += 1,
            }
        }
        let text = if escaped {
            Cow::Owned(serde_json::from_str(self.text.get(start..=at)?).ok()?)
        } else {
            Cow::Borrowed(self.text.get(start + 1..at)?)
        };
        self.at = at + 1;
        Some(text)
    }

    fn number(&mut self) -> Option<Node<'a>> {
        let rest = &self.text[self.at..];
        let length = rest
            .bytes()
            .take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'))
            .count();
        let text = &rest[..length];
        if !is_json_number(text) {
            return None;
        }
        let node = json_number(text)?;
        self.at += length;
        Some(node)
    }

    fn word(&mut self) -> Option<Node<'a>> {
        let rest = &self.text[self.at..];
        let words = [
            ("true", Node::Bool(true)),
            ("false", Node::Bool(false)),
            ("null", Node::Null),
        ];
        let (word, node) = words.into_iter().find(|(word, _)| rest.starts_with(word))?;
        self.at += word.len();
        Some(node)
    }

    fn fault(&self, builder: &mut Builder<'_, '_>, message: &str) -> Result<usize, Stopped> {
        let next = self.text[self.at.min(self.text.len())..].chars().next();
        let end = self.at + next.map_or(0, |character| if character == '\n' { 0 } else { character.len_utf8() });
        builder.problem(
            ProblemKind::Syntax,
            message.to_owned(),
            "correct the JSON at this place",
            self.at,
            end,
        );
        Err(Stopped)
    }
}

fn is_json_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(place) => (&unsigned[..place], Some(&unsigned[place + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa
        .split_once('.')
        .map_or((mantissa, None), |(whole, fraction)| (whole, Some(fraction)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['-', '+']).unwrap_or(text)))
}
