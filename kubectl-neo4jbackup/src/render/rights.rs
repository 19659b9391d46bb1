//! The report of `rbac check` in many formats.

use std::collections::BTreeMap;

use neo4jbackup_core::quoted::{Name, printable};

use super::columns::{Cell, table};
use crate::cli::RightsFormat;
use crate::json;
use crate::rights_report::{Item, Left, Need, RightsReport, State};
use crate::wrap::wrap;
use crate::yaml;

/// Of more actions than this the rest is counted.
const MOST_NAMED: usize = 4;

/// How a page is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Whether what is as it has to be has a line of its own.
    pub(crate) shows_all: bool,
    /// The width of a line of notes.
    pub(crate) width: usize,
}

/// The whole report, with a line feed at the end.
pub(crate) fn render(report: &RightsReport, format: RightsFormat, page: &Page) -> String {
    match format {
        RightsFormat::Table => text(report, page),
        RightsFormat::Json => json::pretty(report),
        RightsFormat::Yaml => yaml::of(report),
    }
}

fn text(report: &RightsReport, page: &Page) -> String {
    let mut rows = vec![["SUBJECT", "NEED", "STATE", "VIA"].map(Cell::plain).to_vec()];
    for item in &report.items {
        rows.extend(rows_of(item, page));
    }
    let mut output = if rows.len() > 1 { table(&rows) } else { String::new() };
    for note in notes(report) {
        output += &wrap(&note.text, page.width, "  ");
        output.push('\n');
        // Whoever copies a command gets all of it.
        for command in note.commands {
            output += &format!("  {command}\n");
        }
    }
    output
}

fn row(item: &Item, need: &str, state: &str, via: &str) -> Vec<Cell> {
    let subject = format!("{} {}", item.subject, item.name);
    [subject.as_str(), need, state, via].map(Cell::plain).to_vec()
}

fn rows_of(item: &Item, page: &Page) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    let allowed = item.needs.iter().filter(|need| need.state == State::Allowed).count();
    if let Some(why) = item.needs_nothing.as_ref().filter(|_| item.excess.is_empty()) {
        rows.push(row(item, "no right", "ok", why));
    } else if !page.shows_all && allowed > 0 {
        rows.push(row(
            item,
            &format!("{allowed} of {} rights", item.needs.len()),
            "ok",
            "",
        ));
    }
    for state in [State::Missing, State::Unknown, State::Allowed] {
        if state == State::Allowed && !page.shows_all {
            continue;
        }
        for (key, verbs) in by_resource(item, state) {
            let (rest, namespace, via, reason) = key;
            let need = format!("{} {rest}{}", verbs.join(","), place(namespace));
            let (word, via) = match state {
                State::Missing => ("MISSING", reason),
                State::Unknown => ("unknown", reason),
                State::Allowed => ("ok", via),
            };
            rows.push(row(item, &need, word, via));
        }
    }
    for left in &item.excess {
        let word = if left.counts { "EXCESS" } else { "beyond" };
        rows.push(row(
            item,
            &format!(
                "{}{}",
                actions(left),
                place(left.namespace.as_deref().unwrap_or_default())
            ),
            word,
            &left.via,
        ));
    }
    rows
}

fn place(namespace: &str) -> String {
    if namespace.is_empty() {
        String::new()
    } else {
        format!(" in {}", Name(namespace))
    }
}

/// What without its verb, where, by which way, what for.
type Key<'n> = (String, &'n str, &'n str, &'n str);

/// The verbs of needs that differ in nothing else, in the order of the needs.
fn by_resource(item: &Item, state: State) -> Vec<(Key<'_>, Vec<String>)> {
    let mut groups: Vec<(Key<'_>, Vec<String>)> = Vec::new();
    for need in item.needs.iter().filter(|need| need.state == state) {
        let key = key(need);
        let verb = printable(need.action.verb.as_str()).into_owned();
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, verbs)) => verbs.push(verb),
            None => groups.push((key, vec![verb])),
        }
    }
    groups
}

fn key(need: &Need) -> Key<'_> {
    let words = need.action.to_string();
    let rest = words.split_once(' ').map_or("", |(_, rest)| rest).to_owned();
    (
        rest,
        &need.action.namespace,
        need.via.as_deref().unwrap_or_default(),
        need.reason,
    )
}

/// What a rule gives beyond the need, with the verbs of a resource together.
fn actions(left: &Left) -> String {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for action in &left.actions {
        let (verb, rest) = action.split_once(' ').unwrap_or((action, ""));
        groups.entry(rest).or_default().push(verb);
    }
    let mut words: Vec<String> = groups
        .iter()
        .take(MOST_NAMED)
        .map(|(rest, verbs)| format!("{} {rest}", verbs.join(",")))
        .collect();
    if groups.len() > MOST_NAMED {
        words.push(format!("{} more", groups.len() - MOST_NAMED));
    }
    words.join("; ")
}

/// A sentence, and the commands that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    text: String,
    commands: Vec<String>,
}

impl From<String> for Note {
    fn from(text: String) -> Self {
        Self {
            text,
            commands: Vec::new(),
        }
    }
}

fn notes(report: &RightsReport) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let mut ways: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for item in &report.items {
        let subjects = ways.entry(item.answered_by).or_default();
        if !subjects.contains(&item.subject) {
            subjects.push(item.subject);
        }
    }
    for (way, subjects) in ways {
        let subjects = subjects.join(", ");
        let text = match way {
            "roles" => format!("Reckoned from roles and bindings, since the API server may not be asked: {subjects}."),
            "unknown" => {
                format!("Not known, since neither the API server may be asked nor all roles be read: {subjects}.")
            }
            way => format!("Asked of the API server by {way}: {subjects}."),
        };
        notes.push(text.into());
    }
    let namespaces: std::collections::BTreeSet<&str> = report
        .items
        .iter()
        .flat_map(|item| &item.excess)
        .filter(|left| left.counts && left.from_old_operator)
        .filter_map(|left| left.namespace.as_deref())
        .collect();
    for namespace in namespaces {
        notes.push(Note {
            text: format!("An operator 0.x left these rights in {}:", Name(namespace)),
            commands: vec![format!(
                "kubectl neo4jbackup rbac repair -n {} --prune",
                Name(namespace)
            )],
        });
    }
    for item in &report.items {
        if item.needs.iter().any(|need| need.state == State::Missing) {
            let note = Note {
                text: format!("Roles that give what {} lacks:", item.name),
                commands: item.remedies.clone(),
            };
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes
}
