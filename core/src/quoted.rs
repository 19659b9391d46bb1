//! How text that others wrote stands in ours.
//!
//! A value, a key or the name of a file may hold anything: a line feed that forges a line of our report, a sequence that
//! steers a terminal, a mark that turns the direction of writing, a command for the pipeline that prints us. Here it
//! becomes text that can only be read.
//!
//! ```text
//! Excerpt   a sentence in a sentence: as `Quoted`, and what is cut ends at a word
//! Quoted    a value in a sentence: in backticks, cut to what a person reads
//! Name      a path, an object, a field on its own: never cut, because it is used to find the thing
//! printable a finished text whose parts come from elsewhere: the net below the other two
//! ```
//!
//! The first two are unambiguous: a backslash is doubled, everything that cannot be seen is written as Rust writes it,
//! `\n` or `\u{202e}`, so that two values never look the same.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use unicode_width::UnicodeWidthChar as _;

/// The columns that a quoted value may take; the finding itself carries the whole value.
const WIDEST: usize = 80;

/// A value in a sentence: a code span of Markdown whose fence is longer than any run of backticks in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted<'t>(pub &'t str);

/// The value as it stands in a sentence.
pub fn quoted(value: &str) -> Quoted<'_> {
    Quoted(value)
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = cut(self.0, WIDEST);
        if shown.is_empty() {
            // Two backticks would be the fence of something else.
            return formatter.write_str("`\"\"`");
        }
        formatter.write_str(&code_span(&shown))
    }
}

/// A sentence that others wrote, in one of ours: as [`Quoted`], but what is cut ends at a word. The whole of it belongs into
/// the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excerpt<'t>(pub &'t str);

/// The beginning of the sentence as it stands in another one.
pub fn excerpt(sentence: &str) -> Excerpt<'_> {
    Excerpt(sentence)
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = cut(self.0, WIDEST);
        let whole = self.0.trim_end();
        let Some(begun) = shown.strip_suffix('…').filter(|begun| !is_whole(whole, begun)) else {
            return Quoted(whole).fmt(formatter);
        };
        // A word that is longer than all there is room for is cut all the same.
        let Some((words, _)) = begun.rsplit_once(' ') else {
            return Quoted(whole).fmt(formatter);
        };
        let words = words.trim_end_matches([' ', ',', ';', ':']);
        formatter.write_str(&code_span(&format!("{words} …")))
    }
}

/// Whether nothing was cut and the ellipsis is one of the text.
fn is_whole(text: &str, begun: &str) -> bool {
    text.strip_suffix('…') == Some(begun)
}

/// The name of a file, an object or a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<'t>(pub &'t str);

/// The name as it can be shown.
pub fn name(name: &str) -> Name<'_> {
    Name(name)
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Pieces::new(self.0, true).try_for_each(|piece| piece.fmt(formatter))
    }
}

/// The text on one line, with everything escaped that cannot be seen. Doing it twice changes nothing, so backslashes
/// stay as they are: for texts of which we do not know what was escaped already.
pub fn printable<'t>(text: impl Into<Cow<'t, str>>) -> Cow<'t, str> {
    let text = text.into();
    // Nearly every text, and for a look at each byte. Commands of pipelines begin with one of the two marks.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !text.contains("::") && !text.contains("##") {
        return text;
    }
    if Pieces::new(&text, false).all(|piece| matches!(piece, Piece::Plain(_))) {
        return text;
    }
    Pieces::new(&text, false)
        .map(|piece| piece.to_string())
        .collect::<String>()
        .into()
}

/// One character in a sentence, as Rust writes it.
pub fn character(letter: char) -> String {
    match letter {
        // A single one would be taken for the fence of a value that stands later in the sentence.
        '`' => code_span("`"),
        letter => format!("{letter:?}"),
    }
}

/// Whether a character is shown as it is; all others are escaped.
pub fn is_printable(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '\\') || letter.escape_debug().len() == 1
}

/// The beginning of a text that is printable already, at most so many characters, with no escape cut in two.
pub fn beginning(text: &str, characters: usize) -> &str {
    let (mut end, mut count) = (0, 0);
    while let Some(letter) = text[end..].chars().next() {
        let rest = &text[end..];
        let length = match letter {
            '\\' if rest.starts_with("\\u{") => rest.find('}').map_or(rest.len(), |place| place + 1),
            '\\' => rest.chars().take(2).map(char::len_utf8).sum(),
            _ => letter.len_utf8(),
        };
        count += rest[..length].chars().count();
        if count > characters {
            break;
        }
        end += length;
    }
    &text[..end]
}

