//! Lines of block style, in which the indentation says what stands in what.

use neo4jbackup_core::document::Segment;

/// One line that says something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'t> {
    /// Where the last dash of a list item stands: all before it are dashes as well.
    pub(super) dash: Option<usize>,
    /// How many dashes there are.
    pub(super) dashes: usize,
    /// Where the rest begins.
    pub(super) column: usize,
    pub(super) rest: &'t str,
}

impl<'t> Line<'t> {
    /// Returns `None` for a line that is blank or a comment.
    pub(super) fn of(line: &'t str) -> Option<Self> {
        let mut rest = line.trim_start_matches(' ');
        let mut found = Self {
            dash: None,
            dashes: 0,
            column: line.len() - rest.len(),
            rest,
        };
        while let Some(item) = rest
            .strip_prefix("- ")
            .or_else(|| rest.strip_prefix('-').filter(|item| item.is_empty()))
        {
            found.dash = Some(line.len() - rest.len());
            found.dashes += 1;
            rest = item.trim_start_matches(' ');
            found.column = line.len() - rest.len();
        }
        found.rest = rest.trim_end();
        (found.dash.is_some() || !(found.rest.is_empty() || found.rest.starts_with('#'))).then_some(found)
    }

    /// The key of the line, and where its value begins.
    pub(super) fn key(&self) -> Option<(&'t str, usize)> {
        key(self.rest)
    }
}

/// The key that a text begins with, and where its value begins.
fn key(text: &str) -> Option<(&str, usize)> {
    let first = text.chars().next()?;
    let (key, end) = if matches!(first, '"' | '\'') {
        let end = text.get(1..)?.find(first)? + 1;
        (text.get(1..end)?, end + 1)
    } else {
        let ends = text.match_indices(':').map(|(at, _)| at);
        let mut ends = ends.filter(|at| text[at + 1..].is_empty() || text[at + 1..].starts_with([' ', '\t']));
        let end = ends.next()?;
        (text.get(..end)?.trim_end(), end)
    };
    let behind = text.get(end..)?.trim_start();
    let value = behind.strip_prefix(':')?;
    Some((key, text.len() - value.trim_start().len()))
}

/// What a line at a cursor stands in: `None` when that is a block of text.
pub(super) fn parents(above: &[&str], line: Line<'_>) -> Option<Vec<Segment>> {
    let mut path = Vec::new();
    // What is looked for is left of this column; a list may begin in the column of its key.
    let mut column = line.column;
    let mut is_item = false;
    let item = |line: Line<'_>, path: &mut Vec<Segment>| {
        path.extend(std::iter::repeat_n(Segment::Index(0), line.dashes));
        line.dash.map(|last| last.saturating_sub(2 * (line.dashes - 1)))
    };
    if let Some(first) = item(line, &mut path) {
        (column, is_item) = (first, true);
    }
    for line in above.iter().rev().filter_map(|line| Line::of(line)) {
        if column == 0 && !is_item {
            break;
        }
        // The line of another item of the list that has been left.
        if is_item && line.dash.is_some_and(|dash| dash >= column) {
            continue;
        }
        let is_parent = line.column < column || (is_item && line.column == column && line.dash.is_none());
        let first_of_item = !is_item && line.column == column && line.dash.is_some();
        if is_parent {
            let (key, value) = line.key()?;
            if line.rest[value..].starts_with(['|', '>', '{', '[']) {
                return None;
            }
            path.push(Segment::Key(key.to_owned()));
            (column, is_item) = (line.column, false);
        } else if !first_of_item {
            continue;
        }
        if let Some(first) = item(line, &mut path) {
            (column, is_item) = (first, true);
        }
    }
    path.reverse();
    Some(path)
}

/// The keys in the same object, above and below.
pub(super) fn beside<'t>(above: &[&'t str], below: impl Iterator<Item = &'t str>, at: Line<'_>) -> Vec<&'t str> {
    let mut keys = Vec::new();
    let key_of = |line: &Line<'t>| line.key().map(|(key, _)| key);
    if at.dash.is_none() {
        for line in above.iter().rev().filter_map(|line| Line::of(line)) {
            if line.column < at.column {
                break;
            }
            if line.column == at.column {
                keys.extend(key_of(&line));
                if line.dash.is_some() {
                    break;
                }
            }
        }
    }
    for line in below.filter_map(Line::of) {
        let begins = line.dash.unwrap_or(line.column);
        if begins < at.column {
            break;
        }
        if line.dash.is_none() && line.column == at.column {
            keys.extend(key_of(&line));
        }
    }
    keys
}
