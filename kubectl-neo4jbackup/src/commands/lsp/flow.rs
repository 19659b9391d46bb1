//! What is within brackets, `{…}` and `[…]` of YAML or a whole JSON text, around the place where somebody types.
//!
//! Half-typed text closes neither its quotation marks nor its brackets. Where the brackets do not match, the indentation of
//! the lines says what was meant.

mod frame;
mod token;

use neo4jbackup_core::document::Segment;

use self::frame::Frame;
use self::token::{Token, Tokens};
use super::typed::Typed;

/// A bracket that nothing but lines of block style stands around.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bracket {
    /// Its byte.
    pub(super) start: usize,
    /// Where its document ends.
    pub(super) end: usize,
    /// A line that begins in this column or left of it is not within it, unless it begins with the bracket that closes.
    pub(super) limit: Option<usize>,
}

/// Where a cursor is, as far as a bracket goes.
#[derive(Debug)]
pub(super) enum Place<'t> {
    /// Behind all that the bracket holds, which ends at this byte.
    Behind(usize),
    /// Where nothing can be typed: in a comment, or behind a value that is complete.
    Nowhere,
    Within(Within<'t>),
}

/// Where within brackets a cursor is.
#[derive(Debug)]
pub(super) struct Within<'t> {
    /// What it stands in, or what it is the value of, from the bracket on.
    pub(super) path: Vec<Segment>,
    pub(super) typed: Typed,
    /// The keys beside a key; `None` for a value, and for an item of a list.
    pub(super) beside: Option<Vec<&'t str>>,
    pub(super) head: Head<'t>,
}

/// What an object says of itself, and what its metadata do where the bracket is theirs.
const HEAD: [&[&str]; 4] = [&["apiVersion"], &["kind"], &["metadata", "namespace"], &["namespace"]];
/// The values at the paths of [`HEAD`].
pub(super) type Head<'t> = [Option<&'t str>; HEAD.len()];

/// More brackets around a place are not gone through.
const DEEPEST: usize = 100;

/// Says where in a bracket a byte of a text is, which must stand behind it, and whether all that it holds is closed.
pub(super) fn place(text: &str, bracket: Bracket, cursor: usize) -> (Place<'_>, bool) {
    let read = |repairs| Reading::new(text, bracket, repairs).place(bracket, cursor);
    match read(false) {
        sound @ (_, true) => sound,
        (_, false) => (read(true).0, false),
    }
}

/// The namespace in metadata that stand in a bracket.
pub(super) fn namespace(text: &str, bracket: Bracket) -> Option<&str> {
    let mut reading = Reading::new(text, bracket, true);
    reading.read(bracket.start, bracket.end);
    let [.., namespace] = reading.head;
    namespace
}

/// Why reading ended.
enum Stop {
    /// All of the stretch has been read, which ends in a comment or not.
    Read { in_comment: bool },
    /// The first bracket was closed, or left, before this byte.
    Over(usize),
}

struct Reading<'t> {
    text: &'t str,
    limit: Option<usize>,
    /// Whether indentation says what was meant.
    repairs: bool,
    /// Whether every bracket was closed by one of its kind.
    matches: bool,
    frames: Vec<Frame<'t>>,
    /// The column of the line, and whether nothing of it was read yet.
    line: usize,
    is_begin: bool,
    /// What came last, with its place.
    last: Option<(usize, usize, Token<'t>)>,
    /// The bracket with the cursor, and its keys when it has been closed.
    watched: Option<usize>,
    beside: Vec<&'t str>,
    head: Head<'t>,
}

impl<'t> Reading<'t> {
    fn new(text: &'t str, bracket: Bracket, repairs: bool) -> Self {
        let before = text.get(..bracket.start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            text,
            limit: bracket.limit,
            repairs,
            matches: true,
            frames: Vec::new(),
            line: line.len() - line.trim_start_matches([' ', '\t']).len(),
            is_begin: false,
            last: None,
            watched: None,
            beside: Vec::new(),
            head: [None; HEAD.len()],
        }
    }

    /// Where the cursor is, and whether the brackets match.
    fn place(mut self, bracket: Bracket, cursor: usize) -> (Place<'t>, bool) {
        let here = match self.read(bracket.start, cursor) {
            Stop::Over(end) => return (Place::Behind(end), self.matches),
            Stop::Read { in_comment: true } => None,
            Stop::Read { in_comment: false } => self.here(cursor),
        };
        let behind = here.as_ref().map_or(cursor, |(_, typed, _)| typed.behind);
        self.watched = self.frames.len().checked_sub(1);
        let is_closed = matches!(self.read(behind, bracket.end), Stop::Over(_));
        let is_sound = is_closed && self.matches;
        if let Some(open) = self.watched.and_then(|watched| self.frames.get(watched)) {
            self.beside.clone_from(&open.keys);
        }
        let place = here.map_or(Place::Nowhere, |(path, typed, is_key)| {
            Place::Within(Within {
                path,
                typed,
                beside: is_key.then_some(self.beside),
                head: self.head,
            })
        });
        (place, is_sound)
    }

