//! Where in an object a cursor stands. What is half typed is seldom YAML, so indentation and brackets have to do.

use std::ops::Range;

use neo4jbackup_core::document::Segment;

use super::around::{Around, around};
use super::block::{Line, beside, parents};
use super::head::{self, document};
use super::typed::Typed;

/// What is being typed at a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor<'t> {
    /// The object or list that it stands in, or the field whose value it is.
    pub(super) path: Vec<Segment>,
    pub(super) part: Part<'t>,
    pub(super) typed: Typed,
    pub(super) notation: Notation,
    /// `apiVersion` and `kind` of the document, as far as they are there.
    pub(super) api_version: &'t str,
    pub(super) kind: &'t str,
    /// `metadata.namespace`.
    pub(super) namespace: Option<&'t str>,
}

/// What part of an entry it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// A key, or an item of a list in block style.
    Key {
        /// The keys that stand beside it.
        beside: Vec<&'t str>,
    },
    /// A value in the line of its key, or an item of a list in brackets.
    Value,
}

/// How keys and values are written at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    /// A line for each.
    Block,
    /// In brackets.
    Flow,
    /// In brackets, with quotation marks.
    Json,
}

/// What is typed at a byte of a text; `None` where that is nothing of an object: in comments, in blocks of text, and behind
/// what is complete.
pub(super) fn at(text: &str, offset: usize, is_json: bool) -> Option<Cursor<'_>> {
    let document = if is_json { 0..text.len() } else { document(text, offset) };
    let (path, part, typed, notation, head) = match around(text, &document, offset) {
        Around::Lines if !is_json => {
            let (path, part, typed) = in_lines(text, &document, offset)?;
            (path, part, typed, Notation::Block, None)
        }
        Around::Bracket { base, start, within } => {
            // The object as a whole stands in brackets.
            let is_root = base.is_empty();
            let first = text.get(start + 1..)?.trim_start();
            let is_json = is_json || is_root && first.starts_with('"');
            let notation = if is_json { Notation::Json } else { Notation::Flow };
            let part = within.beside.map_or(Part::Value, |beside| Part::Key { beside });
            let head = Some(within.head).filter(|_| is_root);
            ([base, within.path].concat(), part, within.typed, notation, head)
        }
        Around::Lines | Around::Nowhere => return None,
    };
    let whole = text.get(document).unwrap_or_default();
    let [api_version, kind, namespace, _] = head.unwrap_or_else(|| head::of_lines(whole));
    Some(Cursor {
        path,
        part,
        typed,
        notation,
        api_version: api_version.unwrap_or_default(),
        kind: kind.unwrap_or_default(),
        namespace,
    })
}

/// The same in lines of block style.
fn in_lines<'t>(text: &'t str, document: &Range<usize>, offset: usize) -> Option<(Vec<Segment>, Part<'t>, Typed)> {
    let line_start = text.get(..offset)?.rfind('\n').map_or(0, |end| end + 1);
    let before = text.get(line_start..offset)?;
    let above: Vec<&str> = text.get(document.start..line_start)?.lines().collect();
    let below = text.get(offset..document.end)?.lines().skip(1);
    if before.starts_with('#') || before.contains(" #") || before.contains('\t') {
        return None;
    }
    let line = Line::of(before).unwrap_or(Line {
        dash: None,
        dashes: 0,
        column: before.len(),
        rest: "",
    });
    if line.rest.starts_with(NOT_IN_LINE) {
        return None;
    }
    let mut path = parents(&above, line)?;
    let Some((key, value)) = line.key() else {
        let beside = beside(&above, below, line);
        let typed = Typed::of(text, line_start + line.column, offset)?;
        return Some((path, Part::Key { beside }, typed));
    };
    // Right behind the colon nothing can be typed yet.
    let value_start = line.column + value;
    let typed = before.get(value_start..)?;
    let is_open = before.ends_with([' ', '\t']) || !typed.is_empty();
    if !is_open || typed.starts_with(NOT_IN_LINE) {
        return None;
    }
    path.push(Segment::Key(key.to_owned()));
    let blank = typed.len() - typed.trim_start().len();
    let typed = Typed::of(text, line_start + value_start + blank, offset)?;
    Some((path, Part::Value, typed))
}

/// What begins or ends brackets, or begins a block of text.
const NOT_IN_LINE: [char; 6] = ['{', '[', '}', ']', '|', '>'];

#[cfg(test)]
mod tests {
    use super::*;

    /// What is at the `‸` of a text: the path, what part of an entry it is, and the keys beside it.
    fn there_in(marked: &str, is_json: bool) -> Option<(String, &'static str, Vec<String>)> {
        let offset = marked.find('‸').unwrap();
        let text = marked.replace('‸', "");
        let cursor = at(&text, offset, is_json)?;
        let path = neo4jbackup_core::document::Path(cursor.path).to_string();
        Some(match cursor.part {
            Part::Key { beside } => (path, "key", beside.into_iter().map(str::to_owned).collect()),
            Part::Value => (path, "value", Vec::new()),
        })
    }

