//! Fixes applied to text: comments, order and layout stay as they are.
//!
//! Each pass reads the text, asks for the findings, and turns the fixes of every document into replacements of small
//! stretches. Passes repeat until nothing is left to do, because one fix may uncover the next.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use json_patch::PatchOperation;

use super::{FileOutcome, Located};
use crate::document::{Document, Format, Limits, Node, Path, Segment, Spans, Style};
use crate::fix::{Edit, Fix, FixKind, patch};
use crate::lint;
use crate::values::placeholder::Notation;

/// More passes than any chain of fixes needs; a bound against fixes that undo each other.
const MAX_PASSES: usize = 8;

/// The text after all fixes, and what they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The new text.
    pub text: String,
    /// Code and title of each fix that was applied, in order.
    pub applied: Vec<(&'static str, String)>,
}

/// A stretch of the text and what comes in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The first byte that goes.
    pub start: usize,
    /// The byte after the last that goes.
    pub end: usize,
    /// What comes instead.
    pub text: String,
}

/// What one fix changes in the text that the document was read from; nothing when it cannot be made there.
pub fn replacements(text: &str, document: &Document<'_>, fix: &Fix) -> Vec<Replacement> {
    let editor = Editor {
        text,
        document,
        newline: newline(text),
    };
    let mut replacements = Vec::new();
    if editor.can(fix) {
        editor.replacements(&fix.edits, &mut replacements);
    }
    sort(&mut replacements);
    replacements.into_iter().map(|(_, replacement)| replacement).collect()
}

/// Applies every fix of `kind` or narrower. `judge` says what is wrong with the text as it stands.
/// `is_patch` and `notation` are what [`lint::File`] has of the same names.
pub fn fix(
    text: &str,
    kind: FixKind,
    (is_patch, notation): (bool, Notation),
    limits: &Limits,
    judge: impl Fn(&lint::File<'_>) -> FileOutcome,
) -> Fixed {
    let mut fixed = Fixed {
        text: text.to_owned(),
        applied: Vec::new(),
    };
    for _ in 0..MAX_PASSES {
        let Some(next) = pass(
            &fixed.text,
            kind,
            (is_patch, notation),
            limits,
            &judge,
            &mut fixed.applied,
        ) else {
            break;
        };
        fixed.text = next;
    }
    fixed
}

/// How lines end: as the first one does. Looking further would cost a file of many documents its whole length each time.
fn newline(text: &str) -> &'static str {
    let first = text.find('\n').and_then(|end| text.get(..end));
    if first.is_some_and(|line| line.ends_with('\r')) {
        "\r\n"
    } else {
        "\n"
    }
}

