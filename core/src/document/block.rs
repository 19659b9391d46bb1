//! The YAML that nearly every manifest is written in, read in one pass: mappings and lists of one line each, with values
//! that end on their line.
//!
//! The parser of YAML takes most of the time of a run, for what hardly any manifest has. What is read here gives the same
//! tree, places and problems as that parser does, which the tests compare; anything else is left to it, and so is
//! whatever might be a mistake: characters beyond ASCII, tabs, anchors, tags, brackets, escapes, values of several lines.

use std::borrow::Cow;

use super::builder::Builder;
use super::span::Style;
use super::yaml::value;

/// A longer key may be none for YAML.
const LONGEST_KEY: usize = 256;

/// The document is not of this kind, or breaks a bound; what has been built of it is of no use.
pub(super) struct Other;

/// Reads the document that `source` holds: the stretch of the file at `base`.
pub(super) fn read(builder: &mut Builder<'_, '_>, source: &str, base: usize) -> Result<(), Other> {
    if !source.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
        return Err(Other);
    }
    let before = base.checked_sub(1);
    let is_inside_line = before.is_some_and(|before| builder.places.text(before, base) != "\n");
    let mut reader = Reader {
        builder,
        frames: Vec::new(),
        has_begun: false,
    };
    let mut start = base;
    for line in source.split('\n') {
        let content = line.trim_start_matches(' ');
        let column = line.len() - content.len();
        if !content.is_empty() && !content.starts_with('#') {
            // What stands behind a `---` has a column that is not counted here.
            if start == base && is_inside_line {
                return Err(Other);
            }
            reader.line(content, column, start + column)?;
        }
        start += line.len() + 1;
    }
    reader.finish()
}

/// An open mapping or list.
struct Frame {
    /// The column of its keys or dashes.
    column: usize,
    is_list: bool,
    /// Where the value of the last key or dash would stand, while it has none.
    waits_at: Option<usize>,
}

struct Reader<'r, 'l, 'a> {
    builder: &'r mut Builder<'l, 'a>,
    frames: Vec<Frame>,
    /// Whether the outermost mapping or list has begun.
    has_begun: bool,
}

