use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::csv::{rows, unescape};
use super::{new_year, next_in_utc};
use crate::values::cron::{Problem, Schedule};
use crate::values::time_zone;

const VECTORS: &str = include_str!("../../../../../tests/vectors/cron.csv");
const CLOCK_CHANGES: &str = include_str!("../../../../../tests/vectors/cron-dst.csv");

#[test]
fn every_vector_has_the_verdict_of_robfig() {
    let rows = rows(VECTORS);
    assert_eq!(rows.len(), 237);
    for row in rows {
        let [expression, verdict, _, note] = &row[..] else {
            panic!("{row:?}")
        };
        let expression = unescape(expression);
        match Schedule::parse(&expression) {
            Ok(schedule) => {
                assert_eq!(verdict, "ok", "{expression:?} must be refused: {note}");
                check_runs(&schedule, note);
            }
            Err(error) => {
                assert_ne!(verdict, "ok", "{expression:?} {error}");
                let said = words_of_robfig(error.problem());
                assert!(note.ends_with(&said), "{expression:?}: {said:?} is not in {note:?}");
            }
        }
    }
}

fn check_runs(schedule: &Schedule, note: &str) {
    let next = next_in_utc(schedule, new_year());
    if note.contains("NEVER fires") {
        assert!(schedule.never_fires(), "{schedule:?}");
        assert_eq!(next, None, "{schedule:?}");
        assert_eq!(schedule.words(), "never");
        return;
    }
    assert!(!schedule.never_fires(), "{schedule:?}");
    let expected = note.rsplit_once("next ").expect("the note has a first run").1;
    let expected = expected.split(';').next().expect("a part");
    let next = next.expect("a run").to_string();
    // The notes have no seconds for calendar schedules.
    let next = next.replace('T', " ");
    assert!(next.starts_with(expected), "{schedule:?}: {next} is not {expected}");
}

/// The words that the vector file has for a problem.
fn words_of_robfig(problem: &Problem) -> String {
    match problem {
        Problem::Empty => "empty spec string".to_owned(),
        Problem::FieldCount { found } => format!("needs 5 fields, found {found}"),
        Problem::NotANumber { .. } => "not an integer or 3-letter name".to_owned(),
        Problem::Negative { number, .. } => format!("negative number ({number}) not allowed"),
        Problem::BelowMinimum { field, start } => {
            format!("beginning of range ({start}) below minimum ({})", field.minimum())
        }
        Problem::AboveMaximum { field, end } => format!("end of range ({end}) above maximum ({})", field.maximum()),
        Problem::Backwards { start, end, .. } => format!("beginning of range ({start}) beyond end of range ({end})"),
        Problem::TooManyHyphens { .. } => "too many hyphens".to_owned(),
        Problem::TooManySlashes { .. } => "too many slashes".to_owned(),
        Problem::ZeroStep { .. } => "step of range should be a positive number".to_owned(),
        Problem::UnknownDescriptor { .. } => "unrecognized descriptor".to_owned(),
        Problem::BadPeriod { text, reason } => format!("time.ParseDuration: {reason} '{text}'"),
        Problem::UnknownTimeZone { name } => format!("provided bad location {}", name.replace(' ', "\t")),
        Problem::NothingAfterTimeZone => "slice out of range".to_owned(),
    }
}

#[test]
fn clock_changes_are_met_as_robfig_meets_them() {
    let rows = rows(CLOCK_CHANGES);
    assert_eq!(rows.len(), 24);
    for row in rows {
        let [expression, zone, after, expected, ..] = &row[..] else {
            panic!("{row:?}")
        };
        let zone = time_zone::lookup(zone).expect("a zone");
        let after: Timestamp = after
            .replace(' ', "T")
            .replace('Z', ":00Z")
            .parse()
            .expect("an instant");
        let runs: Vec<String> = super::schedule(expression)
            .runs(after, &zone)
            .take(2)
            .map(|run| local(run, &zone))
            .collect();
        assert_eq!(
            runs.join(" / "),
            *expected,
            "{expression} after {after}: {}",
            row.last().expect("a note")
        );
    }
}

/// `27-03-15 02:30-04:00`, with `Z` for no offset.
fn local(instant: Timestamp, zone: &TimeZone) -> String {
    let offset = zone.to_offset(instant).seconds();
    let wall = jiff::fmt::strtime::format("%y-%m-%d %H:%M", &instant.to_zoned(zone.clone())).expect("a time");
    match offset {
        0 => format!("{wall}Z"),
        _ => format!(
            "{wall}{}{:02}:{:02}",
            if offset < 0 { '-' } else { '+' },
            offset.abs() / 3600,
            offset.abs() / 60 % 60
        ),
    }
}

#[test]
fn a_search_that_would_never_end_is_given_up() {
    // 30 December 2011 does not exist in Apia, and robfig never gets past it.
    let apia = time_zone::lookup("Pacific/Apia").expect("a zone");
    let schedule = super::schedule("0 0 31 12 *");
    assert_eq!(schedule.next(super::instant("2011-12-02T00:00:00Z"), &apia), None);
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    for expression in ["* * * * *", "@every 2562047h", "0 0 29 2 *", "59 23 31 12 *"] {
        let schedule = super::schedule(expression);
        assert_eq!(next_in_utc(&schedule, Timestamp::MAX), None);
        assert!(next_in_utc(&schedule, Timestamp::MIN) > Some(Timestamp::MIN));
    }
}