fn pass(
    text: &str,
    kind: FixKind,
    (is_patch, notation): (bool, Notation),
    limits: &Limits,
    judge: &impl Fn(&lint::File<'_>) -> FileOutcome,
    applied: &mut Vec<(&'static str, String)>,
) -> Option<String> {
    let mut file = lint::read(text, limits);
    file.is_patch = is_patch;
    file.notation = notation;
    let outcome = judge(&file);
    let mut replacements = Vec::new();
    // By document, so that each has a stretch of its own.
    let mut findings: Vec<&Located> = outcome.findings.iter().collect();
    findings.sort_by_key(|located| located.document);
    for (position, document) in file.documents.iter().enumerate() {
        let editor = Editor {
            text,
            document,
            newline: newline(text),
        };
        let first = findings.partition_point(|located| located.document < Some(position));
        let of_document = findings
            .iter()
            .skip(first)
            .take_while(|located| located.document == Some(position));
        let mut edits: Vec<Edit> = Vec::new();
        let mut taken = Taken::default();
        for finding in of_document
            .map(|located| &located.finding)
            .filter(|finding| finding.suppressed.is_none())
        {
            let Some(fix) = finding
                .fix
                .as_ref()
                .filter(|fix| fix.kind != FixKind::None && fix.kind <= kind)
            else {
                continue;
            };
            if editor.can(fix) && !fix.edits.iter().any(|edit| taken.touch(edit)) {
                for edit in &fix.edits {
                    taken.add(edit);
                }
                edits.extend(fix.edits.iter().cloned());
                applied.push((finding.code, fix.title.clone()));
            }
        }
        editor.replacements(&edits, &mut replacements);
    }
    apply(text, replacements)
}

/// The fields that edits are about so far, those that only set a field apart from the others.
#[derive(Debug, Default)]
struct Taken {
    set: BTreeSet<Path>,
    others: BTreeSet<Path>,
}

impl Taken {
    fn add(&mut self, edit: &Edit) {
        match edit {
            Edit::Set { path, .. } => self.set.insert(path.clone()),
            Edit::Remove { path } | Edit::Rename { path, .. } => self.others.insert(path.clone()),
        };
    }

    /// Whether an edit is about the same stretch as one of these; it then waits for the next pass.
    fn touch(&self, edit: &Edit) -> bool {
        match edit {
            Edit::Set { path, .. } => self.set.contains(path) || lies_along(&self.others, path),
            Edit::Remove { path } | Edit::Rename { path, .. } => {
                lies_along(&self.set, path) || lies_along(&self.others, path)
            }
        }
    }
}

/// Whether one of the paths is this one, above it or below it.
fn lies_along(paths: &BTreeSet<Path>, path: &Path) -> bool {
    // What is below a path follows it in their order.
    let is_below = paths.range(path..).next().is_some_and(|next| next.is_within(path));
    let mut above = path.parent();
    while let Some(path) = above {
        if paths.contains(&path) {
            return true;
        }
        above = path.parent();
    }
    is_below
}

/// Where two lines are added in one place, the one that is deeper in the tree comes first.
fn sort(replacements: &mut [(usize, Replacement)]) {
    replacements.sort_by_key(|(depth, replacement)| (replacement.start, replacement.end, Reverse(*depth)));
}

fn apply(text: &str, mut replacements: Vec<(usize, Replacement)>) -> Option<String> {
    sort(&mut replacements);
    let mut result = String::with_capacity(text.len());
    let mut position = 0;
    for (_, replacement) in &replacements {
        if replacement.start < position {
            continue;
        }
        result.push_str(text.get(position..replacement.start)?);
        result.push_str(&replacement.text);
        position = replacement.end;
    }
    result.push_str(text.get(position..)?);
    (result != text).then_some(result)
}

struct Editor<'t> {
    text: &'t str,
    document: &'t Document<'t>,
    newline: &'static str,
}

impl Editor<'_> {
    /// Whether every edit of a fix can be made without touching what an alias repeats elsewhere.
    fn can(&self, fix: &Fix) -> bool {
        fix.edits.iter().all(|edit| match edit {
            Edit::Set { path, .. } => self.is_written_here(path),
            Edit::Remove { path } | Edit::Rename { path, .. } => {
                self.is_written_here(path) && self.document.spans.find(path).is_some_and(|spans| spans.key.is_some())
            }
        })
    }

    fn is_written_here(&self, path: &Path) -> bool {
        let mut spans = &self.document.spans;
        for segment in &path.0 {
            if spans.style == Style::Alias {
                return false;
            }
            match spans.children.iter().find(|(name, _)| name == segment) {
                Some((_, below)) => spans = below,
                None => return matches!(spans.style, Style::BlockMap | Style::FlowMap | Style::Absent),
            }
        }
        spans.style != Style::Alias
    }

    fn replacements(&self, edits: &[Edit], replacements: &mut Vec<(usize, Replacement)>) {
        let (renames, others): (Vec<_>, Vec<_>) = edits
            .iter()
            .cloned()
            .partition(|edit| matches!(edit, Edit::Rename { .. }));
        for rename in renames {
            if let Edit::Rename { path, to } = rename {
                replacements.extend(self.rename(&path, &to).map(|replacement| (path.0.len(), replacement)));
            }
        }
        for operation in patch(&self.document.root, &others).0 {
            let pointer = match &operation {
                PatchOperation::Add(add) => &add.path,
                PatchOperation::Replace(replace) => &replace.path,
                PatchOperation::Remove(remove) => &remove.path,
                _ => continue,
            };
            let path = self.path_of(pointer);
            let replacement = match operation {
                PatchOperation::Add(add) => self.add(&path, &add.value),
                PatchOperation::Replace(replace) => self.replace(&path, &replace.value),
                _ => self.remove(&path),
            };
            replacements.extend(replacement.map(|replacement| (path.0.len(), replacement)));
        }
    }

    /// A JSON pointer does not say whether `3` is a key or a position; the tree does.
    fn path_of(&self, pointer: &json_patch::jsonptr::Pointer) -> Path {
        let mut path = Path::root();
        for token in pointer.tokens() {
            let key = token.decoded();
            let list = path
                .find(&self.document.root)
                .is_some_and(|node| matches!(node, Node::List(_)));
            match key.parse::<usize>() {
                Ok(index) if list => path.0.push(Segment::Index(index)),
                _ => path.0.push(Segment::Key(key.into_owned())),
            }
        }
        path
    }

    fn rename(&self, path: &Path, to: &str) -> Option<Replacement> {
        let key = self.document.spans.find(path)?.key?;
        if path.parent()?.key(to).find(&self.document.root).is_some() {
            return None;
        }
        let quote = self
            .text
            .get(key.start.offset..)?
            .chars()
            .next()
            .filter(|first| matches!(first, '"' | '\''));
        let text = quote.map_or_else(|| to.to_owned(), |quote| format!("{quote}{to}{quote}"));
        Some(Replacement {
            start: key.start.offset,
            end: key.end.offset,
            text,
        })
    }

    fn replace(&self, path: &Path, value: &serde_json::Value) -> Option<Replacement> {
        let spans = self.document.spans.find(path)?;
        let (start, end) = (spans.value.start.offset, spans.value.end.offset);
        Some(Replacement {
            start,
            end,
            text: self.scalar(value, spans.style),
        })
    }

    fn add(&self, path: &Path, value: &serde_json::Value) -> Option<Replacement> {
        if let Some(spans) = self.document.spans.find(path) {
            // The key is there and has no value: `cloud:`, `cloud: null` or `cloud: {}`.
            return Some(self.fill(spans, value));
        }
        let parent = self.document.spans.find(&path.parent()?)?;
        let key = path.last_key()?;
        match parent.style {
            Style::BlockMap => self.add_line(parent, key, value),
            Style::FlowMap => Some(self.add_flow(parent, key, value)),
            _ => None,
        }
    }

    fn fill(&self, spans: &Spans, value: &serde_json::Value) -> Replacement {
        let (start, end) = (spans.value.start.offset, spans.value.end.offset);
        let indent = spans.key.map_or(0, |key| key.start.column - 1) + 2;
        let text = match value {
            serde_json::Value::Object(_) if self.document.format == Format::Yaml => {
                format!("{}{}", self.newline, self.block(value, indent))
            }
            _ => self.scalar(value, Style::Plain),
        };
        let before = self.text.get(..start).unwrap_or_default();
        let blank = text.starts_with(self.newline) || before.ends_with([' ', '\n', '\t']);
        if text.starts_with(self.newline) && before.ends_with(' ') {
            let trimmed = before.trim_end_matches(' ').len();
            return Replacement {
                start: trimmed,
                end,
                text,
            };
        }
        Replacement {
            start,
            end,
            text: if blank { text } else { format!(" {text}") },
        }
    }

    /// A new line behind the last entry of a block mapping.
    fn add_line(&self, parent: &Spans, key: &str, value: &serde_json::Value) -> Option<Replacement> {
        let (_, last) = parent.children.last()?;
        let indent = parent.children.first()?.1.key?.start.column - 1;
        let end = self.line_end(last_offset(last));
        let entry = self.entry(key, value, indent);
        Some(Replacement {
            start: end,
            end,
            text: format!("{}{}{entry}", self.newline, " ".repeat(indent)),
        })
    }

    /// A new entry before the closing brace.
    fn add_flow(&self, parent: &Spans, key: &str, value: &serde_json::Value) -> Replacement {
        let json = self.document.format == Format::Json;
        let value = if json { value.to_string() } else { flow(value) };
        let key = if json || !is_plain(key) {
            serde_json::Value::from(key).to_string()
        } else {
            key.to_owned()
        };
        let entry = format!("{key}: {value}");
        match parent.children.last() {
            None => {
                let offset = parent.value.start.offset + 1;
                Replacement {
                    start: offset,
                    end: offset,
                    text: entry,
                }
            }
            Some((_, last)) => {
                let offset = last_offset(last);
                let own_line = last.key.filter(|key| key.start.line > parent.value.start.line);
                let blank = own_line.map_or_else(
                    || " ".to_owned(),
                    |key| format!("{}{}", self.newline, self.indent_of(key.start.offset)),
                );
                Replacement {
                    start: offset,
                    end: offset,
                    text: format!(",{blank}{entry}"),
                }
            }
        }
    }

    fn remove(&self, path: &Path) -> Option<Replacement> {
        let spans = self.document.spans.find(path)?;
        let parent = self.document.spans.find(&path.parent()?)?;
        let key = spans.key?;
        let (start, end) = (key.start.offset, last_offset(spans));
        if parent.style == Style::FlowMap {
            return Some(self.remove_flow(start, end));
        }
        let line_start = self.text.get(..start)?.rfind('\n').map_or(0, |position| position + 1);
        if !self.text.get(line_start..start)?.trim().is_empty() {
            return None;
        }
        if parent.children.len() == 1 {
            let start = parent.value.start.offset;
            return Some(Replacement {
                start,
                end: last_offset(parent),
                text: "{}".to_owned(),
            });
        }
        let end = self.line_end(end);
        let end = end + self.text.get(end..)?.find('\n').map_or(0, |position| position + 1);
        Some(Replacement {
            start: line_start,
            end,
            text: String::new(),
        })
    }

    fn remove_flow(&self, start: usize, end: usize) -> Replacement {
        let after = self.text.get(end..).unwrap_or_default();
        let comma = after
            .find(|letter: char| !letter.is_whitespace())
            .filter(|at| after[*at..].starts_with(','));
        if let Some(comma) = comma {
            let rest = &after[comma + 1..];
            let blank = rest.len() - rest.trim_start().len();
            return Replacement {
                start,
                end: end + comma + 1 + blank,
                text: String::new(),
            };
        }
        let before = self.text.get(..start).unwrap_or_default().trim_end();
        let start = if before.ends_with(',') { before.len() - 1 } else { start };
        Replacement {
            start,
            end,
            text: String::new(),
        }
    }

    /// The end of the line on which `offset` lies, a comment behind the value included.
    fn line_end(&self, offset: usize) -> usize {
        let rest = self.text.get(offset..).unwrap_or_default();
        let line = rest.find('\n').map_or(rest, |position| &rest[..position]);
        offset + line.trim_end_matches('\r').len()
    }

    fn indent_of(&self, offset: usize) -> &str {
        let line = self.text.get(..offset).unwrap_or_default();
        let line = &line[line.rfind('\n').map_or(0, |position| position + 1)..];
        &line[..line.len() - line.trim_start().len()]
    }

    fn scalar(&self, value: &serde_json::Value, style: Style) -> String {
        match (value, style) {
            _ if self.document.format == Format::Json => value.to_string(),
            (serde_json::Value::String(text), Style::SingleQuoted) if !text.contains(['\n', '\r']) => {
                format!("'{}'", text.replace('\'', "''"))
            }
            (serde_json::Value::String(text), Style::Plain | Style::Absent) if is_plain(text) => text.clone(),
            _ => flow(value),
        }
    }

    fn entry(&self, key: &str, value: &serde_json::Value, indent: usize) -> String {
        let key = if is_plain(key) {
            key.to_owned()
        } else {
            serde_json::Value::from(key).to_string()
        };
        match value {
            serde_json::Value::Object(map) if !map.is_empty() => {
                format!("{key}:{}{}", self.newline, self.block(value, indent + 2))
            }
            _ => format!("{key}: {}", self.scalar(value, Style::Plain)),
        }
    }

    fn block(&self, value: &serde_json::Value, indent: usize) -> String {
        let serde_json::Value::Object(map) = value else {
            return flow(value);
        };
        let blank = " ".repeat(indent);
        let lines = map
            .iter()
            .map(|(key, value)| format!("{blank}{}", self.entry(key, value, indent)));
        lines.collect::<Vec<_>>().join(self.newline)
    }
}

