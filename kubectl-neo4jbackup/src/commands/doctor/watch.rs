//! `doctor --watch`: what changes, until somebody presses Ctrl-C.

use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_core::finding::Severity;

use super::{Question, Unanswered};
use crate::cli::DoctorFormat;
use crate::commands::usage;
use crate::commands::watch::{self, Watched};
use crate::doctor_report::{Change, DoctorReport, Finding, changes};
use crate::interrupt::Interrupt;
use crate::render::doctor::change;
use crate::{Exit, Io};

/// How many of the last changes stand below what is shown anew.
const MOST_CHANGES: usize = 10;

/// Asks until it is interrupted. The exit code is that of the last look.
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
    let mut watcher = Watcher {
        question,
        last: None,
        known: None,
        changes: Vec::new(),
    };
    watch::run(&mut watcher, interval, &interrupt, io).exit
}

/// What was seen last.
struct Watcher<'q> {
    question: Question<'q>,
    last: Option<DoctorReport>,
    /// What the next look is compared with.
    known: Option<DoctorReport>,
    changes: Vec<String>,
}

impl Watched for Watcher<'_> {
    type Report = DoctorReport;
    type Unanswered = Unanswered;

    fn look(&mut self, io: &mut Io<'_>) -> Result<DoctorReport, Unanswered> {
        self.question.ask(io)
    }

    fn take(&mut self, report: DoctorReport, io: &mut Io<'_>) -> Result<String, Unanswered> {
        // A window may have become wider.
        self.question.page.width = io.width();
        let Some(before) = self.known.take() else {
            let lines = self.question.render(&report);
            self.known = Some(report.clone());
            self.last = Some(report);
            return Ok(lines);
        };
        let lines = compare(&before, &report, &self.question);
        let said = lines.concat();
        self.changes.extend(lines);
        let old = self.changes.len().saturating_sub(MOST_CHANGES);
        self.changes.drain(..old);
        self.known = Some(remember(&before, report.clone()));
        self.last = Some(report);
        Ok(said)
    }

    fn tell(&self, unanswered: &Unanswered, io: &mut Io<'_>) -> Exit {
        unanswered.tell(io)
    }

    fn is_redrawn(&self) -> bool {
        true
    }

    fn shown(&self) -> (String, String) {
        let report = self.last.as_ref();
        let report = report.map(|report| self.question.render(report)).unwrap_or_default();
        (report, self.changes.concat())
    }

    fn checked_at(&self) -> Timestamp {
        let report = self.last.as_ref();
        report.map_or(Timestamp::UNIX_EPOCH, |report| report.about.checked_at)
    }

    fn exit(&self) -> Exit {
        let report = self.last.as_ref();
        report.map_or(Exit::Incomplete, |report| self.question.exit(report))
    }
}

/// What is new, gone, worse or better, a line for each.
fn compare(before: &DoctorReport, now: &DoctorReport, question: &Question<'_>) -> Vec<String> {
    let time = &now.about.checked_at.to_string();
    let changes = changes(before, now).into_iter();
    changes
        .map(|Change { word, finding, .. }| change(time, word, finding, &question.page))
        .collect()
}

/// What the next look is compared with: this one, and of the one before what could not be checked this time.
fn remember(before: &DoctorReport, mut now: DoctorReport) -> DoctorReport {
    let worse: Vec<(usize, Severity)> = {
        let (old, new) = (before.by_key(), now.findings.iter().enumerate());
        let worse = new.filter_map(|(place, finding)| Some((place, finding, old.get(&finding.key())?.severity)));
        let worse = worse.filter(|(_, finding, before)| *before > finding.severity && now.is_unsure(finding.code));
        worse.map(|(place, _, before)| (place, before)).collect()
    };
    for (place, severity) in worse {
        now.findings[place].severity = severity;
    }
    let known: Vec<Finding> = {
        let new = now.by_key();
        let unchecked = before.by_key().into_iter();
        let unchecked = unchecked.filter(|(key, finding)| now.is_unchecked(finding.code) && !new.contains_key(key));
        unchecked.map(|(_, finding)| finding.clone()).collect()
    };
    now.findings.extend(known);
    now
}