impl Reader<'_, '_, '_> {
    /// Reads what a line holds from its first character on, which stands in `column` and at `at`.
    fn line(&mut self, content: &str, column: usize, at: usize) -> Result<(), Other> {
        let is_item = dash(content).is_some();
        while let Some(frame) = self.frames.last() {
            // A list may stand in the column of the key whose value it is.
            let is_over = frame.column > column || frame.column == column && frame.is_list && !is_item;
            if !is_over {
                break;
            }
            self.close()?;
        }
        self.node(content, column, at)
    }

    /// Reads a key with its value or an item of a list, in the mapping or list that is open in its column or begins here.
    fn node(&mut self, content: &str, column: usize, at: usize) -> Result<(), Other> {
        if let Some(indentation) = dash(content) {
            self.enter(true, column, at)?;
            let inner = content.get(indentation..).unwrap_or_default();
            let (column, at) = (column + indentation, at + indentation);
            self.wait(at);
            if dash(inner).is_some() || key(inner).is_some() {
                self.node(inner, column, at)
            } else if inner.is_empty() || inner.starts_with('#') {
                // Rare, and the place of a value that is not there depends on what comes next.
                Err(Other)
            } else {
                self.value(inner, at)
            }
        } else {
            let length = key(content).ok_or(Other)?;
            self.enter(false, column, at)?;
            let name = Cow::Borrowed(self.builder.places.text(at, at + length));
            let node = value(self.builder, name, Style::Plain, None, at, at + length);
            self.builder.key(node, false, at, at + length, 0).map_err(|_| Other)?;
            self.wait(at + length + 1);
            let behind = content.get(length + 1..).unwrap_or_default();
            let inner = behind.trim_start_matches(' ');
            if inner.is_empty() || inner.starts_with('#') {
                return Ok(());
            }
            self.value(inner, at + length + 1 + behind.len() - inner.len())
        }
    }

    /// Makes the mapping or list of a column the innermost one.
    fn enter(&mut self, is_list: bool, column: usize, at: usize) -> Result<(), Other> {
        match self.frames.last() {
            // What is not indented and follows the whole document is a mistake.
            None if column > 0 || self.has_begun => return Err(Other),
            None => self.has_begun = true,
            Some(frame) if frame.column == column && frame.is_list == is_list => {
                return if is_list && frame.waits_at.is_some() {
                    Err(Other)
                } else {
                    self.absent()
                };
            }
            Some(frame) => {
                let is_at_key = frame.column == column && is_list && !frame.is_list;
                if frame.waits_at.is_none() || !(frame.column < column || is_at_key) {
                    return Err(Other);
                }
            }
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.waits_at = None;
        }
        self.frames.push(Frame {
            column,
            is_list,
            waits_at: None,
        });
        let style = if is_list { Style::BlockList } else { Style::BlockMap };
        self.builder.open(style, at, 0).map_err(|_| Other)
    }

    /// Notes that a key or a dash has come whose value comes next.
    fn wait(&mut self, at: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.waits_at = Some(at);
        }
    }

    /// Gives the last key no value when none has come.
    fn absent(&mut self) -> Result<(), Other> {
        let Some(at) = self.frames.last_mut().and_then(|frame| frame.waits_at.take()) else {
            return Ok(());
        };
        self.scalar("", Style::Absent, at, at)
    }

    fn close(&mut self) -> Result<(), Other> {
        self.absent()?;
        self.frames.pop();
        self.builder.close(None).map_err(|_| Other)
    }

    fn finish(mut self) -> Result<(), Other> {
        if self.frames.is_empty() {
            return Err(Other);
        }
        while !self.frames.is_empty() {
            self.close()?;
        }
        Ok(())
    }

    /// Reads a value that ends on its line.
    fn value(&mut self, content: &str, at: usize) -> Result<(), Other> {
        if let Some(frame) = self.frames.last_mut() {
            frame.waits_at = None;
        }
        match content.as_bytes() {
            [quote @ (b'"' | b'\''), rest @ ..] => {
                let length = rest.iter().position(|byte| byte == quote).ok_or(Other)?;
                let text = content.get(1..=length).ok_or(Other)?;
                if text.contains('\\') || !is_comment(content.get(length + 2..).ok_or(Other)?) {
                    return Err(Other);
                }
                let style = if *quote == b'"' {
                    Style::DoubleQuoted
                } else {
                    Style::SingleQuoted
                };
                self.scalar(text, style, at, at + length + 2)
            }
            [b'{', b'}', ..] | [b'[', b']', ..] => {
                if !is_comment(content.get(2..).ok_or(Other)?) {
                    return Err(Other);
                }
                let style = if content.starts_with('{') {
                    Style::FlowMap
                } else {
                    Style::FlowList
                };
                self.builder.open(style, at, 0).map_err(|_| Other)?;
                self.builder.close(Some(at + 2)).map_err(|_| Other)
            }
            [first, rest @ ..] => {
                let begins = first.is_ascii_alphanumeric()
                    || b"/._+$~(".contains(first)
                    || *first == b'-' && rest.first().is_some_and(|next| *next != b' ');
                let text = content.find(" #").map_or(content, |end| &content[..end]);
                let text = text.trim_end_matches(' ');
                if !begins || text.contains(": ") || text.ends_with(':') {
                    return Err(Other);
                }
                self.scalar(text, Style::Plain, at, at + text.len())
            }
            [] => Err(Other),
        }
    }

    fn scalar(&mut self, text: &str, style: Style, start: usize, end: usize) -> Result<(), Other> {
        let quote = usize::from(matches!(style, Style::SingleQuoted | Style::DoubleQuoted));
        let shown = self.builder.places.text(start + quote, end - quote);
        debug_assert_eq!(shown, text);
        let node = value(self.builder, Cow::Borrowed(shown), style, None, start, end);
        self.builder.scalar(node, style, start, end, 0).map_err(|_| Other)
    }
}

/// The length of the dash of an item and of the blanks behind it.
fn dash(content: &str) -> Option<usize> {
    let rest = content.strip_prefix('-')?;
    let inner = rest.trim_start_matches(' ');
    (rest.is_empty() || inner.len() < rest.len()).then_some(content.len() - inner.len())
}

/// The length of the key that `content` begins with; a colon and then a blank or the end of the line follow.
fn key(content: &str) -> Option<usize> {
    let bytes = content.as_bytes();
    let is_of_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./-".contains(byte);
    let length = bytes.iter().position(|byte| !is_of_key(byte))?;
    let begins = bytes.first().is_some_and(u8::is_ascii_alphanumeric);
    let ends = bytes.get(length) == Some(&b':') && bytes.get(length + 1).is_none_or(|byte| *byte == b' ');
    (begins && ends && length <= LONGEST_KEY).then_some(length)
}

