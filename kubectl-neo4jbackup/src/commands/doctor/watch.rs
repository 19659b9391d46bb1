//! `doctor --watch`: what changes, until somebody presses Ctrl-C.

use std::time::{Duration, Instant};

use neo4jbackup_cluster::chain;
use neo4jbackup_core::finding::Severity;

use super::{Question, Unanswered};
use crate::cli::DoctorFormat;
use crate::commands::usage;
use crate::doctor_report::{DoctorReport, Finding};
use crate::interrupt::Interrupt;
use crate::render::doctor::change;
use crate::{Exit, Io};

/// Puts the cursor at the top of a terminal that shows nothing.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J\u{1b}[3J";
/// How many of the last changes stand below what is shown anew.
const MOST_CHANGES: usize = 10;

/// Asks until it is interrupted. What goes wrong at first ends it, as without `--watch`; later, the next look may be better.
pub(super) fn run(mut question: Question<'_>, interval: Duration, io: &mut Io<'_>) -> Exit {
    let format = question.arguments.output;
    if !matches!(format, DoctorFormat::Text | DoctorFormat::Table | DoctorFormat::Short) {
        let message = "--watch goes with -o text, table and short: what changes is said in lines";
        return usage(io, &message);
    }
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return usage(io, &format_args!("cannot wait for Ctrl-C: {error}")),
    };
    question.access.interrupt = Some(interrupt.clone());
    let (began, now) = (Instant::now(), io.now);
    let mut last = match question.ask(io) {
        Ok(report) => report,
        Err(_) if interrupt.is_set() => return Exit::Incomplete,
        Err(unanswered) => return unanswered.tell(io),
    };
    let redraws = io.terminal_width.is_some() && io.variable("TERM") != Some("dumb");
    let mut changes: Vec<String> = Vec::new();
    let mut exit = question.exit(&last);
    let mut is_read = if redraws {
        io.print_to_reader(&screen(&question, &last, &changes, interval))
    } else {
        io.print_to_reader(&question.render(&last))
    };
    let mut fault = None;
    while is_read && !io.output_lost && matches!(interrupt.pause(interval), Ok(false)) {
        io.now = now.checked_add(began.elapsed()).unwrap_or(now);
        let report = match question.ask(io) {
            Ok(report) => report,
            Err(_) if interrupt.is_set() => break,
            Err(unanswered) => {
                exit = Exit::Incomplete;
                tell_once(&unanswered, &mut fault, io);
                continue;
            }
        };
        fault = None;
        exit = question.exit(&report);
        let lines = compare(&last, &report, &question);
        if redraws {
            changes.extend(lines);
            let old = changes.len().saturating_sub(MOST_CHANGES);
            changes.drain(..old);
            is_read = io.print_to_reader(&screen(&question, &report, &changes, interval));
        } else if !lines.is_empty() {
            is_read = io.print_to_reader(&lines.concat());
        }
        last = remember(&last, report);
    }
    exit
}

/// Says why there is no report, unless that was said last time.
fn tell_once(unanswered: &Unanswered, fault: &mut Option<String>, io: &mut Io<'_>) {
    let told = chain(unanswered);
    if fault.as_ref() != Some(&told) {
        unanswered.tell(io);
    }
    *fault = Some(told);
}

fn screen(question: &Question<'_>, report: &DoctorReport, changes: &[String], interval: Duration) -> String {
    let mut screen = format!("{CLEAR}{}", question.render(report));
    if !changes.is_empty() {
        screen.push('\n');
        screen += &changes.concat();
    }
    let seconds = interval.as_secs_f64();
    screen
        + &format!(
            "\nlooked at {}; again every {seconds}s, until Ctrl-C\n",
            report.about.checked_at
        )
}

/// What is new, gone, worse or better, a line for each.
fn compare(before: &DoctorReport, now: &DoctorReport, question: &Question<'_>) -> Vec<String> {
    let (old, new) = (before.by_key(), now.by_key());
    let time = &now.about.checked_at.to_string();
    let mut lines = Vec::new();
    for (key, finding) in &new {
        let word = match old.get(key).map(|old| old.severity) {
            None => "new",
            Some(severity) if severity < finding.severity => "worse",
            Some(severity) if severity > finding.severity => "better",
            Some(_) => continue,
        };
        lines.push((finding.severity, change(time, word, finding, &question.page)));
    }
    lines.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    let gone = old
        .iter()
        .filter(|((code, ..), _)| !now.is_unchecked(code))
        .filter(|(key, _)| !new.contains_key(*key));
    lines.extend(gone.map(|(_, finding)| (Severity::Info, change(time, "gone", finding, &question.page))));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// What the next look is compared with: this one, and of the one before what could not be checked this time.
fn remember(before: &DoctorReport, mut now: DoctorReport) -> DoctorReport {
    let known: Vec<Finding> = {
        let new = now.by_key();
        let unchecked = before.by_key().into_iter();
        let unchecked = unchecked.filter(|(key, finding)| now.is_unchecked(finding.code) && !new.contains_key(key));
        unchecked.map(|(_, finding)| finding.clone()).collect()
    };
    now.findings.extend(known);
    now
}
