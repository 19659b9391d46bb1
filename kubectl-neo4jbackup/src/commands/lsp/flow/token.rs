//! What stands within brackets, bit by bit. Whatever is typed, there is a next bit: nothing is an error.

use super::super::typed::marks;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Open {
        is_map: bool,
    },
    Close {
        is_map: bool,
    },
    Comma,
    /// What stands behind a key.
    Colon {
        /// Whether a value may follow at once.
        is_behind_quotes: bool,
    },
    /// A key or a value, without its quotation marks.
    Text {
        text: &'t str,
        /// Whether more of it could be typed.
        is_open: bool,
    },
    /// Another line, with the column and the first letter of what stands in it. The column of a blank one is only that of
    /// a cursor.
    Line {
        column: Option<usize>,
        first: Option<char>,
    },
}

/// Goes through a stretch of a text.
pub(super) struct Tokens<'t> {
    text: &'t str,
    /// Where the last bit begins and ends.
    pub(super) start: usize,
    pub(super) at: usize,
    end: usize,
    is_behind_quotes: bool,
    /// Whether the stretch ends within a comment.
    pub(super) ends_in_comment: bool,
}

impl<'t> Tokens<'t> {
    pub(super) fn of(text: &'t str, start: usize, end: usize) -> Self {
        Self {
            text,
            start,
            at: start,
            end,
            is_behind_quotes: text.get(..start).is_some_and(|before| before.ends_with(['"', '\''])),
            ends_in_comment: false,
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn token(&self, first: char, rest: &'t str) -> (Token<'t>, usize) {
        let is_map = matches!(first, '{' | '}');
        let token = match first {
            '\n' => Self::line(rest),
            '{' | '[' => Token::Open { is_map },
            '}' | ']' => Token::Close { is_map },
            ',' => Token::Comma,
            ':' if self.is_behind_quotes || ends_key(rest) => Token::Colon {
                is_behind_quotes: self.is_behind_quotes,
            },
            '"' | '\'' => return quoted(rest, first),
            _ => return plain(rest),
        };
        (token, 1)
    }

    fn line(rest: &str) -> Token<'t> {
        let rest = rest.get(1..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let said = line.trim_start_matches([' ', '\t']);
        let column = line.len() - said.len();
        let first = said.chars().next().filter(|first| !matches!(first, '\r' | '#'));
        let is_last = line.len() == rest.len();
        Token::Line {
            column: (first.is_some() || is_last).then_some(column),
            first,
        }
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            let rest = self.rest();
            let first = rest.chars().next()?;
            match first {
                ' ' | '\t' | '\r' => self.at += 1,
                '#' if self
                    .text
                    .get(..self.at)
                    .is_none_or(|before| before.is_empty() || before.ends_with(BLANK)) =>
                {
                    self.at += rest.find('\n').unwrap_or(rest.len());
                    self.ends_in_comment = self.at == self.end;
                }
                _ => {
                    self.start = self.at;
                    let (token, length) = self.token(first, rest);
                    self.at += length;
                    let is_text_in_quotes = matches!(token, Token::Text { .. }) && matches!(first, '"' | '\'');
                    self.is_behind_quotes = is_text_in_quotes || matches!(token, Token::Close { .. });
                    return Some(token);
                }
            }
        }
    }
}

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
const BRACKETS_AND_COMMA: [char; 5] = ['{', '}', '[', ']', ','];

/// Whether a text begins with a colon that ends a key.
fn ends_key(text: &str) -> bool {
    let behind = text.strip_prefix(':');
    behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(BLANK) || rest.starts_with(BRACKETS_AND_COMMA))
}

/// A text in quotation marks, which ends with its line at the latest: somebody may only have begun it.
fn quoted(rest: &str, mark: char) -> (Token<'_>, usize) {
    let line = rest.lines().next().unwrap_or_default();
    let inner = line.get(1..).unwrap_or_default();
    let (text, length, is_open) = match marks(inner, mark).next() {
        Some(close) => (inner.get(..close).unwrap_or_default(), close + 2, false),
        None => (inner, line.len(), true),
    };
    (Token::Text { text, is_open }, length)
}

/// A text without: up to what can be none of it. One in quotation marks is the next, whose comma is missing.
fn plain(rest: &str) -> (Token<'_>, usize) {
    let ends = |(at, letter): &(usize, char)| {
        let here = rest.get(*at..).unwrap_or_default();
        let is_behind_blank = || rest.get(..*at).is_some_and(|before| before.ends_with([' ', '\t']));
        match letter {
            '\n' => true,
            '#' | '"' | '\'' => is_behind_blank(),
            other => BRACKETS_AND_COMMA.contains(other) || ends_key(here),
        }
    };
    let end = rest.char_indices().skip(1).find(ends).map_or(rest.len(), |(at, _)| at);
    let text = rest.get(..end).unwrap_or_default().trim_end();
    (Token::Text { text, is_open: true }, text.len().max(1))
}
