//! Lines no wider than a terminal.

use unicode_width::UnicodeWidthStr as _;

/// Breaks `text` at blanks; each line but the first begins with `indent`. Words longer than a line stay whole, and so do
/// code spans that fit on a line: a command is there to be copied.
pub(crate) fn wrap(text: &str, width: usize, indent: &str) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for piece in pieces(text, width.saturating_sub(indent.width())) {
        let piece_width = piece.width();
        if column > 0 && column + 1 + piece_width > width {
            lines.push('\n');
            lines.push_str(indent);
            column = indent.width();
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(&piece);
        column += piece_width;
    }
    lines
}

/// The words of a text, those of a code span that fits into `room` together.
fn pieces(text: &str, room: usize) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    // At such a word a code span begins or ends.
    let turns = |word: &str| word.matches('`').count() % 2 == 1;
    let mut pieces = Vec::new();
    let mut rest = words.as_slice();
    while let [first, behind @ ..] = rest {
        let end = behind
            .iter()
            .position(|word| turns(word))
            .filter(|_| turns(first))
            .map(|end| end + 2);
        let span = end.map(|end| (rest[..end].join(" "), &rest[end..]));
        let (piece, left) = span
            .filter(|(span, _)| span.width() <= room)
            .unwrap_or_else(|| ((*first).to_owned(), behind));
        pieces.push(piece);
        rest = left;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_before_the_word_that_does_not_fit() {
        assert_eq!(wrap("one two three", 7, "  "), "one two\n  three");
        assert_eq!(wrap("unbreakable word", 4, ""), "unbreakable\nword");
        assert_eq!(wrap("", 10, ""), "");
    }

    #[test]
    fn a_command_stays_whole_where_it_fits() {
        assert_eq!(wrap("run `a b c` now", 9, ""), "run\n`a b c`\nnow");
        assert_eq!(wrap("run `a b c` now", 5, ""), "run\n`a b\nc`\nnow");
        assert_eq!(wrap("an ` alone", 6, ""), "an `\nalone");
    }
}
