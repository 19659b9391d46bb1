//! Where in an object a cursor stands, by indentation alone: what is half typed is seldom YAML.

use neo4jbackup_core::document::Segment;

/// What is being typed at a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor<'t> {
    /// The object or list that it stands in, or the field whose value it is.
    pub(super) path: Vec<Segment>,
    pub(super) part: Part<'t>,
    /// The first byte of what is typed so far.
    pub(super) start: usize,
    /// `apiVersion` and `kind` of the document, as far as they are there.
    pub(super) api_version: &'t str,
    pub(super) kind: &'t str,
    /// `metadata.namespace`.
    pub(super) namespace: Option<&'t str>,
}

/// What part of an entry it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// A key, or an item of a list.
    Key {
        /// The keys that stand beside it.
        beside: Vec<&'t str>,
        /// Whether a colon stands behind it already.
        has_colon: bool,
    },
    /// A value in the line of its key.
    Value,
}

/// One line that says something.
#[derive(Debug, Clone, Copy)]
struct Line<'t> {
    /// Where the dashes of list items stand, the first and the last: all between them are dashes as well.
    dash: Option<usize>,
    /// How many dashes there are.
    dashes: usize,
    /// Where the rest begins.
    column: usize,
    rest: &'t str,
}

impl<'t> Line<'t> {
    /// Returns `None` for a line that is blank or a comment.
    fn of(line: &'t str) -> Option<Self> {
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
    fn key(&self) -> Option<(&'t str, usize)> {
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

/// What is typed at a byte of a text; `None` in comments, in blocks of text and in braces.
pub(super) fn at(text: &str, offset: usize) -> Option<Cursor<'_>> {
    let line_start = text.get(..offset)?.rfind('\n').map_or(0, |end| end + 1);
    let before = text.get(line_start..offset)?;
    let behind = text.get(offset..)?.lines().next().unwrap_or_default();
    let document = document(text, offset);
    let above: Vec<&str> = text.get(document.start..line_start)?.lines().collect();
    let below = text.get(offset..document.end)?.lines().skip(1);
    let cursor = |path, part, start| {
        let field = |name: &str| top_level(text.get(document.clone()).unwrap_or_default(), name);
        Cursor {
            path,
            part,
            start,
            api_version: field("apiVersion").unwrap_or_default(),
            kind: field("kind").unwrap_or_default(),
            namespace: namespace(text.get(document.clone()).unwrap_or_default()),
        }
    };
    if before.starts_with('#') || before.contains(" #") || before.contains('\t') {
        return None;
    }
    let line = Line::of(before).unwrap_or(Line {
        dash: None,
        dashes: 0,
        column: before.len(),
        rest: "",
    });
    if line.rest.starts_with(['{', '[', '|', '>']) {
        return None;
    }
    let mut path = parents(&above, line)?;
    if let Some((key, value)) = line.key() {
        // Right behind the colon nothing can be typed yet.
        let value_start = line.column + value;
        let typed = before.get(value_start..)?;
        let is_open = before.ends_with([' ', '\t']) || !typed.is_empty();
        let in_flow = typed.starts_with(['{', '[', '|', '>']);
        if !is_open || in_flow {
            return None;
        }
        path.push(Segment::Key(key.to_owned()));
        let blank = typed.len() - typed.trim_start().len();
        return Some(cursor(path, Part::Value, line_start + value_start + blank));
    }
    let part = Part::Key {
        beside: beside(&above, below, line),
        has_colon: behind
            .trim_start_matches(|letter: char| letter.is_alphanumeric())
            .starts_with(':'),
    };
    Some(cursor(path, part, line_start + line.column))
}

/// The bytes of the document around a byte.
fn document(text: &str, offset: usize) -> std::ops::Range<usize> {
    let mut start = 0;
    let mut position = 0;
    for line in text.split_inclusive('\n') {
        let end = position + line.len();
        if line.trim_end() == "---" {
            if position > offset {
                return start..position;
            }
            if end <= offset {
                start = end;
            }
        }
        position = end;
    }
    start..text.len()
}

/// The value of a key that stands at the begin of a line.
fn top_level<'t>(document: &'t str, name: &str) -> Option<&'t str> {
    let mut values = document.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?.trim_start().strip_prefix(':')?;
        Some(plain(rest))
    });
    values.next()
}

