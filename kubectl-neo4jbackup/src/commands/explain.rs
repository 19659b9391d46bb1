//! `explain`: the page of a rule or check, or what a log says.

mod check;
mod log;

use std::fmt::Write as _;

use neo4jbackup_core::check::CheckMeta;
use neo4jbackup_core::fix::FixKind;
use neo4jbackup_core::registry;
use neo4jbackup_core::rule::{Behavior, Change, Doors, RuleMeta};
use neo4jbackup_core::schema::Group;
use neo4jbackup_core::suppress::ANNOTATION;
use serde_json::{Value, json};

use super::usage;
use crate::cli::{Explain, PageFormat};
use crate::json::pretty;
use crate::render::grid;
use crate::report::API_VERSION;
use crate::suggest::UnknownRule;
use crate::wrap::wrap;
use crate::{Exit, Io};

const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";
/// Text wider than this is hard to read, however wide the terminal.
const WIDEST: usize = 100;

/// Runs the command.
pub(super) fn run(arguments: &Explain, color: bool, io: &mut Io<'_>) -> Exit {
    if let Some(file) = &arguments.log {
        return log::run(file, arguments.output, io);
    }
    let text = match &arguments.rule {
        None => list(arguments.output, io.width()),
        Some(word) => match find(word) {
            Some(Entry::Rule(meta)) => page(meta, arguments.output, color, io.width().min(WIDEST)),
            Some(Entry::Check(meta)) => check::page(meta, arguments.output, color, io.width().min(WIDEST)),
            None => return usage(io, &UnknownRule::new(word)),
        },
    };
    io.print(&text);
    Exit::Good
}

