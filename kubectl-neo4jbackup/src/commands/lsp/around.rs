//! Whether a place stands in lines of block style or within brackets, which begin in one of those lines.

use std::ops::Range;

use neo4jbackup_core::document::Segment;

use super::block::{Line, parents};
use super::flow::{self, Bracket, Place};

/// More brackets that are not closed are not gone through.
const MOST_BROKEN: usize = 50;

/// What stands around a cursor.
pub(super) enum Around<'t> {
    /// Lines of block style, and no bracket.
    Lines,
    /// A bracket.
    Bracket {
        /// What it is the value of.
        base: Vec<Segment>,
        start: usize,
        within: flow::Within<'t>,
    },
    Nowhere,
}

/// Looks for the bracket that is open at a byte.
pub(super) fn around<'t>(text: &'t str, document: &Range<usize>, offset: usize) -> Around<'t> {
    let whole = text.get(..document.end).unwrap_or_default();
    let line_end = |from: usize| {
        whole
            .get(from..)
            .and_then(|rest| rest.find('\n'))
            .map_or(whole.len(), |end| from + end)
    };
    let mut above: Vec<&str> = Vec::new();
    // The column right of which all belongs to a block of text.
    let mut block: Option<usize> = None;
    let mut broken = 0;
    let mut start = document.start;
    while start < offset {
        let mut end = line_end(start);
        let line_text = whole.get(start..end).unwrap_or_default().trim_end_matches('\r');
        let indent = line_text.len() - line_text.trim_start_matches(' ').len();
        let line = Line::of(line_text).filter(|_| block.is_none_or(|column| indent <= column));
        if let Some(line) = line {
            let Begun { key, at, limit } = value_of(line);
            let value = line.rest.get(at..).unwrap_or_default();
            let at = start + line.column + at;
            block = limit.filter(|_| value.starts_with(['|', '>']));
            if value.starts_with(['{', '[']) && at < offset {
                let bracket = Bracket {
                    start: at,
                    end: whole.len(),
                    limit,
                };
                let (place, is_sound) = flow::place(whole, bracket, offset);
                broken += usize::from(!is_sound);
                match place {
                    Place::Behind(_) if broken > MOST_BROKEN => return Around::Nowhere,
                    // All of the line with the last bracket belongs to it, or else nothing.
                    Place::Behind(behind) if whole.get(..behind).is_some_and(|before| before.ends_with('\n')) => {
                        end = behind - 1;
                    }
                    Place::Behind(behind) => end = line_end(behind),
                    Place::Nowhere => return Around::Nowhere,
                    Place::Within(within) => {
                        let Some(mut base) = parents(&above, line) else {
                            return Around::Nowhere;
                        };
                        base.extend(key.map(|key| Segment::Key(key.to_owned())));
                        return Around::Bracket {
                            base,
                            start: at,
                            within,
                        };
                    }
                }
            }
        }
        above.extend(whole.get(start..end).unwrap_or_default().lines());
        start = end + 1;
    }
    Around::Lines
}

/// The value that begins in a line.
struct Begun<'t> {
    key: Option<&'t str>,
    /// Where it begins, in the rest of the line.
    at: usize,
    /// The column that all lines of it are right of.
    limit: Option<usize>,
}

fn value_of(line: Line<'_>) -> Begun<'_> {
    let key = line.key().filter(|_| !line.rest.starts_with(['{', '[']));
    let (mut at, limit) = match key {
        Some((_, value)) => (value, Some(line.column)),
        None => (0, line.dash.or(line.column.checked_sub(1))),
    };
    // Names for it and its type come before it.
    while let Some(value) = line.rest.get(at..).filter(|value| value.starts_with(['&', '!'])) {
        let name = value.find(' ').unwrap_or(value.len());
        let blank = value.get(name..).unwrap_or_default();
        at += name + blank.len() - blank.trim_start().len();
    }
    Begun {
        key: key.map(|(key, _)| key),
        at,
        limit,
    }
}
