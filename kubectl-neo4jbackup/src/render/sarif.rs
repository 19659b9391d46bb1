//! SARIF 2.1.0, for code scanning of GitHub, Azure DevOps and editors.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use neo4jbackup_core::finding::{Severity, SuppressedBy};
use neo4jbackup_core::quoted::{Name, printable};
use neo4jbackup_core::registry;
use neo4jbackup_core::rule::RuleMeta;
use serde_json::{Value, json};

use super::{Context, Format, sentence};
use crate::input::STDIN;
use crate::json::pretty;
use crate::report::{Finding, LintReport, Location, Related, fingerprints, object_name};

/// GitHub refuses a run with more.
const MOST_RESULTS: usize = 25_000;

pub(super) struct Sarif;

impl Format for Sarif {
    fn render(&self, report: &LintReport, context: &Context<'_>) -> String {
        let metas: Vec<&RuleMeta> = registry::all().iter().map(|rule| rule.meta()).collect();
        let positions: BTreeMap<&str, usize> = metas
            .iter()
            .enumerate()
            .map(|(position, meta)| (meta.code, position))
            .collect();
        let fingerprints = fingerprints(&report.findings);
        let results: Vec<Value> = kept(report)
            .into_iter()
            .map(|number| {
                let (finding, fingerprint) = (&report.findings[number], &fingerprints[number]);
                result(finding, fingerprint, positions.get(finding.code).copied(), context)
            })
            .collect();
        let gaps = report.skipped.iter().filter(|skipped| skipped.code.is_none());
        let is_complete = !report.skipped.iter().any(|skipped| skipped.is_gap);
        let notifications = gaps.map(|gap| {
            let mut notification = json!({
                "level": if gap.is_gap { "error" } else { "note" },
                "message": {"text": plain(&format!("{} {}", Name(&gap.file), gap.reason))},
            });
            if let Some(place) = context.checkout.place(&gap.file) {
                notification["locations"] = json!([{"physicalLocation": {"artifactLocation": {"uri": uri(&place)}}}]);
            }
            notification
        });
        let cut = self
            .cut(report)
            .map(|cut| json!({"level": "warning", "message": {"text": cut}}));
        let notifications: Vec<Value> = cut.into_iter().chain(notifications).collect();
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "kubectl-neo4jbackup",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "informationUri": env!("CARGO_PKG_REPOSITORY"),
                    "rules": metas.iter().map(|meta| rule(meta)).collect::<Vec<Value>>(),
                }},
                // Columns are counted in characters everywhere else, too.
                "columnKind": "unicodeCodePoints",
                "invocations": [{
                    "executionSuccessful": is_complete,
                    "toolExecutionNotifications": notifications,
                }],
                "results": results,
            }],
        });
        pretty(&log)
    }

    fn cut(&self, report: &LintReport) -> Option<String> {
        let all = report.findings.len();
        (all > MOST_RESULTS).then(|| {
            format!(
                "SARIF: GitHub takes no more than {MOST_RESULTS} results of a run, so {} of {all} were left out: what is accepted \
                 first, then the least severe",
                all - MOST_RESULTS
            )
        })
    }
}

/// The numbers of the findings that are written: of too many those that nobody has accepted, of these the most severe, and of
/// these the first.
fn kept(report: &LintReport) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..report.findings.len()).collect();
    if numbers.len() > MOST_RESULTS {
        numbers.sort_by_key(|number| {
            let finding = &report.findings[*number];
            (finding.suppressed.is_some(), Reverse(finding.severity))
        });
        numbers.truncate(MOST_RESULTS);
        numbers.sort_unstable();
    }
    numbers
}