    fn there(marked: &str) -> Option<(String, &'static str, Vec<String>)> {
        there_in(marked, false)
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
    fn nothing_in_comments_blocks_and_behind_what_is_complete() {
        for none in [
            "# a‸",
            "a: 1 # b‸",
            "a: |\n  b‸",
            "a: |\n  {b‸",
            "a:‸",
            "\ta‸",
            "a: {b:‸",
            "a: {b: c ‸",
            "a: {b} ‸",
            "a: {b: \"c\"‸",
            "a: {\n  b: 1\n  } ‸",
            "a: {b: 1 # ‸",
            "a: {{ .b‸",
        ] {
            assert_eq!(there(none), None, "{none}");
        }
    }

    #[test]
    fn brackets_that_are_closed_and_brackets_that_are_not() {
        for (typed, found) in [
            ("storage: {ty‸}", "key spec.storage"),
            ("storage: {ty‸", "key spec.storage"),
            ("storage: {‸", "key spec.storage"),
            ("storage: {type: ‸}", "value spec.storage.type"),
            ("storage: {type: s‸, bucket: b}", "value spec.storage.type"),
            ("storage: {type: s3, ‸", "key spec.storage"),
            ("storage: {type: s3, cloud: {pro‸", "key spec.storage.cloud"),
            ("storage: {type: s3, cloud: {provider: aws}, ‸}", "key spec.storage"),
            ("storage: {type: \"s‸", "value spec.storage.type"),
            ("storage: {\"type\":‸", "value spec.storage.type"),
            ("databases: [‸", "value spec.databases[0]"),
            ("databases: [a, b‸]", "value spec.databases[0]"),
            ("env: [{name: A}, {va‸", "key spec.env[0]"),
            ("env:\n  - {name: A, ‸", "key spec.env[0]"),
            ("storage:\n    {ty‸", "key spec.storage"),
            ("storage: {\n    type: s3,\n    ‸", "key spec.storage"),
            ("storage: {\n    type: s3\n    ‸\n  }", "key spec.storage"),
            // Another line of block style ends what was never closed.
            ("storage: {type: s3,\n  sch‸", "key spec"),
            ("storage: {type: [s3,\n  schedule: ‸", "value spec.schedule"),
            ("storage: {a: b}\n  env: [{‸", "key spec.env[0]"),
        ] {
            assert_eq!(path(&format!("spec:\n  {typed}")), found, "{typed}");
        }
    }

    #[test]
    fn a_json_text_with_all_that_is_half_typed() {
        let json = |marked: &str| {
            let (path, part, beside) = there_in(marked, true).unwrap_or_default();
            format!("{part} {path} [{}]", beside.join(" "))
        };
        for (typed, found) in [
            ("{‸", "key  []"),
            ("{\"kind\": ‸", "value kind []"),
            ("{\"kind\":\"‸\"}", "value kind []"),
            ("{\"a\": 1, \"spec\": {\"ty‸\"}}", "key spec []"),
            ("{\"spec\": {\"a\": 1, \"ty‸, \"b\": 2}}", "key spec [a b]"),
            // A comma that is missing, and one too many.
            ("{\n  \"a\": 1\n  \"b‸\"\n}", "key  [a]"),
            ("{\n  \"a\": 1,\n  ‸\n}", "key  [a]"),
            ("{\"a\": 1 \"b‸\"}", "key  [a]"),
            // A value that is missing, on this line and on one before.
            ("{\"spec\": {\"a\": , \"b\": ‸}}", "value spec.b []"),
            ("{\n  \"a\":\n  \"b‸\",\n  \"c\": 1\n}", "key  [a c]"),
            // A bracket that is missing: the lines say where it should be.
            (
                "{\n  \"spec\": {\n    \"pvc\": {\n    \"type\": \"‸\"\n  }\n}",
                "value spec.type []",
            ),
            (
                "{\n  \"spec\": {\n    \"a\": [\n  },\n  \"kind\": \"‸\n}",
                "value kind []",
            ),
            (
                "{\n  \"spec\": {\n    \"‸\n    \"b\": {\n      \"c\": 1\n    },\n    \"d\": 2\n  }\n}",
                "key spec [b d]",
            ),
            ("{} ‸", "  []"),
            ("‸", "  []"),
        ] {
            assert_eq!(json(typed), found, "{typed}");
        }
    }

    #[test]
    fn brackets_without_end_take_no_time() {
        for text in [
            "[".repeat(100_000),
            "a: {\n ]\n".repeat(20_000),
            "{\"a\":\n".repeat(20_000),
        ] {
            at(&text, text.len(), true);
            at(&text, text.len(), false);
        }
    }
}
