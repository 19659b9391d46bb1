//! What is shown of the place under a pointer: what is wrong there, with the page of its rule, and what the field is for.

use neo4jbackup_core::document::{Document, Path, Segment, Spans};
use neo4jbackup_core::field::Field;
use neo4jbackup_core::lint::File;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::registry;

use super::cursor::{self, Notation, Part};
use super::fields::{Reader, Schemas};
use crate::render::markdown::prose;
use crate::report::Finding;

/// The page for a byte of a text, in Markdown, and the stretch that it is about.
pub(super) fn page(
    text: &str,
    offset: usize,
    is_json: bool,
    file: Option<&File<'_>>,
    findings: &[Finding],
    schemas: Schemas<'_>,
) -> Option<(String, Option<(usize, usize)>)> {
    let here = |finding: &&Finding| (finding.place.start..=finding.place.end).contains(&offset);
    let line = |offset: usize| text.get(..offset).map_or(0, |before| before.matches('\n').count());
    // A block is underlined in its first line only.
    let in_line = |finding: &&Finding| line(finding.place.start) == line(offset);
    let findings: Vec<&Finding> = findings.iter().filter(here).filter(in_line).collect();
    let mut parts: Vec<String> = findings.iter().map(|finding| of_finding(finding)).collect();
    let field = file
        .and_then(|file| of_document(file, offset, schemas))
        .or_else(|| of_line(text, offset, is_json, schemas));
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
        finding.code,
        finding.name,
        finding.severity,
        prose(&finding.message)
    );
    if !finding.help.is_empty() {
        page.push_str(&format!("\nhelp: {}\n", prose(&finding.help)));
    }
    for fact in &finding.evidence {
        page.push_str(&format!("\n- {}", prose(fact)));
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
fn of_document(file: &File<'_>, offset: usize, schemas: Schemas<'_>) -> Option<(String, Place)> {
    let is_there = |document: &&Document<'_>| covers(&document.spans, offset);
    let document = file.documents.iter().find(is_there)?;
    let text = |path: &'static str| Field::at(&document.root, path).str().unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let operator = schemas.operator.or_else(|| {
        let (_, version) = api_version.split_once('/')?;
        Some(Operator::assumed(version, &document.root))
    });
    let reader = Schemas { operator, ..schemas }.reader(api_version, kind)?;
    let (path, spans) = innermost(&document.spans, offset);
    let key = spans.key?;
    // Between the fields of an object there is nothing to say.
    let is_on_key = (key.start.offset..=key.end.offset).contains(&offset);
    (is_on_key || spans.children.is_empty()).then_some(())?;
    let page = page_of(reader, &path)?;
    Some((page, Some((key.start.offset, key.end.offset))))
}

fn page_of(reader: Reader<'_>, path: &Path) -> Option<String> {
    if let [segment] = path.0.as_slice()
        && *segment == Segment::Key("kind".to_owned())
    {
        return Some(format!("**{}**: {}", reader.kind.name(), reader.kind.schema().text));
    }
    reader.page(&path.0)
}

/// The field at a byte of what could not be read: whose key or value it is, or else in whose line it is.
fn of_line(text: &str, offset: usize, is_json: bool, schemas: Schemas<'_>) -> Option<(String, Place)> {
    let line = text.get(offset..)?.lines().next()?;
    let word = line
        .find(|letter: char| !letter.is_alphanumeric())
        .unwrap_or(line.len());
    let at = |offset| {
        let mut cursor = cursor::at(text, offset, is_json)?;
        if cursor.part != Part::Value {
            let key = text.get(cursor.typed.start..offset).filter(|key| !key.is_empty())?;
            cursor.path.push(Segment::Key(key.to_owned()));
        }
        let reader = schemas.reader(cursor.api_version, cursor.kind)?;
        Some((cursor.notation, page_of(reader, &Path(cursor.path))?))
    };
    let in_block = |offset| at(offset).filter(|(notation, _)| *notation == Notation::Block);
    let end = offset + line.len();
    let here = at(offset + word).or_else(|| in_block(end)).or_else(|| {
        let line = text.get(..end)?;
        let colon = line.rfind(": ").or_else(|| line.strip_suffix(':').map(str::len))?;
        (colon >= line.rfind('\n').unwrap_or(0)).then(|| in_block(colon))?
    });
    here.map(|(_, page)| (page, None))
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
