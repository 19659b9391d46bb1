//! What a terminal shows when it is drawn anew: no more than it has room for, so that nothing scrolls, and nothing of what
//! stood there before.

use terminal_size::terminal_size_of;
use unicode_width::UnicodeWidthChar as _;

/// Puts the cursor at the top of a terminal that shows nothing below. What has left the screen at its top before stays
/// where it can be scrolled to.
const CLEAR: &str = "\u{1b}[H\u{1b}[J";

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// How many characters fit in a row.
    pub(crate) columns: usize,
    /// How many rows there are.
    pub(crate) rows: usize,
}

/// The size of the terminal that standard output is, or `None` if it is none. It is asked anew each time, because a person may
/// change it.
pub(crate) fn size() -> Option<Size> {
    terminal_size_of(std::io::stdout()).map(|(width, height)| Size {
        columns: width.0.into(),
        rows: height.0.into(),
    })
}

/// What is drawn, from the top of the screen to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'f> {
    /// What has the room that is left.
    pub(crate) body: &'f str,
    /// What stands below it, the newest last, in at most half of the room that both have. May be empty.
    pub(crate) news: &'f str,
    /// What is always seen.
    pub(crate) foot: &'f str,
}

impl Frame<'_> {
    /// What draws it, with the cursor in a row of its own below. A line that is longer than a row stays one line, so that it
    /// can be copied, and takes as many rows as the terminal gives it.
    pub(crate) fn drawn(&self, size: Size) -> String {
        let room = size.rows.saturating_sub(1);
        let foot = newest(self.foot, room, size.columns);
        let room = room - rows_of(&foot, size.columns);
        let mut news = newest(self.news, room / 2, size.columns);
        if !news.is_empty() && rows_of(&news, size.columns) < room {
            news.insert(0, "\n");
        }
        let room = room - rows_of(&news, size.columns);
        let body: Vec<&str> = self.body.split_inclusive('\n').collect();
        let below = news.concat() + &foot.concat();
        if rows_of(&body, size.columns) <= room {
            return format!("{CLEAR}{}{below}", body.concat());
        }
        let shown = fitting(body.iter(), room.saturating_sub(1), size.columns);
        let more = match body.len() - shown {
            _ if room == 0 => String::new(),
            1 => "(1 more line)\n".to_owned(),
            left => format!("({left} more lines)\n"),
        };
        format!("{CLEAR}{}{more}{below}", body[..shown].concat())
    }
}

/// The last lines that fit.
fn newest(text: &str, room: usize, columns: usize) -> Vec<&str> {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let fitting = fitting(lines.iter().rev(), room, columns);
    lines.split_off(lines.len() - fitting)
}

/// How many of the lines fit, from the first on.
fn fitting<'l>(lines: impl Iterator<Item = &'l &'l str>, room: usize, columns: usize) -> usize {
    let mut taken = 0;
    lines
        .take_while(|line| {
            taken += rows(line, columns);
            taken <= room
        })
        .count()
}

fn rows_of(lines: &[&str], columns: usize) -> usize {
    lines.iter().map(|line| rows(line, columns)).sum()
}

/// How many rows a line takes. Of what steers the terminal only colors are in it, which take no room.
fn rows(line: &str, columns: usize) -> usize {
    let (mut rows, mut column) = (1, 0);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(|letter| *letter == 'm');
            continue;
        }
        let width = letter.width().unwrap_or(0);
        // A character of two columns does not stand in two rows.
        if column + width > columns {
            rows += 1;
            column = 0;
        }
        column += width;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Size = Size { columns: 20, rows: 6 };

    /// What is drawn below the sequence that clears.
    fn drawn(body: &str, news: &str, foot: &str) -> String {
        let drawn = Frame { body, news, foot }.drawn(SMALL);
        drawn.strip_prefix(CLEAR).unwrap().to_owned()
    }

    #[test]
    fn what_fits_is_shown_as_it_is() {
        assert_eq!(drawn("a\nb\n", "", "\nfoot\n"), "a\nb\n\nfoot\n");
        assert_eq!(drawn("a\n", "n\n", "\nfoot\n"), "a\n\nn\n\nfoot\n");
        assert_eq!(drawn("", "", ""), "");
    }

    #[test]
    fn the_foot_and_the_newest_stay_and_the_rest_is_counted() {
        assert_eq!(drawn("a\nb\nc\nd\n", "", "\nfoot\n"), "a\nb\n(2 more lines)\n\nfoot\n");
        assert_eq!(
            drawn("a\nb\n", "1\n2\n3\n", "\nfoot\n"),
            "(2 more lines)\n\n3\n\nfoot\n"
        );
        assert_eq!(drawn("a\n", "1\n", "1\n2\n3\n4\n5\n6\n"), "2\n3\n4\n5\n6\n");
    }

    #[test]
    fn long_lines_take_several_rows() {
        let long = format!("{}\n", "x".repeat(61));
        assert_eq!(drawn(&format!("{long}b\n"), "", "f\n"), "(2 more lines)\nf\n");
        assert_eq!(rows(&"x".repeat(20), 20), 1);
        assert_eq!(rows(&"x".repeat(21), 20), 2);
        assert_eq!(rows(&format!("x{}", "日".repeat(10)), 20), 2);
        assert_eq!(rows("\u{1b}[1;31m12345678901234567890\u{1b}[0m", 20), 1);
        assert_eq!(rows("e\u{301}", 1), 1);
    }
}
