//! What has changed from one report to another, for people.

use std::fmt::Write as _;

use neo4jbackup_core::quoted::{Name, printable, quoted};
use serde_json::Value;

use super::doctor::object;
use super::summary::number;
use crate::report_diff::{FieldChange, NewEvent, ReportDiff, Side};
use crate::wrap::wrap;

/// How many objects and how many events are listed; JSON has all.
const MOST: usize = 40;

/// The whole, with a line feed at the end.
pub(crate) fn text(diff: &ReportDiff, width: usize) -> String {
    let mut text = String::new();
    for (word, Side { bundle, taken_at }) in [("before", &diff.before), ("after", &diff.after)] {
        let _ = writeln!(text, "{word:<8}{bundle}, taken {}", Name(taken_at));
    }
    let mut line = |indent: &str, line: &str| {
        let line = wrap(line, width.saturating_sub(indent.len() + 2), "");
        let _ = writeln!(text, "{indent}{}", line.replace('\n', &format!("\n{indent}  ")));
    };
    for change in &diff.diagnoses {
        let severity = match change.severity_before {
            Some(before) if before != change.severity => format!("{before} → {}", change.severity),
            _ => change.severity.to_string(),
        };
        let (word, object, message) = (change.change, object(&change.object), printable(&change.message));
        line(
            "  ",
            &format!("{word} {severity} {object}: {message} [{}]", change.code),
        );
    }
    for change in diff.objects.iter().take(MOST) {
        line("  ", &format!("{} {}", change.change, object(&change.object)));
        for field in &change.fields {
            line("    ", &self::field(field));
        }
    }
    if diff.objects.len() > MOST {
        let more = diff.objects.len() - MOST;
        line("  ", &format!("and {more} more objects; `-o json` lists all"));
    }
    // The newest say most.
    let older = diff.events.len().saturating_sub(MOST);
    if older > 0 {
        line("  ", &format!("{older} older events; `-o json` lists all"));
    }
    for event in &diff.events[older..] {
        line("  ", &self::event(event));
    }
    for reason in &diff.not_compared {
        line("  ", &format!("not compared: {}", printable(reason)));
    }
    text + &summary(diff) + "\n"
}

fn summary(diff: &ReportDiff) -> String {
    let counts = [
        (diff.diagnoses.len(), "diagnosis", "diagnoses"),
        (diff.objects.len(), "object", "objects"),
        (diff.events.len(), "event", "events"),
    ];
    let counts = counts.into_iter().filter(|(count, ..)| *count > 0);
    let counts: Vec<_> = counts
        .map(|(count, one, several)| format!("{count} {}", if count == 1 { one } else { several }))
        .collect();
    match (counts.as_slice(), diff.not_compared.len()) {
        ([], 0) => "nothing has changed".to_owned(),
        ([], reasons) => format!(
            "nothing has changed, but not everything could be compared ({})",
            number(reasons, "reason")
        ),
        (counts, _) => format!("changed: {}", counts.join(", ")),
    }
}

/// `event Warning BackOff Pod graph/x, 3 times, last 2026-06-01T00:00:00Z: …`.
fn event(event: &NewEvent) -> String {
    let (severity, reason, object) = (Name(&event.severity), Name(&event.reason), object(&event.object));
    let times = number(
        usize::try_from(event.count - event.count_before).unwrap_or(usize::MAX),
        "time",
    );
    let last = event.last.as_deref().unwrap_or("nobody knows when");
    let (last, message) = (Name(last), printable(&event.message));
    format!("event {severity} {reason} {object}, {times}, last {last}: {message}")
}

fn field(change: &FieldChange) -> String {
    let value = |value: &Option<Value>| match value {
        None => "absent".to_owned(),
        Some(Value::String(text)) => quoted(text).to_string(),
        Some(other) => quoted(&other.to_string()).to_string(),
    };
    format!(
        "{}: {} → {}",
        Name(&change.path),
        value(&change.before),
        value(&change.after)
    )
}