    /// What is typed at the end of what has been read: where, how much of it, and whether it is a key.
    fn here(&mut self, cursor: usize) -> Option<(Vec<Segment>, Typed, bool)> {
        let (start, end, token) = self.last?;
        let (frame, above) = self.frames.split_last_mut()?;
        let (start, is_value) = match token {
            Token::Text { is_open, .. } => (is_open && end == cursor).then_some((start, frame.text.is_none()))?,
            Token::Colon { is_behind_quotes } => (is_behind_quotes || end < cursor).then_some((cursor, true))?,
            Token::Close { .. } => return None,
            Token::Comma | Token::Open { .. } | Token::Line { .. } => (cursor, !frame.is_map),
        };
        let mut path: Vec<Segment> = above.iter().map(Frame::segment).collect::<Option<_>>()?;
        if is_value {
            path.push(frame.segment()?);
        } else {
            frame.text = None;
        }
        Some((path, Typed::of(self.text, start, cursor)?, !is_value))
    }

    fn read(&mut self, from: usize, to: usize) -> Stop {
        let mut tokens = Tokens::of(self.text, from, to);
        while let Some(token) = tokens.next() {
            if let Token::Line { column, first } = token {
                let closes = matches!(first, Some('}' | ']'));
                if column.is_some_and(|column| self.limit.is_some_and(|limit| column <= limit)) && !closes {
                    self.matches = false;
                    return Stop::Over(tokens.at);
                }
                self.begin_line(column, closes);
            } else {
                self.take(token);
                self.is_begin = false;
                if self.frames.is_empty() {
                    return Stop::Over(tokens.at);
                }
                if self.frames.len() > DEEPEST {
                    self.matches = false;
                    return Stop::Over(to);
                }
            }
            self.last = Some((tokens.start, tokens.at, token));
        }
        Stop::Read {
            in_comment: tokens.ends_in_comment,
        }
    }

    fn begin_line(&mut self, column: Option<usize>, closes: bool) {
        if let Some(column) = column {
            (self.line, self.is_begin) = (column, true);
            if self.repairs && !closes {
                self.leave_for(column);
            }
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.end_line();
            if !closes {
                frame.content = frame.content.or(column);
            }
        }
    }

    /// Leaves the brackets in which a line that begins in this column does not stand.
    fn leave_for(&mut self, column: usize) {
        let is_entry = |frame: &Frame<'_>| frame.content == Some(column) && column > frame.line;
        let innermost = self.frames.iter().rposition(is_entry);
        // Nothing stands left of the line of its bracket.
        let innermost = innermost.or_else(|| self.frames.iter().rposition(|frame| frame.line <= column));
        self.close_down_to(innermost.unwrap_or(0) + 1);
    }

    fn close_down_to(&mut self, length: usize) {
        while self.frames.len() > length {
            let closed = self.frames.pop();
            if self.watched == Some(self.frames.len()) {
                self.watched = None;
                self.beside = closed.map(|frame| frame.keys).unwrap_or_default();
            }
            if let Some(frame) = self.frames.last_mut() {
                frame.has_value = true;
            }
        }
    }

    fn take(&mut self, token: Token<'t>) {
        match token {
            Token::Open { is_map } => {
                if let Some(frame) = self.frames.last_mut() {
                    (frame.has_value, frame.is_late) = (true, false);
                }
                self.frames.push(Frame {
                    is_map,
                    line: self.line,
                    ..Frame::default()
                });
            }
            Token::Close { is_map } => self.close(is_map),
            Token::Text { text, .. } => {
                if self.frames.last_mut().is_some_and(|frame| frame.take(text)) {
                    self.note(text);
                }
            }
            Token::Comma => self.frames.last_mut().into_iter().for_each(Frame::end_entry),
            Token::Colon { .. } => self.frames.last_mut().into_iter().for_each(Frame::take_colon),
            Token::Line { .. } => {}
        }
    }

    fn close(&mut self, is_map: bool) {
        let is_last = self.frames.last().is_some_and(|frame| frame.is_map == is_map);
        self.matches &= is_last;
        if is_last && !self.repairs {
            return self.close_down_to(self.frames.len() - 1);
        }
        let is_it = |frame: &Frame<'_>| frame.is_map == is_map;
        // A bracket at the begin of a line closes the one whose line begins in the same column.
        let in_column = |frame: &Frame<'_>| self.is_begin && frame.line == self.line && is_it(frame);
        let closed = self.frames.iter().rposition(in_column);
        if let Some(closed) = closed.or_else(|| self.frames.iter().rposition(is_it)) {
            self.close_down_to(closed);
        }
    }

    /// Takes note of a value that says what the object is.
    fn note(&mut self, text: &'t str) {
        let is_at = |path: &[&str]| {
            let keys = self.frames.iter().map(|frame| frame.key.filter(|_| frame.is_map));
            keys.eq(path.iter().map(|key| Some(*key)))
        };
        let found = HEAD.iter().position(|path| is_at(path));
        if let Some(value) = found.and_then(|found| self.head.get_mut(found)) {
            value.get_or_insert(text);
        }
    }
}
