//! What the API server says and what the rules say of one object, each thing once.

use neo4jbackup_core::document::{Document, Segment};
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::lint::span_of;
use neo4jbackup_core::model::ObjectRef;
use neo4jbackup_core::quoted::{Name, printable};
use neo4jbackup_core::rule::RuleMeta;

use super::super::check::in_block;
use super::answer::{Said, Speaker};
use crate::input::{Role, Text};
use crate::report::{Finding, Location, Place};

/// The code of what no rule says.
const CODE: &str = "server";
const NAME: &str = "server-dry-run";
/// What there is to read about it.
const URL: &str = "https://github.com/neo4jbackup/neo4jbackup/blob/main/docs/ci.md#what-the-api-server-says";

/// Adds something that was said of the document at `place` (position of the text, position in it).
pub(super) fn add(
    findings: &mut Vec<Finding>,
    place: (usize, usize),
    text: &Text,
    document: &Document<'_>,
    said: &Said,
) {
    let field = said.path.to_string();
    let same = findings.iter_mut().find(|finding| {
        (finding.place.text, finding.place.document) == (place.0, Some(place.1)) && is_same(finding, said, &field)
    });
    if let Some(finding) = same {
        // A refusal is one, whatever the rule calls it here.
        finding.severity = finding.severity.max(said.severity);
        let confirmed = format!("{} says so, too", who(&said.speaker));
        if !finding.evidence.contains(&confirmed) {
            finding.evidence.push(confirmed);
        }
        return;
    }
    findings.push(new(place, text, document, said, field));
}

/// Whether a rule has found what was said. Words without a code are those of the schema, which a rule puts into its own; so
/// they are the same at the same field. What a stranger says at a field is something else.
fn is_same(finding: &Finding, said: &Said, field: &str) -> bool {
    // What somebody has accepted here, and the API server has not, is still in the way.
    if finding.suppressed.is_some() {
        return false;
    }
    match said.code() {
        Some(code) => finding.code == code && (finding.field == field || said.path.0.is_empty()),
        None if finding.code == CODE => finding.field == field && finding.message == message(said),
        None => said.speaker == Speaker::ApiServer && !field.is_empty() && finding.field == field,
    }
}

fn new(place: (usize, usize), text: &Text, document: &Document<'_>, said: &Said, field: String) -> Finding {
    let is_within =
        |segment: Option<&Segment>| matches!(segment, Some(Segment::Key(key)) if key == "metadata" || key == "spec");
    let span = if is_within(said.path.0.first()) {
        span_of(document, &said.path)
    } else {
        span_of(document, &neo4jbackup_core::document::Path::dotted("kind"))
    };
    let value = said.path.find(&document.root).and_then(|node| node.scalar_text());
    let finding = Finding {
        code: said.code().unwrap_or(CODE),
        name: said.rule.map_or(NAME, |rule| rule.name),
        severity: said.severity,
        message: message(said),
        help: String::new(),
        object: ObjectRef::of(&document.root),
        value: value.filter(|_| !field.is_empty()).map(str::to_owned),
        field,
        location: Location::new(&text.source.name, span),
        evidence: Vec::new(),
        related: Vec::new(),
        fix: None,
        suppressed: None,
        url: said.rule.map_or_else(|| URL.to_owned(), RuleMeta::url),
        place: Place {
            text: place.0,
            document: Some(place.1),
            start: span.start.offset,
            end: span.end.offset,
        },
    };
    match &text.role {
        Role::Block(block) => in_block(finding, block, text),
        _ => finding,
    }
}

fn message(said: &Said) -> String {
    let does = match said.severity {
        Severity::Error => "would refuse it",
        _ => "warns",
    };
    printable(format!("{} {does}: {}", who(&said.speaker), said.text)).into_owned()
}

fn who(speaker: &Speaker) -> String {
    match speaker {
        Speaker::ApiServer => "the API server".to_owned(),
        Speaker::Webhook(name) if name.is_empty() => "a webhook of the cluster".to_owned(),
        Speaker::Webhook(name) => format!("the webhook {}", Name(name)),
        Speaker::Policy(name) => format!("the policy {}", Name(name)),
    }
}
