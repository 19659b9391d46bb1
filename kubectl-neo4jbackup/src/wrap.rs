//! Lines no wider than a terminal.

use unicode_width::UnicodeWidthStr as _;

/// Breaks `text` at blanks; each line but the first begins with `indent`. Words longer than a line stay whole.
pub(crate) fn wrap(text: &str, width: usize, indent: &str) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let word_width = word.width();
        if column > 0 && column + 1 + word_width > width {
            lines.push('\n');
            lines.push_str(indent);
            column = indent.width();
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += word_width;
    }
    lines
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
}
