//! The report of `schedule` in many formats.

use jiff::Timestamp;
use neo4jbackup_core::quoted::{Name, printable, quoted};

use super::columns::{Cell, table};
use crate::age::span;
use crate::cli::ScheduleFormat;
use crate::json;
use crate::schedule_list::{Item, Overlap, ScheduleList};
use crate::wrap::wrap;
use crate::yaml;

/// Of more overlaps or missed runs than this the rest is counted.
const MOST_NAMED: usize = 3;

/// How a page is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Whether there is a column of namespaces.
    pub(crate) has_namespaces: bool,
    /// The width of a line of notes.
    pub(crate) width: usize,
}

/// The whole report, with a line feed at the end.
pub(crate) fn render(list: &ScheduleList, format: ScheduleFormat, page: &Page) -> String {
    match format {
        ScheduleFormat::Text => text(list, page),
        ScheduleFormat::Json => json::pretty(list),
        ScheduleFormat::Yaml => yaml::of(list),
    }
}

fn text(list: &ScheduleList, page: &Page) -> String {
    if list.items.is_empty() {
        return String::new();
    }
    let now = list.about.checked_at;
    let is_utc = list.local_zone == "UTC";
    let mut rows = vec![header(page, is_utc)];
    for item in &list.items {
        rows.extend(rows_of(item, now, page, is_utc));
    }
    let mut output = table(&rows);
    output += &zone_line(list);
    for item in &list.items {
        for note in notes(item, list) {
            let target = match item.kind {
                "CronJob" => format!("cronjob/{}", Name(&item.name)),
                _ => Name(&item.name).to_string(),
            };
            let place = if page.has_namespaces {
                format!("{}/", Name(&item.namespace))
            } else {
                String::new()
            };
            output += &wrap(&format!("{place}{target} {note}"), page.width, "  ");
            output.push('\n');
        }
    }
    output
}

fn header(page: &Page, is_utc: bool) -> Vec<Cell> {
    let mut cells = Vec::new();
    if page.has_namespaces {
        cells.push(Cell::plain("NAMESPACE"));
    }
    cells.extend(["BACKUP", "SCHEDULE", "NEXT (UTC)"].map(Cell::plain));
    if !is_utc {
        cells.push(Cell::plain("LOCAL"));
    }
    cells.push(Cell::plain("TYPICAL"));
    cells
}

fn rows_of(item: &Item, now: Timestamp, page: &Page, is_utc: bool) -> Vec<Vec<Cell>> {
    let name = match item.kind {
        "CronJob" => format!("cronjob/{}", Name(&item.name)),
        _ => Name(&item.name).to_string(),
    };
    let schedule = match item.time_zone.as_str() {
        "UTC" => printable(item.schedule.as_str()).into_owned(),
        zone => printable(format!("{} {zone}", item.schedule)).into_owned(),
    };
    let typical = item.typical_seconds.map_or("-".to_owned(), span);
    let mut next: Vec<(String, String)> = item
        .next
        .iter()
        .map(|run| {
            let utc: Timestamp = run.utc.parse().unwrap_or(now);
            let until = span(utc.as_second() - now.as_second());
            (
                format!("{} ({until})", utc.strftime("%m-%d %H:%M")),
                run.local_short.clone(),
            )
        })
        .collect();
    if next.is_empty() {
        let why = match (&item.error, item.suspended) {
            (Some(_), _) => "invalid",
            (None, true) => "suspended",
            (None, false) => "never",
        };
        next.push((why.to_owned(), "-".to_owned()));
    }
    let rows = next.into_iter().enumerate().map(|(position, (utc, local))| {
        let mut cells = Vec::new();
        let mut first = |text: &str| {
            cells.push(Cell::plain(if position == 0 { text } else { "" }));
        };
        if page.has_namespaces {
            first(&Name(&item.namespace).to_string());
        }
        first(&name);
        first(&schedule);
        cells.push(Cell::plain(&utc));
        if !is_utc {
            cells.push(Cell::plain(&local));
        }
        cells.push(Cell::plain(if position == 0 { &typical } else { "" }));
        cells
    });
    rows.collect()
}

fn zone_line(list: &ScheduleList) -> String {
    match list.local_zone_said_by {
        Some(who) => format!("\nLocal times are of {}, as {who} has it.\n", list.local_zone),
        None => "\nLocal times are UTC: neither $TZ nor this machine names a zone.\n".to_owned(),
    }
}

/// What is to be known of a backup beside its times, each as the rest of a sentence that begins with its name.
fn notes(item: &Item, list: &ScheduleList) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(error) = &item.error {
        notes.push(format!("never runs: {error}"));
    }
    if !item.overlaps.is_empty() {
        notes.push(overlaps(item, list));
    }
    if !item.missed.is_empty() {
        notes.push(missed(item));
    }
    if let Some(run) = item.next.iter().find(|run| run.local_is_ambiguous) {
        notes.push(format!(
            "runs at {}, a local time that comes twice that day",
            run.local_short
        ));
    }
    notes.extend(item.clock_changes.iter().map(|change| change.text.clone()));
    notes
}

fn overlaps(item: &Item, list: &ScheduleList) -> String {
    let told: Vec<String> = item.overlaps.iter().take(MOST_NAMED).map(overlap).collect();
    let mut note = format!("will run beside {}", told.join("; beside "));
    if item.overlaps.len() > MOST_NAMED {
        note += &format!("; and beside {} more", item.overlaps.len() - MOST_NAMED);
    }
    if let Some(instance) = &item.instance {
        note += &format!(", on instance {}", quoted(instance));
    }
    if list.runs_side_by_side == Some(true) {
        note += ": the operator does not hold them apart";
    }
    note
}

fn overlap(overlap: &Overlap) -> String {
    let from: Timestamp = overlap.from.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let times = match overlap.times {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    let how_long = if overlap.measured {
        format!("for {}", span(overlap.seconds))
    } else {
        "for nobody knows how long, as no good run of both is known".to_owned()
    };
    format!(
        "{} {times} within 7 days, first on {} {how_long}",
        Name(&overlap.name),
        from.strftime("%m-%d at %H:%M UTC")
    )
}

fn missed(item: &Item) -> String {
    // The newest are asked about first.
    let told = item.missed.iter().rev().take(MOST_NAMED).map(|missed| {
        let time: Timestamp = missed.time.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let why = missed.reason.as_deref().unwrap_or("nothing tells why");
        format!("{} ({why})", time.strftime("%m-%d %H:%M"))
    });
    let told: Vec<String> = told.collect();
    let more = match item.missed.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(", and {more} before"),
    };
    let runs = match item.missed.len() {
        1 => "1 of its last runs".to_owned(),
        count => format!("{count} of its last runs"),
    };
    format!("missed {runs}: {}{more}", told.join(", "))
}