fn rule(meta: &RuleMeta) -> Value {
    let docs: String = meta
        .docs
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned() + "\n")
        .collect();
    json!({
        "id": meta.code,
        "name": meta.name,
        "shortDescription": {"text": meta.summary()},
        "fullDescription": {"text": meta.summary()},
        "help": {"text": docs, "markdown": docs},
        "helpUri": meta.url(),
        "defaultConfiguration": {"level": level(meta.severity)},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(finding: &Finding, fingerprint: &str, rule: Option<usize>, context: &Context<'_>) -> Value {
    let location = &finding.location;
    let text = context.texts.get(finding.place.text).copied().unwrap_or_default();
    let place = context.checkout.place(&location.file);
    let object = finding.object_name();
    let mut result = json!({
        "ruleId": finding.code,
        "level": level(finding.severity),
        "message": {"text": plain(&sentence(finding))},
        "locations": [{
            "physicalLocation": physical(Some(location), &object, context),
            "logicalLocations": [{"fullyQualifiedName": logical_name(&object, &finding.field)}],
        }],
        "partialFingerprints": {"finding/v1": fingerprint},
    });
    if !finding.related.is_empty() {
        let places = finding.related.iter().map(|place| related(finding, place, context));
        result["relatedLocations"] = places.collect();
    }
    if let Some(position) = rule {
        result["ruleIndex"] = position.into();
    }
    if let Some(suppressed) = &finding.suppressed {
        let kind = match suppressed.by {
            SuppressedBy::Baseline => "external",
            SuppressedBy::Annotation | SuppressedBy::Comment => "inSource",
        };
        result["suppressions"] = json!([{"kind": kind, "justification": plain(&suppressed.reason)}]);
    }
    let fix = finding.fix.as_ref().filter(|fix| !fix.replacements.is_empty());
    if let Some((fix, place)) = fix.zip(place) {
        let replacements: Vec<Value> = fix
            .replacements
            .iter()
            .map(|replacement| {
                let known = (finding.place.start, location.line);
                let (start_line, start_column) = position(text, known, replacement.start);
                let (end_line, end_column) = position(text, known, replacement.end);
                json!({
                    "deletedRegion": {
                        "startLine": start_line, "startColumn": start_column,
                        "endLine": end_line, "endColumn": end_column,
                    },
                    "insertedContent": {"text": replacement.text},
                })
            })
            .collect();
        result["fixes"] = json!([{
            "description": {"text": plain(&fix.title)},
            "artifactChanges": [{"artifactLocation": {"uri": uri(&place)}, "replacements": replacements}],
        }]);
    }
    result
}

/// A place that has to do with the finding.
fn related(finding: &Finding, place: &Related, context: &Context<'_>) -> Value {
    let object = place.object.as_ref().or(finding.object.as_ref());
    let object = object.map(object_name).unwrap_or_default();
    json!({
        "message": {"text": plain(&place.text)},
        "physicalLocation": physical(place.location.as_ref(), &object, context),
        "logicalLocations": [{"fullyQualifiedName": logical_name(&object, &place.field)}],
    })
}

/// Where something stands. GitHub refuses a whole report in which one place has no address. So what is in no file of the
/// checkout stands at the name of its object: the path of a file elsewhere is nothing that the report is to tell.
fn physical(location: Option<&Location>, object: &str, context: &Context<'_>) -> Value {
    let there = location.and_then(|location| Some((context.checkout.place(&location.file)?, location)));
    let Some((place, location)) = there else {
        return json!({
            "artifactLocation": {"uri": uri(&stand_in(object, location))},
            "region": {"startLine": 1},
        });
    };
    json!({
        "artifactLocation": {"uri": uri(&place)},
        "region": {
            "startLine": location.line,
            "startColumn": location.column,
            "endLine": location.end_line,
            "endColumn": location.end_column,
        },
    })
}

/// What has the place of a path where there is none to tell: the parts of the name of an object. That is text of others, so
/// that none of it may lead anywhere.
fn stand_in(object: &str, location: Option<&Location>) -> String {
    let parts = object.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    let parts: Vec<String> = parts.map(|part| Name(part).to_string()).collect();
    match location {
        _ if !parts.is_empty() => parts.join("/"),
        Some(location) if location.file == STDIN => "stdin".to_owned(),
        _ => "elsewhere".to_owned(),
    }
}

fn logical_name(object: &str, field: &str) -> String {
    let parts = [Name(object).to_string(), field.to_owned()];
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A text in which viewers find no link: they make one of `[text](address)`.
fn plain(text: &str) -> String {
    printable(text).replace("](", "]\\u{28}")
}

/// Line and column, from 1, of a byte, counted from a byte near it whose line is known.
fn position(text: &str, (known, line): (usize, usize), offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let lines = |from: usize, to: usize| text.get(from..to).unwrap_or_default().matches('\n').count();
    let line = (line + lines(known, before.len())).saturating_sub(lines(before.len(), known));
    let line_start = before.rfind('\n').map_or(0, |position| position + 1);
    let column = before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1;
    (line, column)
}

/// The place of a file as a relative URI.
fn uri(place: &str) -> String {
    let mut output = String::new();
    for byte in place.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => output.push(char::from(byte)),
            _ => output.push_str(&format!("%{byte:02X}")),
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri() {
        assert_eq!(uri("deploy/a b#1.yaml"), "deploy/a%20b%231.yaml");
        assert_eq!(uri("c:/ü"), "c%3A/%C3%BC");
    }

    #[test]
    fn the_name_of_an_object_leads_nowhere() {
        for (object, expected) in [
            ("Neo4jBackup/graph/nightly", "Neo4jBackup/graph/nightly"),
            ("https://example.org/../x", "https%3A/example.org/x"),
            ("//../etc/./passwd", "etc/passwd"),
            ("a?b#c", "a%3Fb%23c"),
            ("../..", "elsewhere"),
            ("", "elsewhere"),
        ] {
            assert_eq!(uri(&stand_in(object, None)), expected, "{object}");
        }
    }

    #[test]
    fn a_byte_has_a_line_and_a_column_in_characters() {
        assert_eq!(position("\u{feff}äb\nc", (7, 2), 5), (1, 2));
        assert_eq!(position("äb\nc", (0, 1), 4), (2, 1));
    }
}