/// Text between backticks that end where the text ends, whatever is in it.
pub fn code_span(text: &str) -> String {
    let longest = text
        .split(|letter| letter != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // CommonMark takes a blank away on both sides where both have one.
    let padding = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{padding}{text}{padding}{fence}")
}

/// The beginning of the text, escaped, in at most so many columns; an escape is never cut in two.
fn cut(text: &str, widest: usize) -> String {
    let mut shown = String::new();
    // Where the text is cut if it turns out to be too wide: an ellipsis needs a column.
    let mut fitting = 0;
    let mut width = 0;
    for piece in Pieces::new(text, true) {
        let _ = write!(shown, "{piece}");
        width += piece.width();
        if width > widest {
            shown.truncate(fitting);
            shown.push('…');
            return shown;
        }
        if width < widest {
            fitting = shown.len();
        }
    }
    shown
}

/// What one character becomes.
#[derive(Debug, Clone, Copy)]
enum Piece {
    Plain(char),
    Escaped(char),
    /// As a number, although it could be seen.
    Numbered(char),
}

impl Piece {
    fn width(self) -> usize {
        match self {
            Self::Plain(letter) => letter.width().unwrap_or_default(),
            Self::Escaped(letter) => letter.escape_debug().len(),
            Self::Numbered(letter) => letter.escape_unicode().len(),
        }
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(letter) => formatter.write_char(*letter),
            Self::Escaped(letter) => letter.escape_debug().fmt(formatter),
            Self::Numbered(letter) => letter.escape_unicode().fmt(formatter),
        }
    }
}

/// The characters of a text, each as it is to be shown.
struct Pieces<'t> {
    rest: std::str::Chars<'t>,
    before: Option<char>,
    doubles_backslashes: bool,
}

