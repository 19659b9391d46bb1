//! A text as its reader's reader sees it: escapes taken away, layer by layer, with the place in the source that each byte
//! came from.
//!
//! A secret in JSON in JSON is found in the layer where it is plain, and replaced in the source where it is not: so the
//! layers around it stay what they were, byte for byte.

use std::borrow::Cow;
use std::ops::Range;

/// So many layers are looked at. Each doubles the backslashes before a quote, so a text of 16 MiB cannot have more.
const MOST_LAYERS: usize = 26;

/// One layer of a text.
#[derive(Debug)]
pub(super) struct View<'t> {
    /// The text of this layer.
    pub(super) text: Cow<'t, str>,
    /// For each byte of it, and its end, where that begins in the source; empty for the source itself.
    starts: Vec<usize>,
    /// For each byte of it, how often it is escaped in the source; empty for the source itself.
    depths: Vec<u8>,
}

/// Returns every layer of a text, the text itself first.
pub(super) fn layers(text: &str) -> Vec<View<'_>> {
    let mut layers = vec![View {
        text: Cow::Borrowed(text),
        starts: Vec::new(),
        depths: Vec::new(),
    }];
    while layers.len() < MOST_LAYERS
        && let Some(next) = layers.last().and_then(View::without_escapes)
    {
        layers.push(next);
    }
    layers
}

impl<'t> View<'t> {
    /// The part of the source that a part of this layer came from.
    pub(super) fn in_source(&self, part: &Range<usize>) -> Range<usize> {
        self.source_of(part.start)..self.source_of(part.end)
    }

    /// How long the character at a place is in the source: longer the more often it is escaped there.
    pub(super) fn width(&self, place: usize) -> usize {
        self.source_of(place + 1) - self.source_of(place)
    }

    /// How often the character at a place is escaped in the source. Its width there does not tell: of an escape that is
    /// escaped itself, some letters may stand as they are.
    fn depth(&self, place: usize) -> u8 {
        self.depths.get(place).copied().unwrap_or(0)
    }

    fn source_of(&self, place: usize) -> usize {
        self.starts.get(place).copied().unwrap_or(place)
    }

    /// The layer below, or `None` if nothing in this one is escaped.
    fn without_escapes(&self) -> Option<View<'t>> {
        if !self.text.bytes().any(|byte| matches!(byte, b'\\' | b'%')) {
            return None;
        }
        let mut text = String::with_capacity(self.text.len());
        let mut starts = Vec::with_capacity(self.starts.len());
        let mut depths = Vec::with_capacity(self.depths.len());
        let mut place = 0;
        let mut is_new = false;
        while let Some(letter) = self.text[place..].chars().next() {
            let rest = &self.text[place..];
            // A quote that is escaped less often than the backslash before it ends the text in which that stands.
            let is_end = rest.starts_with("\\\"") && self.depth(place + 1) < self.depth(place);
            let escape = if is_end { None } else { escape(rest) };
            let (shown, length) = escape.unwrap_or((letter, letter.len_utf8()));
            let is_escaped = length != letter.len_utf8();
            is_new |= is_escaped;
            text.push(shown);
            starts.resize(text.len(), self.source_of(place));
            depths.resize(text.len(), self.depth(place) + u8::from(is_escaped));
            place += length;
        }
        starts.push(self.source_of(place));
        let text = Cow::Owned(text);
        is_new.then_some(View { text, starts, depths })
    }
}

/// The character that stands escaped at the beginning of a text, and the length of the escape; `None` if none does.
fn escape(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    match (bytes.first()?, bytes.get(1)?) {
        (b'\\', b'n') => Some(('\n', 2)),
        (b'\\', b'r') => Some(('\r', 2)),
        (b'\\', b't') => Some(('\t', 2)),
        (b'\\', b'b') => Some(('\u{8}', 2)),
        (b'\\', b'f') => Some(('\u{c}', 2)),
        (b'\\', quoted @ (b'"' | b'\'' | b'\\' | b'/')) => Some((char::from(*quoted), 2)),
        (b'\\', b'u') => {
            let unit = hexadecimal(text.get(2..6)?)?;
            if (0xD800..0xDC00).contains(&unit)
                && text.get(6..8) == Some("\\u")
                && let Some(low) = text.get(8..12).and_then(hexadecimal)
                && (0xDC00..0xE000).contains(&low)
            {
                let letter = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                return Some((char::from_u32(letter)?, 12));
            }
            Some((char::from_u32(unit).unwrap_or('\u{fffd}'), 6))
        }
        (b'\\', b'x') => Some((char::from_u32(hexadecimal(text.get(2..4)?)?)?, 4)),
        // Secrets are ASCII; other bytes stay as they are.
        (b'%', _) => {
            let byte = hexadecimal(text.get(1..3)?)?;
            (byte < 0x80).then_some((char::from_u32(byte)?, 3))
        }
        _ => None,
    }
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_plain.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layer_knows_where_it_came_from() {
        let inner = "say \"ä\u{1f600}\n\"";
        let once = serde_json::to_string(inner)
            .unwrap()
            .replace('\u{1f600}', "\\ud83d\\ude00");
        let twice = serde_json::to_string(&once).unwrap();
        let layers = layers(&twice);
        let deepest = layers.last().unwrap();
        assert!(deepest.text.contains(inner), "{}", deepest.text);
        let start = deepest.text.find('ä').unwrap();
        let part = deepest.in_source(&(start..start + "ä\u{1f600}".len()));
        assert_eq!(&twice[part], "ä\\\\ud83d\\\\ude00");
        assert_eq!(super::layers("plain").len(), 1);
        assert_eq!(super::layers("%41\\u004bIA")[1].text, "AKIA");
    }
}
