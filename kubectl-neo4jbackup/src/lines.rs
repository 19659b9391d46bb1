//! Lines of a file as they can be shown.

use std::ops::Range;

use neo4jbackup_core::quoted::{begins_command, is_printable};

/// The text with its ends of lines and its tabs, and everything else escaped that cannot be seen.
pub(crate) fn lines_of(text: &str) -> String {
    lines_with(text, 0..0).0
}

/// The same, and where the bytes of `range` are in it.
pub(crate) fn lines_with(text: &str, range: Range<usize>) -> (String, Range<usize>) {
    let mut output = String::with_capacity(text.len());
    let (mut start, mut end) = (None, None);
    let mut before = None;
    for (position, letter) in text.char_indices() {
        if position >= range.start {
            start.get_or_insert(output.len());
        }
        if position >= range.end {
            end.get_or_insert(output.len());
        }
        let rest = &text[position + letter.len_utf8()..];
        let ends_line = letter == '\n' || (letter == '\r' && rest.starts_with('\n'));
        if ends_line || letter == '\t' {
            output.push(letter);
        } else if begins_command(before, letter, rest) {
            output.extend(letter.escape_unicode());
        } else if is_printable(letter) {
            output.push(letter);
        } else {
            output.extend(letter.escape_debug());
        }
        before = Some(letter);
    }
    let length = output.len();
    (output, start.unwrap_or(length)..end.unwrap_or(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_file_needs_for_its_lines_stays() {
        assert_eq!(
            lines_of("a:\r\n\tb\u{1b}\r::error::\n"),
            "a:\r\n\tb\\u{1b}\\r\\u{3a}:error::\n"
        );
        assert_eq!(
            lines_of("\t::error::x ##[debug]y"),
            "\t\\u{3a}:error::x #\\u{23}[debug]y"
        );
        assert_eq!(lines_of("\u{2028}"), "\\u{2028}");
    }

    #[test]
    fn a_place_stays_where_it_was() {
        assert_eq!(lines_with("\u{1b}ab", 1..2), ("\\u{1b}ab".to_owned(), 6..7));
        assert_eq!(lines_with("##[x]", 1..5), ("#\\u{23}[x]".to_owned(), 1..10));
        assert_eq!(lines_with("ab", 1..2), ("ab".to_owned(), 1..2));
        assert_eq!(lines_with("ab", 2..2), ("ab".to_owned(), 2..2));
    }
}