impl<'t> Pieces<'t> {
    fn new(text: &'t str, doubles_backslashes: bool) -> Self {
        Self {
            rest: text.chars(),
            before: None,
            doubles_backslashes,
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let letter = self.rest.next()?;
        let before = self.before.replace(letter);
        let rest = self.rest.as_str();
        Some(match letter {
            '\\' if self.doubles_backslashes => Piece::Escaped(letter),
            letter if begins_command(before, letter, rest) => Piece::Numbered(letter),
            letter if is_printable(letter) => Piece::Plain(letter),
            letter => Piece::Escaped(letter),
        })
    }
}

/// Whether the text is one to a pipeline that looks for commands in what a step prints: GitHub takes `##[error]` and Azure
/// `##vso[…]` anywhere in a line, GitHub `::error::` where a line begins, which is where a word may end up that is
/// wrapped. `letter` stands between `before` and `rest`, and is the one to be escaped.
pub fn begins_command(before: Option<char>, letter: char, rest: &str) -> bool {
    match letter {
        '#' => {
            before == Some('#')
                && rest
                    .trim_start_matches(|letter: char| letter.is_ascii_alphabetic())
                    .starts_with('[')
        }
        ':' => before.is_none_or(char::is_whitespace) && rest.starts_with(':'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_ends_at_a_word() {
        let said = "0/5 nodes are available: 2 Insufficient memory, 3 node(s) had untolerated taint {gpu: true}. preemption: none";
        assert_eq!(
            excerpt(said).to_string(),
            "`0/5 nodes are available: 2 Insufficient memory, 3 node(s) had untolerated …`"
        );
        assert_eq!(excerpt("all of it").to_string(), "`all of it`");
        assert_eq!(excerpt("and so on…").to_string(), "`and so on…`");
        assert_eq!(excerpt("").to_string(), "`\"\"`");
        let word = "x".repeat(200);
        assert_eq!(excerpt(&word).to_string(), format!("`{}…`", "x".repeat(79)));
        assert_eq!(excerpt("a\nb").to_string(), "`a\\nb`");
    }

    #[test]
    fn what_can_be_seen_stays_as_it_is() {
        for text in [
            "0 2 * * *",
            "arn:aws:iam::123456789012:role/x",
            "täglich",
            "日本",
            "'a' \"b\"",
            "# x ## y",
        ] {
            assert_eq!(quoted(text).to_string(), format!("`{text}`"));
            assert_eq!(name(text).to_string(), text);
            assert!(matches!(printable(text), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn what_cannot_be_seen_is_escaped_in_every_plane() {
        let invisible = [
            '\u{0}'..='\u{1f}',
            '\u{7f}'..='\u{a0}',
            '\u{ad}'..='\u{ad}',
            '\u{61c}'..='\u{61c}',
            '\u{180e}'..='\u{180e}',
            '\u{200b}'..='\u{200f}',
            '\u{2028}'..='\u{202f}',
            '\u{2060}'..='\u{206f}',
            '\u{fe00}'..='\u{fe0f}',
            '\u{feff}'..='\u{feff}',
            '\u{fff9}'..='\u{fffb}',
            '\u{1bca0}'..='\u{1bca3}',
            '\u{1d173}'..='\u{1d17a}',
            '\u{e0000}'..='\u{e01ef}',
            '\u{f0000}'..='\u{f0001}',
        ];
        for letter in invisible.into_iter().flatten() {
            let text = format!("a{letter}b");
            for shown in [
                quoted(&text).to_string(),
                name(&text).to_string(),
                printable(&text).into_owned(),
            ] {
                assert!(
                    shown.contains(&format!("a{}b", letter.escape_debug())),
                    "{letter:?}: {shown}"
                );
                assert!(!shown.contains(letter), "{letter:?}");
            }
        }
    }

    #[test]
    fn two_values_never_look_the_same() {
        assert_eq!(quoted("a\nb").to_string(), "`a\\nb`");
        assert_eq!(quoted("a\\nb").to_string(), "`a\\\\nb`");
        assert_eq!(quoted("").to_string(), "`\"\"`");
    }

    #[test]
    fn doing_it_twice_changes_nothing() {
        for text in ["a\u{202e}\n\\b", "##[error]", "::error::x", "##vso[task.complete]"] {
            let once = printable(text).into_owned();
            assert_eq!(printable(once.as_str()), once);
            assert_eq!(printable(quoted(text).to_string()), quoted(text).to_string());
        }
    }

    #[test]
    fn no_value_ends_the_code_span_that_it_stands_in() {
        assert_eq!(quoted("a`b").to_string(), "``a`b``");
        assert_eq!(quoted("``a").to_string(), "``` ``a ```");
        assert_eq!(quoted("`").to_string(), "`` ` ``");
    }

    #[test]
    fn a_long_value_is_cut_by_its_width_and_never_within_an_escape() {
        let of_width = |unit: &str, count: usize| quoted(&unit.repeat(count)).to_string();
        assert_eq!(of_width("x", 80), format!("`{}`", "x".repeat(80)));
        assert_eq!(of_width("x", 81), format!("`{}…`", "x".repeat(79)));
        assert_eq!(of_width("日", 41), format!("`{}…`", "日".repeat(39)));
        assert_eq!(of_width("\u{202e}", 11), format!("`{}…`", "\\u{202e}".repeat(9)));
        let long = format!("{}\u{1b}\u{1b}", "x".repeat(76));
        assert_eq!(quoted(&long).to_string(), format!("`{}…`", "x".repeat(76)));
    }

    #[test]
    fn a_message_is_cut_between_escapes() {
        assert_eq!(beginning("ab\\u{202e}c", 2), "ab");
        assert_eq!(beginning("ab\\u{202e}c", 9), "ab");
        assert_eq!(beginning("ab\\u{202e}c", 10), "ab\\u{202e}");
        assert_eq!(beginning("a\\nb", 2), "a");
        assert_eq!(beginning("täg\\", 9), "täg\\");
    }

    #[test]
    fn commands_for_pipelines_are_text() {
        assert_eq!(name("::error::x").to_string(), "\\u{3a}:error::x");
        assert_eq!(printable("x ::add-mask::y"), "x \\u{3a}:add-mask::y");
        assert_eq!(printable("###[error]x"), "##\\u{23}[error]x");
        assert_eq!(printable("##vso[task.complete]"), "#\\u{23}vso[task.complete]");
    }
}
