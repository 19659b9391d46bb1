//! Places in a text as an editor counts them: lines from 0, and in a line the units that both sides have agreed on.

use gen_lsp_types::{Position, PositionEncodingKind, Range};

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// Halves of a surrogate pair, as JavaScript does. What holds when nobody says.
    Utf16,
}

impl Encoding {
    /// The best of those that an editor offers.
    pub(super) fn choose(offered: &[&str]) -> Self {
        if offered.contains(&"utf-8") {
            Self::Utf8
        } else {
            Self::Utf16
        }
    }

    /// The name of it in the protocol.
    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn units(self, letter: char) -> usize {
        match self {
            Self::Utf8 => letter.len_utf8(),
            Self::Utf16 => letter.len_utf16(),
        }
    }
}

/// Where the lines of a text begin.
#[derive(Debug)]
pub(super) struct Lines {
    starts: Vec<usize>,
    encoding: Encoding,
}

impl Lines {
    pub(super) fn of(text: &str, encoding: Encoding) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(offset, _)| offset + 1));
        Self {
            starts: starts.collect(),
            encoding,
        }
    }

    /// A line without its end; empty beyond the last.
    fn line<'t>(&self, text: &'t str, line: usize) -> (usize, &'t str) {
        let start = self.starts.get(line).copied().unwrap_or(text.len());
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let line = text.get(start..end).unwrap_or_default();
        (start, line.trim_end_matches(['\n', '\r']))
    }

    /// The byte at a place; a place beyond the end of its line is that end, as the protocol wants it.
    pub(super) fn offset(&self, text: &str, position: Position) -> usize {
        let (start, line) = self.line(text, position.line as usize);
        let mut left = position.character as usize;
        for (offset, letter) in line.char_indices() {
            let units = self.encoding.units(letter);
            if left < units {
                return start + offset;
            }
            left -= units;
        }
        start + line.len()
    }

    /// The place of a byte.
    pub(super) fn position(&self, text: &str, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = text.get(start..offset).unwrap_or_default();
        let units: usize = before.chars().map(|letter| self.encoding.units(letter)).sum();
        Position::new(count(line), count(units))
    }

    /// A stretch of the text; of one that goes over several lines what lies in the first: nobody wants a whole block underlined.
    pub(super) fn in_line(&self, text: &str, start: usize, end: usize) -> Range {
        let first = self.position(text, start);
        let (line_start, line) = self.line(text, first.line as usize);
        let end = end.clamp(start, (line_start + line.len()).max(start));
        Range::new(first, self.position(text, end))
    }

    /// A stretch of the text.
    pub(super) fn range(&self, text: &str, start: usize, end: usize) -> Range {
        Range::new(self.position(text, start), self.position(text, end))
    }
}

/// A number as the protocol has it; no text that is read has so many lines.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Whether two stretches have a place in common, their ends included: a cursor has no width.
pub(super) fn touch(left: Range, right: Range) -> bool {
    left.start <= right.end && right.start <= left.end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_count_what_was_agreed_on() {
        let text = "a: 1\r\nb: täglich 😀 x\n";
        let at = text.find('x').unwrap();
        let place = |encoding| Lines::of(text, encoding).position(text, at);
        assert_eq!(place(Encoding::Utf8), Position::new(1, 17));
        assert_eq!(place(Encoding::Utf16), Position::new(1, 14));
        // Beyond the end of a line there is nothing, its end included.
        let lines = Lines::of(text, Encoding::Utf16);
        assert_eq!(lines.offset(text, Position::new(0, 99)), 4);
        assert_eq!(lines.offset(text, Position::new(99, 0)), text.len());
    }

    proptest! {
        #[test]
        fn a_place_leads_back_to_its_byte(text in "[a\u{e4}\u{1f600}\r\n :]{0,40}", part in 0.0..=1.0) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a part of a short text")]
            let mut at = (text.len() as f64 * part) as usize;
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            for encoding in [Encoding::Utf8, Encoding::Utf16] {
                let lines = Lines::of(&text, encoding);
                let back = lines.offset(&text, lines.position(&text, at));
                // Between the two letters of a line's end there is no place.
                prop_assert!(back == at || text[back..at].chars().all(|letter| letter == '\r'));
            }
        }
    }
}
