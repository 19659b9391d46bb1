//! For people: each finding with the line that it is about, as compilers show it.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::fix::FixKind;
use neo4jbackup_core::quoted::Name;
use unicode_width::UnicodeWidthStr as _;

use super::{Context, Format, not_checked, open, summary};
use crate::lines::lines_with;
use crate::report::{Finding, LintReport};
use crate::wrap::wrap;

/// A line longer than this is machine output and not shown.
const LONGEST_LINE: usize = 4_096;
/// A finding over more lines than this shows the first of them.
const MOST_LINES: usize = 4;

pub(super) struct Text;

impl Format for Text {
    fn is_for_people(&self) -> bool {
        true
    }

    fn render(&self, report: &LintReport, context: &Context<'_>) -> String {
        let renderer = if context.color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(context.width);
        let mut output = String::new();
        for finding in open(report) {
            let source = context.texts.get(finding.place.text).copied().unwrap_or_default();
            output += &renderer.render(&[group(finding, source, context.width)]);
            output += "\n\n";
        }
        for line in not_checked(report) {
            output += &format!("{}\n", wrap(&format!("not checked: {line}"), context.width, "    "));
        }
        output + &wrap(&summary(report), context.width, "    ") + "\n"
    }
}

fn group<'f>(finding: &'f Finding, source: &'f str, width: usize) -> Group<'f> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    // Continued lines are put below the first by the renderer.
    let head = format!("{}[{}]: ", finding.severity, finding.code).len();
    let message = wrap(&finding.message, width.saturating_sub(head), "");
    let mut group = level
        .primary_title(message)
        .id(finding.code)
        .elements(Vec::<Origin<'_>>::new());
    let location = &finding.location;
    let field = finding.field.clone();
    let mut is_labelled = field.is_empty();
    let file = Name(&location.file).to_string();
    group = match excerpt(source, finding) {
        Some((lines, span)) => {
            let mut mark = AnnotationKind::Primary.span(span.clone());
            if has_room(&lines, &span, location.line, &field, width) {
                is_labelled = true;
                mark = mark.label(Some(field.clone()).filter(|field| !field.is_empty()));
            }
            group.element(
                Snippet::source(lines)
                    .path(file)
                    .line_start(location.line)
                    .annotation(mark),
            )
        }
        None => group.element(Origin::path(file).line(location.line).char_column(location.column)),
    };
    let room = width.saturating_sub(location.end_line.to_string().len() + 3);
    let note =
        |level: Level<'f>, name: &str, text: &str| level.message(wrap(text, room.saturating_sub(name.len() + 4), ""));
    let mut notes = Vec::new();
    if !is_labelled {
        notes.push(Level::NOTE.with_name("field").message(field));
    }
    if has_several_objects(source) && finding.object.is_some() {
        notes.push(note(
            Level::NOTE.with_name("in"),
            "in",
            &Name(&finding.object_name()).to_string(),
        ));
    }
    for fact in &finding.evidence {
        notes.push(note(Level::NOTE, "note", &with_place(finding, fact)));
    }
    if !finding.help.is_empty() {
        notes.push(note(Level::HELP, "help", &finding.help));
    }
    if let Some(advice) = fix_advice(finding) {
        notes.push(note(Level::NOTE.with_name("fix"), "fix", advice));
    }
    group.elements(notes)
}

/// The fact, and where in the files it stands.
fn with_place(finding: &Finding, fact: &str) -> String {
    let place = finding.related.iter().find(|related| related.text == fact);
    if let Some(object) = place
        .filter(|place| place.in_cluster)
        .and_then(|place| place.object.as_ref())
    {
        let parts = [&object.namespace, &object.name].map(|part| Name(part).to_string());
        return format!("{fact} (cluster: {} {})", Name(&object.kind), parts.join("/"));
    }
    match place.and_then(|related| related.location.as_ref()) {
        Some(location) => format!(
            "{fact} ({}:{}:{})",
            Name(&location.file),
            location.line,
            location.column
        ),
        None => fact.to_owned(),
    }
}

/// Whether the name of the field fits behind the mark that stands below the line.
fn has_room(lines: &str, span: &Range<usize>, line: usize, field: &str, width: usize) -> bool {
    let line_start = lines[..span.start].rfind('\n').map_or(0, |position| position + 1);
    let before = lines[line_start..span.start].width() + lines[span.clone()].lines().next().unwrap_or_default().width();
    // The number of the line, ` | ` and a blank before the name.
    line.to_string().len() + 3 + before + 1 + field.width() <= width
}

/// Whether a reader cannot tell from the file alone which object is meant.
fn has_several_objects(source: &str) -> bool {
    source.contains("\n---") || source.contains("kind: List")
}

fn fix_advice(finding: &Finding) -> Option<&'static str> {
    match finding.fix.as_ref()?.kind {
        FixKind::None => None,
        FixKind::Default | FixKind::Safe => Some("`--fix` does this"),
        FixKind::Unsafe => Some("`--fix --unsafe` does this; check that it is what you mean"),
    }
}

/// The lines of a finding, and the bytes in them that it is about.
fn excerpt(source: &str, finding: &Finding) -> Option<(String, Range<usize>)> {
    let (start, end) = (finding.place.start, finding.place.end.max(finding.place.start));
    let before = source.get(..start)?;
    let first = before.rfind('\n').map_or(0, |position| position + 1);
    // A byte order mark is part of no line.
    let first = if first == 0 && source.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8().min(start)
    } else {
        first
    };
    let rest = source.get(first..)?;
    let lines = finding.location.end_line.saturating_sub(finding.location.line) + 1;
    let length: usize = rest
        .split_inclusive('\n')
        .take(lines.min(MOST_LINES))
        .map(str::len)
        .sum();
    let text = rest[..length].trim_end_matches(['\n', '\r']);
    if text.is_empty() || text.lines().any(|line| line.len() > LONGEST_LINE) {
        return None;
    }
    let from = (start - first).min(text.len());
    // The renderer knows tabs, and shows other control characters in its own way or not at all.
    Some(lines_with(text, from..(end - first).clamp(from, text.len())))
}
