//! The way from the text of a file to its documents.

use std::borrow::Cow;
use std::ops::Range;

use super::builder::Builder;
use super::comment::comments;
use super::diagnose::diagnose;
use super::limits::Limits;
use super::node::Node;
use super::place::{Lines, Places};
use super::problem::{Problem, ProblemKind};
use super::span::{Position, Span, Spans};
use super::split::{Chunk, split};
use super::yaml::Failure;
use super::{Document, Format, Parsed, block, json, list, yaml};

/// How many bytes a document with tabs after colons may cost in repeated reading.
const REPAIR_BYTES: usize = 1 << 18;

/// The text of a file: UTF-8, or UTF-16 with a byte order mark.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Box<Problem>> {
    let wide = |read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..]
            .chunks_exact(2)
            .map(|pair| read([pair[0], pair[1]]))
            .collect();
        String::from_utf16(&units)
            .ok()
            .filter(|_| bytes.len().is_multiple_of(2))
    };
    let text = match bytes {
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes).map(Cow::Owned),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes).map(Cow::Owned),
        _ => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
    };
    text.filter(|text| !text.contains('\0'))
        .ok_or_else(|| Box::new(not_text()))
}

fn not_text() -> Problem {
    let start = Position {
        line: 1,
        column: 1,
        offset: 0,
    };
    Problem {
        kind: ProblemKind::NotText,
        message: "this is not a text file in UTF-8".to_owned(),
        help: "save the file as UTF-8, or leave it out".to_owned(),
        span: Span { start, end: start },
        path: None,
    }
}

/// All documents of a file, in order. Whatever the text, it returns soon and reports what it could not read.
pub fn parse<'a>(text: &'a str, limits: &Limits) -> Parsed<'a> {
    let source = Source::new(text, limits);
    source.read(0..source.len(), 0, limits)
}

/// The same without most places, for who asks only what the documents say: see [`Source::outline`].
pub fn outline<'a>(text: &'a str, limits: &Limits) -> Parsed<'a> {
    let source = Source::new(text, limits);
    source.outline(0..source.len(), limits)
}

/// The text of a file, cut where kubectl cuts it, so that its documents can be read a few at a time.
#[derive(Debug)]
pub struct Source<'a> {
    lines: Lines<'a>,
    chunks: Vec<Chunk>,
    /// Why nothing of it is read.
    problem: Option<Problem>,
}

impl<'a> Source<'a> {
    /// Cuts a text. One that cannot be read has no stretches, and its problem is what reading these gives.
    pub fn new(text: &'a str, limits: &Limits) -> Self {
        let problem = if text.len() > limits.file_bytes {
            Some(too_large(text.len(), limits.file_bytes))
        } else if text.contains('\0') {
            Some(not_text())
        } else {
            None
        };
        let mark = '\u{feff}';
        let first = if text.starts_with(mark) { mark.len_utf8() } else { 0 };
        let lines = Lines::new(if problem.is_some() { "" } else { text }, first);
        Self {
            chunks: if problem.is_some() { Vec::new() } else { split(&lines) },
            lines,
            problem,
        }
    }

    /// The number of stretches. Nearly every one holds one document; JSON may hold several, and so may a list.
    pub fn len(&self) -> usize {
        self.chunks.len()
    }

