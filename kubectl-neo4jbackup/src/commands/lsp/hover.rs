//! What is shown of the place under a pointer: what is wrong there, with the page of its rule, and what the field is for.

use neo4jbackup_core::document::{Document, Path, Spans};
use neo4jbackup_core::field::Field;
use neo4jbackup_core::lint::File;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::registry;

use super::cursor;
use super::fields::{self, Reader};
use crate::report::Finding;

/// The page for a byte of a text, in Markdown, and the stretch that it is about.
pub(super) fn page(
    text: &str,
    offset: usize,
    file: Option<&File<'_>>,
    findings: &[Finding],
    operator: Option<Operator>,
) -> Option<(String, Option<(usize, usize)>)> {
    let here = |finding: &&Finding| (finding.place.start..=finding.place.end).contains(&offset);
    let line = |offset: usize| text.get(..offset).map_or(0, |before| before.matches('\n').count());
    // A block is underlined in its first line only.
    let in_line = |finding: &&Finding| line(finding.place.start) == line(offset);
    let findings: Vec<&Finding> = findings.iter().filter(here).filter(in_line).collect();
    let mut parts: Vec<String> = findings.iter().map(|finding| of_finding(finding)).collect();
    let field = file
        .and_then(|file| of_document(file, offset, operator))
        .or_else(|| of_line(text, offset, operator));
    let mut range = findings.first().map(|finding| (finding.place.start, finding.place.end));
    if let Some((page, place)) = field {
        parts.push(page);
        range = range.or(place);
    }
    (!parts.is_empty()).then(|| (parts.join("\n\n---\n\n"), range))
}

fn of_finding(finding: &Finding) -> String {
    let mut page = format!(
        "**{} {}** ({})\n\n{}\n",
        finding.code, finding.name, finding.severity, finding.message
    );
    if !finding.help.is_empty() {
        page.push_str(&format!("\nhelp: {}\n", finding.help));
    }
    for fact in &finding.evidence {
        page.push_str(&format!("\n- {fact}"));
    }
    if let Some(meta) = registry::rule(finding.code) {
        page.push_str(&format!(
            "\n\n{}\n\n[{}]({})",
            meta.page().trim_end(),
            meta.code,
            meta.url()
        ));
    }
    page
}

/// Where a page is about.
type Place = Option<(usize, usize)>;

/// The field at a byte of what could be read.
fn of_document(file: &File<'_>, offset: usize, operator: Option<Operator>) -> Option<(String, Place)> {
    let is_there = |document: &&Document<'_>| covers(&document.spans, offset);
    let document = file.documents.iter().find(is_there)?;
    let text = |path: &'static str| Field::at(&document.root, path).str().unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let operator = operator.or_else(|| {
        let (_, version) = api_version.split_once('/')?;
        Some(Operator::assumed(version, &document.root))
    });
    let reader = Reader::of(api_version, kind, operator)?;
    let (path, spans) = innermost(&document.spans, offset);
    let key = spans.key?;
    // Between the fields of an object there is nothing to say.
    let is_on_key = (key.start.offset..=key.end.offset).contains(&offset);
    (is_on_key || spans.children.is_empty()).then_some(())?;
    let page = page_of(reader, &path)?;
    Some((page, Some((key.start.offset, key.end.offset))))
}

fn page_of(reader: Reader, path: &Path) -> Option<String> {
    if let [segment] = path.0.as_slice()
        && *segment == neo4jbackup_core::document::Segment::Key("kind".to_owned())
    {
        return Some(format!("**{}**: {}", reader.kind.name(), reader.kind.schema().text));
    }
    let field = reader.field(&path.0)?;
    Some(fields::page(reader, &path.to_string(), field))
}

/// The field in the line of a byte, of what could not be read.
fn of_line(text: &str, offset: usize, operator: Option<Operator>) -> Option<(String, Place)> {
    let end = text.get(offset..)?.find('\n').map_or(text.len(), |end| offset + end);
    let line = text.get(..end)?;
    let value = cursor::at(text, end).filter(|cursor| cursor.part == cursor::Part::Value);
    let cursor = value.or_else(|| {
        let colon = line.rfind(": ").or_else(|| line.strip_suffix(':').map(str::len))?;
        (colon >= line.rfind('\n').unwrap_or(0)).then_some(())?;
        let mut cursor = cursor::at(text, colon)?;
        let key = text.get(cursor.start..colon)?;
        cursor
            .path
            .push(neo4jbackup_core::document::Segment::Key(key.to_owned()));
        Some(cursor)
    })?;
    let reader = Reader::of(cursor.api_version, cursor.kind, operator)?;
    Some((page_of(reader, &Path(cursor.path))?, None))
}

fn covers(spans: &Spans, offset: usize) -> bool {
    let is_in = |start: usize, end: usize| (start..=end).contains(&offset);
    spans.key.is_some_and(|key| is_in(key.start.offset, key.end.offset))
        || is_in(spans.value.start.offset, spans.value.end.offset)
        || spans.children.iter().any(|(_, child)| covers(child, offset))
}

fn innermost(spans: &Spans, offset: usize) -> (Path, &Spans) {
    let mut path = Path::root();
    let mut here = spans;
    while let Some((segment, child)) = here.children.iter().find(|(_, child)| covers(child, offset)) {
        path.0.push(segment.clone());
        here = child;
    }
    (path, here)
}
