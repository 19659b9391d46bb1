//! The report of `auth check` for people.

use std::fmt::Write as _;

use neo4jbackup_core::auth::Verdict;
use neo4jbackup_core::quoted::Name;

use super::columns::{Cell, line};
use crate::auth_report::{AuthReport, Item, RowItem, Summary, Token};
use crate::json;
use crate::wrap::wrap;

/// The width of the first column, the verdict.
const VERDICT: usize = 7;
/// The least width of the second one, the topic.
const TOPIC: usize = 7;
/// The blanks before, between and behind the two.
const BLANKS: usize = 10;

/// How a page is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Whether to use colors.
    pub(crate) color: bool,
    /// The width of a line.
    pub(crate) width: usize,
}

/// The width that the topics of rows take.
pub(super) fn topic_width<'r>(rows: impl Iterator<Item = &'r RowItem>) -> usize {
    rows.map(|row| row.topic.len()).max().unwrap_or_default().max(TOPIC)
}

/// The whole report, with a line feed at the end.
pub(crate) fn text(report: &AuthReport, page: &Page) -> String {
    let mut text = String::new();
    let mut before = None;
    let topic = topic_width(report.items.iter().flat_map(|item| &item.rows));
    for item in &report.items {
        if before != Some(item.group()) {
            if before.is_some() {
                text.push('\n');
            }
            let _ = writeln!(text, "{}", wrap(&head(item), page.width, "  "));
            before = Some(item.group());
        }
        let place = item
            .place
            .as_deref()
            .map(|place| format!(" at {place}"))
            .unwrap_or_default();
        let _ = writeln!(text, "  {}{place}", item.word());
        for row in &item.rows {
            self::row(row, topic, page, &mut text);
        }
    }
    for token in &report.tokens {
        self::token(token, page, &mut text);
    }
    if !report.items.is_empty() {
        let _ = writeln!(text, "\n{}", summary(report));
    }
    text
}

/// Whose identity it is, and which.
fn head(item: &Item) -> String {
    let (namespace, account, _, identity) = item.group();
    let account = match account {
        Some(account) => format!("ServiceAccount {}", Name(account)),
        None => "account not known".to_owned(),
    };
    let identity = identity
        .map(|identity| format!(" {}", Name(identity)))
        .unwrap_or_default();
    format!(
        "{account} in namespace {}: {}{identity}",
        Name(namespace),
        item.method_name
    )
}

/// A line for one thing that was looked at, with what to do; `topic` is the width of the longest of their names.
pub(super) fn row(row: &RowItem, topic: usize, page: &Page, text: &mut String) {
    let begin = VERDICT + topic + BLANKS;
    let color = match row.verdict {
        Verdict::Ok => "\u{1b}[32m",
        Verdict::Note => "",
        Verdict::Unknown | Verdict::Warning => "\u{1b}[33m",
        Verdict::Wrong => "\u{1b}[31m",
    };
    let cells = [
        Cell {
            text: word(row.verdict).to_owned(),
            color: Some(color).filter(|color| page.color && !color.is_empty()),
        },
        Cell::plain(row.topic),
    ];
    // The last cell of a line has no blanks behind it; the sentence follows.
    let head = line(&[cells.as_slice(), &[Cell::plain("|")]].concat(), &[VERDICT, topic, 1]);
    let head = head.trim_end().trim_end_matches('|');
    let code = row.code.map(|code| format!(" [{code}]")).unwrap_or_default();
    let indent = " ".repeat(begin);
    let said = wrap(&format!("{}{code}", row.text), page.width.saturating_sub(begin), "");
    let _ = writeln!(text, "    {head}{}", said.replace('\n', &format!("\n{indent}")));
    if row.verdict == Verdict::Ok || row.verdict == Verdict::Note {
        return;
    }
    let help = Some(row.help.as_str()).filter(|help| !help.is_empty());
    for (word, said) in [("fix", help), ("run", row.command.as_deref())] {
        let Some(said) = said else { continue };
        let said = if word == "run" {
            said.to_owned()
        } else {
            wrap(said, page.width.saturating_sub(begin + 5), "")
        };
        let _ = writeln!(
            text,
            "{indent}{word}: {}",
            said.replace('\n', &format!("\n{indent}     "))
        );
    }
}

/// The word for what came of it.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Note => "note",
        Verdict::Unknown => "unknown",
        Verdict::Warning => "warning",
        Verdict::Wrong => "WRONG",
    }
}

fn token(token: &Token, page: &Page, text: &mut String) {
    let _ = writeln!(
        text,
        "\nToken of ServiceAccount {} in namespace {} for {}",
        Name(&token.account),
        Name(&token.namespace),
        token.provider
    );
    if let Some(reason) = &token.reason {
        let _ = writeln!(
            text,
            "  {}",
            wrap(&format!("none was given: {reason}"), page.width.saturating_sub(2), "  ")
        );
    }
    let audiences = token.audiences.iter().map(|audience| Name(audience).to_string());
    let audiences = audiences.collect::<Vec<_>>().join(", ");
    let rows = [
        ("issuer", token.issuer.as_deref().unwrap_or("not known")),
        ("subject", &token.subject),
        ("audience", if audiences.is_empty() { "not known" } else { &audiences }),
        ("expires", token.expires.as_deref().unwrap_or("not known")),
        ("names", token.named.as_deref().unwrap_or("no identity")),
    ];
    for (word, said) in rows {
        let _ = writeln!(text, "  {word:<10}{}", Name(said));
    }
    let Some(trust) = &token.trust else {
        let _ = writeln!(text, "  no token is taken for this identity");
        return;
    };
    let _ = writeln!(text, "  It is let in by this, which is {}:", trust.document.title);
    text.push_str(&indented(&json::pretty(&trust.document.body)));
    let _ = writeln!(text, "  {}", trust.document.command);
    if !trust.open.is_empty() {
        let _ = writeln!(text, "  to fill in: {}", trust.open.join(", "));
    }
}

/// The lines, each behind blanks.
pub(super) fn indented(lines: &str) -> String {
    lines.lines().map(|line| format!("    {line}\n")).collect()
}

fn summary(report: &AuthReport) -> String {
    let counts = counts(&report.summary);
    let objects = report.items.len();
    let objects = format!("{objects} {}", if objects == 1 { "object" } else { "objects" });
    if counts.is_empty() && report.is_of_stores {
        return format!("{objects}: nothing has failed");
    }
    if counts.is_empty() {
        return format!("{objects}: nothing is wrong with their identities");
    }
    format!("{objects}: {counts}")
}

/// How much is not as it has to be; empty where everything is.
pub(super) fn counts(summary: &Summary) -> String {
    let count = |count: usize, word: &str| (count > 0).then(|| format!("{count} {word}"));
    let warnings = if summary.warning == 1 { "warning" } else { "warnings" };
    let counts = [
        count(summary.wrong, "wrong"),
        count(summary.warning, warnings),
        count(summary.unknown, "not known"),
    ];
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