/// What has a code.
enum Entry {
    Rule(&'static RuleMeta),
    Check(&'static CheckMeta),
}

fn find(word: &str) -> Option<Entry> {
    let words = [word.to_ascii_uppercase(), word.to_ascii_lowercase()];
    words.iter().find_map(|word| {
        let rule = registry::rule(word).map(Entry::Rule);
        rule.or_else(|| registry::check(word).map(Entry::Check))
    })
}

fn list(format: PageFormat, width: usize) -> String {
    let metas = registry::all().iter().map(|rule| rule.meta());
    let checks = registry::checks().iter().map(|check| check.meta());
    match format {
        PageFormat::Json => pretty(&json!({
            "apiVersion": API_VERSION,
            "kind": "RuleList",
            "items": metas.map(object).chain(checks.map(check::object)).collect::<Vec<Value>>(),
        })),
        PageFormat::Markdown => {
            let mut text = String::from("| code | name | severity | what |\n|---|---|---|---|\n");
            let rules = metas.map(|meta| (meta.code, meta.url(), meta.name, meta.severity, meta.summary()));
            let checks = checks.map(|meta| (meta.code, meta.url(), meta.name, meta.severity, meta.summary()));
            for (code, url, name, severity, summary) in rules.chain(checks) {
                let summary = summary.replace('|', "\\|");
                let _ = writeln!(text, "| [{code}]({url}) | `{name}` | {severity} | {summary} |");
            }
            text
        }
        PageFormat::Text => {
            let mut rows = grid::plain(width);
            rows.set_header(["CODE", "SEVERITY", "NAME", "SUMMARY"]);
            for meta in metas {
                rows.add_row([meta.code, &meta.severity.to_string(), meta.name, meta.summary()]);
            }
            for meta in checks {
                rows.add_row([meta.code, &meta.severity.to_string(), meta.name, meta.summary()]);
            }
            grid::lines(&rows)
        }
    }
}

fn page(meta: &RuleMeta, format: PageFormat, color: bool, width: usize) -> String {
    match format {
        PageFormat::Json => {
            let mut value = object(meta);
            value["apiVersion"] = API_VERSION.into();
            value["kind"] = "Rule".into();
            pretty(&value)
        }
        PageFormat::Markdown => format!("# {} {}\n\n{}", meta.code, meta.name, meta.page()),
        PageFormat::Text => terminal(meta, color, width),
    }
}

fn terminal(meta: &RuleMeta, color: bool, width: usize) -> String {
    let (bold, plain) = if color { (BOLD, PLAIN) } else { ("", "") };
    let mut text = format!("{bold}{} {}{plain}\n", meta.code, meta.name);
    let _ = writeln!(
        text,
        "{}; found in {}; fix: {}\n",
        meta.severity,
        doors(meta.doors),
        fix(meta.fix)
    );
    text.push_str(&prose(&meta.page(), color, width));
    let _ = writeln!(
        text,
        "{bold}Accepting it{plain}\nSay why, on the object or on the line before the field:\n"
    );
    let _ = writeln!(
        text,
        "    metadata:\n      annotations:\n        {ANNOTATION}{}: \"why it is accepted\"\n",
        meta.code
    );
    let _ = writeln!(text, "    # neo4jbackup:ignore {} why it is accepted\n", meta.code);
    let _ = writeln!(text, "{}", meta.url());
    text
}

/// A page in Markdown as a terminal shows it.
fn prose(docs: &str, color: bool, width: usize) -> String {
    let (bold, plain) = if color { (BOLD, PLAIN) } else { ("", "") };
    let mut text = String::new();
    let mut paragraph = String::new();
    let mut in_code = false;
    for line in docs.lines().chain([""]) {
        let is_fence = line.trim_start().starts_with("```");
        let is_text = !in_code && !is_fence && !line.starts_with('#') && !line.trim().is_empty();
        let begins_item = line.starts_with("- ") || line.starts_with("* ") || line.starts_with('|');
        if !paragraph.is_empty() && (!is_text || begins_item) {
            let indent = if paragraph.starts_with("- ") { "  " } else { "" };
            let _ = writeln!(text, "{}", wrap(&paragraph, width, indent));
            paragraph.clear();
        }
        if is_fence {
            in_code = !in_code;
        } else if in_code {
            let _ = writeln!(text, "    {line}");
        } else if line.starts_with('#') {
            let _ = writeln!(text, "{bold}{}{plain}", line.trim_start_matches('#').trim());
        } else if is_text {
            paragraph.push_str(line);
            paragraph.push(' ');
        } else if !text.ends_with("\n\n") {
            text.push('\n');
        }
    }
    text
}

fn doors(doors: Doors) -> &'static str {
    match doors {
        Doors::All => "files and by the webhook",
        Doors::Files => "files",
        Doors::Reviews => "objects that reach the webhook",
    }
}

fn fix(kind: FixKind) -> &'static str {
    match kind {
        FixKind::None => "by hand",
        FixKind::Default => "the webhook fills it in, or `lint --fix`",
        FixKind::Safe => "`lint --fix`",
        FixKind::Unsafe => "`lint --fix --unsafe`",
    }
}

fn object(meta: &RuleMeta) -> Value {
    json!({
        "code": meta.code,
        "name": meta.name,
        "severity": meta.severity,
        "summary": meta.summary(),
        "groups": meta.groups().map(Group::name).collect::<Vec<_>>(),
        "kinds": meta.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        "reads": meta.reads,
        "doors": match meta.doors { Doors::All => "all", Doors::Files => "files", Doors::Reviews => "reviews" },
        "fix": meta.fix,
        "since": meta.since,
        "url": meta.url(),
        "operators": meta.operators.iter().map(behavior).collect::<Vec<_>>(),
        "changes": meta.changes.iter().map(change).collect::<Vec<_>>(),
        "docs": meta.page(),
    })
}

fn change(change: &Change) -> Value {
    json!({"operators": change.operators.to_string(), "text": change.text})
}

fn behavior(behavior: &Behavior) -> Value {
    json!({
        "operators": behavior.operators.to_string(),
        "severity": behavior.severity,
        "text": behavior.text,
    })
}