    /// Whether there is nothing to read but the problem that the text may have.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Reads some of the stretches, in order. `index` is the [`Document::index`] of the first document among them: the
    /// sum of [`Parsed::indexes`] of all stretches before.
    pub fn read(&self, stretches: Range<usize>, index: usize, limits: &Limits) -> Parsed<'a> {
        self.read_with(stretches, index, limits, Depth::Places)
    }

    /// Reads some of the stretches for what the documents say. The trees, the problems of the file as a whole and the number
    /// of documents are those of [`read`](Self::read), and so are templates; most places are missing, and with them duplicate
    /// keys.
    pub fn outline(&self, stretches: Range<usize>, limits: &Limits) -> Parsed<'a> {
        self.read_with(stretches, 0, limits, Depth::Outline)
    }

    fn read_with(&self, stretches: Range<usize>, index: usize, limits: &Limits, depth: Depth) -> Parsed<'a> {
        let mut parsed = Parsed::default();
        if stretches.start == 0 {
            parsed.problems.extend(self.problem.clone());
        }
        let lines = &self.lines;
        for chunk in self.chunks.get(stretches).unwrap_or_default().iter().copied() {
            if let Some(line) = chunk.directive {
                parsed.problems.push(directive(lines, line));
            }
            for mut document in read_chunk(lines, chunk, limits, depth) {
                document.index = index + parsed.indexes;
                parsed.indexes += 1;
                if chunk.unread {
                    document.problems.push(unread(&document, lines, chunk));
                }
                let before = parsed.documents.len();
                list::add(&mut parsed, document);
                for document in &mut parsed.documents[before..] {
                    check_size(document, limits);
                }
            }
        }
        parsed
    }
}

fn too_large(bytes: usize, limit: usize) -> Problem {
    Problem {
        kind: ProblemKind::TooLarge,
        message: format!("the file has {bytes} bytes, more than the {limit} that are read"),
        help: "split it into several files".to_owned(),
        ..not_text()
    }
}

fn directive(lines: &Lines<'_>, line: usize) -> Problem {
    let start = lines.starts.get(line).copied().unwrap_or(0);
    Problem {
        kind: ProblemKind::Syntax,
        message: "kubectl does not read YAML directives such as `%YAML 1.2`".to_owned(),
        help: "remove this line".to_owned(),
        span: Places::new(lines, start).span(start, start + lines.line(line).trim_end().len()),
        path: None,
    }
}

fn unread(document: &Document<'_>, lines: &Lines<'_>, chunk: Chunk) -> Problem {
    let span = if document.root == Node::Null {
        Places::new(lines, chunk.start).span(chunk.start, chunk.start)
    } else {
        document.spans.value
    };
    Problem {
        kind: ProblemKind::NotApplied,
        message: "kubectl passes over this document: it splits files only at lines of nothing but `---`".to_owned(),
        help: "put `---` alone on the line before the document".to_owned(),
        span: Span {
            start: span.start,
            end: span.start,
        },
        path: None,
    }
}

fn check_size(document: &mut Document<'_>, limits: &Limits) {
    let span = document.spans.value;
    let length = span.end.offset - span.start.offset;
    if length > limits.document_bytes {
        document.problems.push(Problem {
            kind: ProblemKind::TooLarge,
            message: format!(
                "the object has {length} bytes, more than the {} that an API server could take",
                limits.document_bytes
            ),
            help: "make the object smaller".to_owned(),
            span: Span {
                start: span.start,
                end: span.start,
            },
            path: None,
        });
    }
}

/// How much is read of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Everything, and where it stands.
    Places,
    /// What it says.
    Outline,
}

fn read_chunk<'a>(lines: &Lines<'a>, chunk: Chunk, limits: &Limits, depth: Depth) -> Vec<Document<'a>> {
    let source = lines.text.get(chunk.start..chunk.end).unwrap_or("");
    let trimmed = source.trim_start();
    // `{{` begins a template of Helm and never JSON; the reader of YAML says so.
    let value = trimmed
        .strip_prefix(['{', '['])
        .filter(|_| !trimmed.starts_with("{{"))
        .map(str::trim_start);
    let Some(inner) = value else {
        let outline = (depth == Depth::Outline).then(|| outline_by_block(lines, chunk.start, chunk.end, limits));
        let document = outline.flatten().or_else(|| read_yaml(lines, chunk, limits));
        return document.into_iter().collect();
    };
    let json = read_json(lines, chunk, limits);
    if json.iter().all(|document| {
        document
            .problems
            .iter()
            .all(|problem| problem.kind != ProblemKind::Syntax)
    }) {
        return json;
    }
    // A YAML document may begin with a brace, too.
    match read_yaml(lines, chunk, limits) {
        Some(document) if document.root != Node::Null => vec![document],
        yaml if !inner.starts_with(['"', '{', '[', '}', ']']) => yaml.into_iter().collect(),
        _ => json,
    }
}