fn namespace(document: &str) -> Option<&str> {
    let mut lines = document.lines().skip_while(|line| !line.starts_with("metadata:"));
    lines.next()?;
    let mut within = lines.take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    let value = within.find_map(|line| line.trim_start().strip_prefix("namespace:"))?;
    Some(plain(value)).filter(|name| !name.is_empty())
}

/// A value without quotes and without the comment behind it.
fn plain(value: &str) -> &str {
    let value = value.split(" #").next().unwrap_or_default();
    value.trim().trim_matches(['"', '\''])
}

/// What a line at a cursor stands in: `None` when that is a block of text.
fn parents(above: &[&str], line: Line<'_>) -> Option<Vec<Segment>> {
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
fn beside<'t>(above: &[&'t str], below: impl Iterator<Item = &'t str>, at: Line<'_>) -> Vec<&'t str> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is at the `|` of a text: the path, and what part of an entry it is.
    fn there(marked: &str) -> Option<(String, &'static str, Vec<String>)> {
        let offset = marked.find('‸').unwrap();
        let text = marked.replace('‸', "");
        let cursor = at(&text, offset)?;
        let path = neo4jbackup_core::document::Path(cursor.path).to_string();
        Some(match cursor.part {
            Part::Key { beside, .. } => (path, "key", beside.into_iter().map(str::to_owned).collect()),
            Part::Value => (path, "value", Vec::new()),
        })
    }

    fn path(marked: &str) -> String {
        there(marked)
            .map(|(path, part, _)| format!("{part} {path}"))
            .unwrap_or_default()
    }

    #[test]
    fn keys_and_values_of_nested_objects() {
        assert_eq!(path("kind: ‸"), "value kind");
        assert_eq!(path("spec:\n  storage:\n    ty‸"), "key spec.storage");
        assert_eq!(path("spec:\n  storage:\n    type: s‸\n"), "value spec.storage.type");
        assert_eq!(path("spec:\n  storage:\n    type: s3\n  ‸"), "key spec");
        assert_eq!(path("spec:\n  storage:\n    type: s3\n\n‸"), "key ");
        assert_eq!(path("a: 1\n---\nspec:\n  ‸\n---\nb: 1\n"), "key spec");
    }

    #[test]
    fn items_of_lists() {
        for list in [
            "  env:\n    - name: A\n      va‸",
            "  env:\n  - name: A\n    va‸",
            "  env:\n    - va‸",
        ] {
            assert_eq!(path(&format!("spec:\n{list}")), "key spec.env[0]", "{list}");
        }
        assert_eq!(
            path("spec:\n  env:\n  - name: A\n    value: b\n  - name: B\n    valueFrom:\n      se‸"),
            "key spec.env[0].valueFrom"
        );
        assert_eq!(path("spec:\n  env:\n  - name: A\n  o‸"), "key spec");
    }

    #[test]
    fn keys_beside_it_are_those_of_the_same_object() {
        let (_, _, beside) = there("spec:\n  a: 1\n  b:\n    c: 1\n  ‸\n  d: 1\nstatus:\n  e: 1\n").unwrap();
        assert_eq!(beside, ["b", "a", "d"]);
        let (_, _, beside) = there("env:\n- name: A\n  ‸\n- name: B\n  value: c\n").unwrap();
        assert_eq!(beside, ["name"]);
    }

    #[test]
    fn nothing_in_comments_blocks_and_braces() {
        for none in ["# a‸", "a: 1 # b‸", "a: |\n  b‸", "a: {b‸", "a: [‸", "a:‸", "\ta‸"] {
            assert_eq!(there(none), None, "{none}");
        }
    }

    #[test]
    fn the_document_says_what_it_is() {
        let text = "apiVersion: \"v1\" # x\nkind: Secret\nmetadata:\n  name: a\n  namespace: 'b'\nspec:\n  ";
        let cursor = at(text, text.len()).unwrap();
        assert_eq!(
            (cursor.api_version, cursor.kind, cursor.namespace),
            ("v1", "Secret", Some("b"))
        );
    }
}
