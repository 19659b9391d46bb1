//! The least that a cloud has to allow, for people.

use std::fmt::Write as _;

use neo4jbackup_core::quoted::Name;

use super::auth::indented;
use crate::auth_policy::{AuthPolicy, Item};
use crate::json;
use crate::wrap::wrap;

/// The whole report, with a line feed at the end.
pub(crate) fn text(report: &AuthPolicy, width: usize) -> String {
    let mut text = String::new();
    for item in &report.items {
        self::item(item, width, &mut text);
    }
    let mut told: Vec<&str> = Vec::new();
    for item in report.items.iter().filter(|item| !item.common_mistakes.is_empty()) {
        if told.contains(&item.provider) {
            continue;
        }
        told.push(item.provider);
        let _ = writeln!(
            text,
            "What examples for {} get wrong that many have copied:",
            item.provider
        );
        for mistake in item.common_mistakes {
            let _ = writeln!(text, "- {}", wrap(mistake, width.saturating_sub(2), "  "));
        }
    }
    text
}

fn item(item: &Item, width: usize, text: &mut String) {
    let kind = if item.kind == "Neo4jBackup" {
        "backup"
    } else {
        "restore"
    };
    let place = item
        .place
        .as_deref()
        .map(|place| format!(" at {place}"))
        .unwrap_or_default();
    let _ = writeln!(
        text,
        "{kind}/{} in namespace {}{place}",
        Name(&item.name),
        Name(&item.namespace)
    );
    for document in &item.documents {
        let _ = writeln!(
            text,
            "  {}",
            wrap(&format!("{}:", document.title), width.saturating_sub(2), "  ")
        );
        text.push_str(&indented(&json::pretty(&document.body)));
        let _ = writeln!(text, "  {}\n", document.command);
    }
    for note in &item.notes {
        let _ = writeln!(text, "  note: {}", wrap(note, width.saturating_sub(8), "        "));
    }
    if !item.open.is_empty() {
        let _ = writeln!(text, "  to fill in: {}", item.open.join(", "));
    }
    text.push('\n');
}