fn read_json<'a>(lines: &Lines<'a>, chunk: Chunk, limits: &Limits) -> Vec<Document<'a>> {
    let mut documents = Vec::new();
    let mut at = chunk.start;
    loop {
        let rest = lines.text.get(at..chunk.end).unwrap_or("");
        let blank = rest.len() - rest.trim_start().len();
        at += blank;
        if at >= chunk.end {
            return documents;
        }
        let mut builder = Builder::new(lines, at, limits, false);
        let end = json::read_value(&mut builder, at, chunk.end);
        documents.push(document(lines.text, builder, Format::Json));
        match end {
            Ok(end) => at = end,
            Err(_) => return documents,
        }
    }
}

fn read_yaml<'a>(lines: &Lines<'a>, chunk: Chunk, limits: &Limits) -> Option<Document<'a>> {
    read_by_block(lines, chunk.start, chunk.end, limits)
        .or_else(|| read_by_parser(lines, chunk.start, chunk.end, limits))
}

/// The document of a chunk, when it is of the plain kind that [`block`] reads.
pub(super) fn read_by_block<'a>(lines: &Lines<'a>, start: usize, end: usize, limits: &Limits) -> Option<Document<'a>> {
    let source = lines.text.get(start..end).unwrap_or("");
    let mut builder = Builder::new(lines, start, limits, false);
    block::read(&mut builder, source, start).ok()?;
    let mut document = document(lines.text, builder, Format::Yaml);
    document.comments = comments(lines, start, end, &document.spans);
    Some(document)
}

/// The same without most places, and not of a list of objects, which is taken apart by its places.
fn outline_by_block<'a>(lines: &Lines<'a>, start: usize, end: usize, limits: &Limits) -> Option<Document<'a>> {
    let source = lines.text.get(start..end).unwrap_or("");
    let mut builder = Builder::without_places(lines, start, limits);
    block::read(&mut builder, source, start).ok()?;
    let document = document(lines.text, builder, Format::Yaml);
    (!list::is_list(&document.root)).then_some(document)
}

/// The document of a chunk, whatever it is; `None` when there is nothing in it.
pub(super) fn read_by_parser<'a>(lines: &Lines<'a>, start: usize, end: usize, limits: &Limits) -> Option<Document<'a>> {
    let source = lines.text.get(start..end).unwrap_or("");
    let mut repaired = Cow::Borrowed(source);
    let mut budget = REPAIR_BYTES;
    loop {
        let mut builder = Builder::new(lines, start, limits, source.contains('*'));
        match yaml::read(&mut builder, &repaired, start) {
            Ok(()) => {}
            Err(Failure::Stopped) => {
                builder.take_root();
            }
            Err(Failure::Scan(error, offset)) => {
                // goyaml takes a tab after a colon; the parser does not.
                if error.info().contains("valid YAML whitespace")
                    && budget >= source.len()
                    && let Some(text) = without_tab(&repaired, offset - start)
                {
                    budget -= source.len();
                    repaired = Cow::Owned(text);
                    continue;
                }
                builder.take_root();
                builder.problems.push(diagnose(&error, lines, offset));
            }
        }
        let mut document = document(lines.text, builder, Format::Yaml);
        if document.root == Node::Null && document.problems.is_empty() {
            return None;
        }
        document.comments = comments(lines, start, end, &document.spans);
        return Some(document);
    }
}

/// The text with blanks in place of the tabs before `offset`.
fn without_tab(text: &str, offset: usize) -> Option<String> {
    let before = text.get(..offset)?;
    let kept = before.trim_end_matches('\t').len();
    (kept < offset).then(|| format!("{}{}{}", &before[..kept], " ".repeat(offset - kept), &text[offset..]))
}

fn document<'a>(text: &'a str, mut builder: Builder<'_, 'a>, format: Format) -> Document<'a> {
    let (root, spans) = builder.take_root().unwrap_or((Node::Null, Spans::default()));
    Document {
        root,
        spans,
        index: 0,
        item: None,
        format,
        comments: Vec::new(),
        problems: builder.problems,
        text,
    }
}