/// Whether nothing but blanks and a comment stands behind a value.
fn is_comment(behind: &str) -> bool {
    let inner = behind.trim_start_matches(' ');
    inner.is_empty() || inner.starts_with('#') && inner.len() < behind.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Parsed;
    use super::super::limits::Limits;
    use super::super::parse::{outline, parse, read_by_block, read_by_parser};
    use super::super::place::Lines;

    /// Whether a text is read here; it then is what the parser makes of it.
    fn is_read(text: &str, limits: &Limits) -> bool {
        let lines = Lines::new(text, 0);
        let Some(own) = read_by_block(&lines, 0, text.len(), limits) else {
            return false;
        };
        let parsed = read_by_parser(&lines, 0, text.len(), limits);
        assert_eq!(Some(own), parsed, "of {text:?}");
        // What is read without places says the same.
        let roots =
            |parsed: Parsed<'_>| format!("{:?}", parsed.documents.iter().map(|it| &it.root).collect::<Vec<_>>());
        assert_eq!(roots(outline(text, limits)), roots(parse(text, limits)), "of {text:?}");
        true
    }

    fn reads(text: &str) -> bool {
        is_read(text, &Limits::default())
    }

    #[test]
    fn plain_manifests_are_read_here() {
        let text = "\n# A comment\napiVersion: v1 # here\nmetadata:\n  labels:\n    app.kubernetes.io/name: \"x # y\"\n  empty:\n\n  \
                    annotations: {}\nspec:\n  args:\n  - --verbose\n  # between\n  - 'b'\n  env:\n    - name: A\n      value: 010\n    \
                    - - nested\n      - more\n  no: yes\n  last:\n";
        assert!(reads(text));
        assert!(reads("a: 1"));
        assert!(reads("a: 1\na: 2\nb: .inf\n"));
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_parser() {
        for text in [
            "",
            "# a\n",
            "a",
            "- \n",
            "-\n  a: 1\n",
            " a: 1\n",
            "a: b\n c\n",
            "a: b: c\n",
            "a: |\n  b\n",
            "a: *b\n",
            "a: &b c\n",
            "a: [b]\n",
            "a: \"b\\n\"\n",
            "a: 'b''c'\n",
            "a: \"b\n  c\"\n",
            "a:\tb\n",
            "a: é\n",
            "\"a\": b\n",
            "? a\n",
            "a:b\n",
            "{a: b}\n",
            "a: !!str 1\n",
            "a: b\r\n",
            "--- a: b\n",
            "a:\n  b: 1\n c: 2\n",
            "- a\nb: c\n",
            "a: - b\n",
            "a: 'b' c\n",
            "a: 'b'#c\n",
        ] {
            assert!(!reads(text), "{text:?}");
        }
    }

    #[test]
    fn bounds_hold() {
        let limits = |depth, nodes| Limits {
            depth,
            nodes,
            ..Limits::default()
        };
        let text = "a:\n  b:\n    c: 1\n";
        assert!(is_read(text, &limits(3, 100)));
        assert!(!is_read(text, &limits(2, 100)));
        assert!(!is_read(text, &limits(3, 4)));
    }

    /// A line of a manifest, nearly always a good one.
    fn line() -> impl Strategy<Value = String> {
        let content = prop::sample::select(vec![
            "a: 1",
            "a: 1",
            "b:",
            "b:",
            "c: 'd # e'",
            "f: \"g\" # h",
            "- i",
            "- i",
            "- j: k",
            "- j:",
            "- l: m",
            "- - n",
            "# o",
            "",
            "p: {}",
            "q: [] # r",
            "-",
            "- # s",
            "no: yes",
            "010: 1e3",
            "t: u v  # w",
            "t: u# v",
            "x: ~",
            "x: .nan",
            "z",
            "a.b/c-d: --e",
            "k:  'v'  ",
            "- 'k': v",
            "- \"q\"",
            "- {}",
            "y: - a",
            "a: b:",
            "- a: b: c",
            "- a:b",
            "e: $(X)",
            "m: ${Y}/z",
            "n: null",
            "- ~",
            "- 12:30:45",
            "- a #b",
            "g: -1",
            "h: -",
            "w: +.inf",
            "u: a'b\"c",
            "v: 'a' b",
            "i: a, b ]",
            "- -1",
            "s: /x",
            "d: _",
            "_: 1",
            "l: 1_000 # m",
        ]);
        let indentation = prop::sample::select(vec![0_usize, 0, 0, 2, 2, 2, 4, 4, 6, 1, 3]);
        (indentation, content).prop_map(|(blanks, content)| format!("{}{content}\n", " ".repeat(blanks)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn what_is_read_is_what_the_parser_reads(lines in prop::collection::vec(line(), 1..9)) {
            reads(&lines.concat());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn any_characters_are_read_as_the_parser_reads_them(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "a", "b", ":", ": ", "-", "- ", "\n", "\n", "\n  ", " ", "#", " #", "'", "\"", "{}", "[]", "{", "]", ",", "|", ">", "&", "*", "!",
                "%", "@", "`", "?", "\\", "~", "1", ".", "$", "(", "=", "<", "/", "_", "+", "---", "...",
            ]), 1..20)
        ) {
            reads(&pieces.concat());
        }
    }
}