/// Where a node ends, that of its last descendant included: an absent value ends behind its colon.
fn last_offset(spans: &Spans) -> usize {
    let below = spans
        .children
        .iter()
        .map(|(_, child)| last_offset(child))
        .max()
        .unwrap_or_default();
    below.max(spans.value.end.offset)
}

/// YAML in one line; JSON is YAML.
fn flow(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) if is_plain(text) => text.clone(),
        serde_json::Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| format!("{}: {}", flow(&key.as_str().into()), flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        _ => value.to_string(),
    }
}

/// Whether text may stand without quotes and still be read as text: a word of letters that is no word of YAML 1.1.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let letters = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '/' | '-');
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.chars().all(letters)
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What [`Taken`] answers, by looking at every pair.
    fn touches(left: &Edit, right: &Edit) -> bool {
        let path = |edit: &Edit| match edit {
            Edit::Set { path, .. } | Edit::Remove { path } | Edit::Rename { path, .. } => path.clone(),
        };
        let (left_path, right_path) = (path(left), path(right));
        left_path == right_path
            || (!matches!((left, right), (Edit::Set { .. }, Edit::Set { .. }))
                && (left_path.is_within(&right_path) || right_path.is_within(&left_path)))
    }

    proptest! {
        #[test]
        fn edits_touch_as_each_two_do(
            edits in prop::collection::vec((0_u8..3, "[a-b](\\.[a-b]){0,3}"), 0..12),
            edit in (0_u8..3, "[a-b](\\.[a-b]){0,3}"),
        ) {
            let edit_of = |(kind, path): (u8, String)| {
                let path = Path::dotted(&path);
                match kind {
                    0 => Edit::Set { path, value: serde_json::Value::Null },
                    1 => Edit::Remove { path },
                    _ => Edit::Rename { path, to: "c".to_owned() },
                }
            };
            let edits: Vec<Edit> = edits.into_iter().map(edit_of).collect();
            let edit = edit_of(edit);
            let mut taken = Taken::default();
            for edit in &edits {
                taken.add(edit);
            }
            prop_assert_eq!(taken.touch(&edit), edits.iter().any(|other| touches(&edit, other)));
        }
    }
    use serde_json::json;

    fn edited(text: &str, edits: &[Edit]) -> String {
        let file = lint::read(text, &Limits::default());
        let document = &file.documents[0];
        let editor = Editor {
            text,
            document,
            newline: newline(text),
        };
        let fix = Fix {
            kind: FixKind::Safe,
            title: String::new(),
            edits: edits.to_vec(),
        };
        assert!(editor.can(&fix));
        let mut replacements = Vec::new();
        editor.replacements(edits, &mut replacements);
        let text = apply(text, replacements).unwrap();
        let after = lint::read(&text, &Limits::default());
        let value = |node: &Node<'_>| serde_json::to_value(node).unwrap();
        assert_eq!(
            value(&after.documents[0].root),
            value(&crate::fix::apply(&document.root, edits)),
            "{text}"
        );
        text
    }

    fn set(path: &str, value: serde_json::Value) -> Edit {
        Edit::Set {
            path: Path::dotted(path),
            value,
        }
    }

    #[test]
    fn replaces_scalars_in_their_style() {
        let text = "a: 'x'  # why\nb: \"x\"\nc: x\n";
        let edits = [
            set("a", json!("0 2 * * *")),
            set("b", json!("y")),
            set("c", json!("yes")),
        ];
        assert_eq!(edited(text, &edits), "a: '0 2 * * *'  # why\nb: \"y\"\nc: \"yes\"\n");
    }

    #[test]
    fn adds_lines_behind_the_last_entry() {
        let text = "spec:\n    storage:\n        type: s3 # there\n\n    # next\n    x: 1\n";
        let edits = [
            set("spec.storage.cloud.provider", json!("aws")),
            set("spec.storage.cloud.identity.provider", json!("aws")),
        ];
        assert_eq!(
            edited(text, &edits),
            "spec:\n    storage:\n        type: s3 # there\n        cloud:\n          identity:\n            provider: aws\n          provider: aws\n\n    # next\n    x: 1\n"
        );
    }

    #[test]
    fn fills_empty_values_and_flow_mappings() {
        assert_eq!(
            edited("a:\n  b:\n  c: 1\n", &[set("a.b.d", json!("x"))]),
            "a:\n  b:\n    d: x\n  c: 1\n"
        );
        assert_eq!(edited("a: {b: 1}\n", &[set("a.c", json!("x"))]), "a: {b: 1, c: x}\n");
        assert_eq!(edited("a: {}\n", &[set("a.c", json!("x"))]), "a: {c: x}\n");
        let json = "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n";
        assert_eq!(
            edited(json, &[set("a.c.d", json!("x"))]),
            "{\n  \"a\": {\n    \"b\": 1,\n    \"c\": {\"d\":\"x\"}\n  }\n}\n"
        );
    }

    #[test]
    fn lines_added_in_one_place_keep_their_parents() {
        let edits = [set("a.x", json!("one")), set("a.b.d", json!("two"))];
        assert_eq!(
            edited("a:\n  b:\n    c: 1\n", &edits),
            "a:\n  b:\n    c: 1\n    d: two\n  x: one\n"
        );
    }

    #[test]
    fn removes_and_renames() {
        let text = "a:\n  b: 1 # one\n  c:\n    d: 2\n  e: 3\n";
        let remove = |path: &str| Edit::Remove {
            path: Path::dotted(path),
        };
        assert_eq!(edited(text, &[remove("a.c")]), "a:\n  b: 1 # one\n  e: 3\n");
        assert_eq!(
            edited(text, &[remove("a.c.d")]),
            "a:\n  b: 1 # one\n  c:\n    {}\n  e: 3\n"
        );
        assert_eq!(edited("{\"a\": 1, \"b\": 2}", &[remove("b")]), "{\"a\": 1}");
        let rename = Edit::Rename {
            path: Path::dotted("a.c"),
            to: "f".into(),
        };
        assert_eq!(edited(text, &[rename]), "a:\n  b: 1 # one\n  f:\n    d: 2\n  e: 3\n");
    }

    #[test]
    fn keeps_windows_line_ends() {
        assert_eq!(
            edited("a:\r\n  b: 1\r\n", &[set("a.c", json!("x"))]),
            "a:\r\n  b: 1\r\n  c: x\r\n"
        );
    }
}
