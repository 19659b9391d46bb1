//! `schedule next`: when a schedule runs, exactly as Kubernetes computes it.

pub(super) mod live;

use std::io::{self, BufRead as _, BufReader};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use neo4jbackup_core::quoted::{Name, quoted};
use neo4jbackup_core::values::cron::Schedule;
use neo4jbackup_core::values::time_zone;
use serde::Serialize;

use super::usage;
use crate::cli::{Next, PlainFormat};
use crate::json;
use crate::wrap::wrap;
use crate::{Exit, Io};

/// No schedule is longer; a line of any length must not fill the memory.
const LONGEST_LINE: u64 = 64 << 10;

/// What is said of one expression. The fields and their order are part of the interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'e> {
    expression: &'e str,
    valid: bool,
    /// Why it is not; null when it is.
    error: Option<String>,
    /// What it means; null when it means nothing.
    words: Option<String>,
    /// Whether no day of any year has such a time.
    never_fires: bool,
    /// The next runs, RFC 3339 in UTC.
    next: Vec<String>,
}

/// Runs the command.
pub(super) fn next(arguments: &Next, io: &mut Io<'_>) -> Exit {
    let zone = match time_zone::lookup(&arguments.time_zone) {
        Ok(zone) => zone,
        Err(error) => return usage(io, &format_args!("--time-zone {error}")),
    };
    let asked = Asked {
        zone,
        from: arguments.from.unwrap_or(io.now),
        count: usize::from(arguments.count.get()),
        format: arguments.output,
        width: io.width(),
    };
    let mut all_valid = true;
    if arguments.stdin {
        match asked.stream(io) {
            Ok(valid) => all_valid = valid,
            // Nobody reads any more, and nobody is left to tell.
            Err(Trouble::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(Trouble::Output(error)) => io.lose_output(&error),
            Err(Trouble::Input(error)) => {
                io.say(&format!("error: standard input cannot be read: {error}"));
                return Exit::Incomplete;
            }
        }
    } else {
        let mut output = String::new();
        for (position, expression) in arguments.expressions.iter().enumerate() {
            if position > 0 && asked.format == PlainFormat::Text {
                output.push('\n');
            }
            let answer = asked.answer(expression);
            all_valid &= answer.valid;
            output += &asked.render(&answer);
        }
        io.print(&output);
    }
    if all_valid { Exit::Good } else { Exit::NotGood }
}

enum Trouble {
    Input(io::Error),
    Output(io::Error),
}

struct Asked {
    zone: TimeZone,
    from: Timestamp,
    count: usize,
    format: PlainFormat,
    width: usize,
}

impl Asked {
    /// Answers line by line, at once when the input pauses.
    fn stream(&self, io: &mut Io<'_>) -> Result<bool, Trouble> {
        let mut reader = BufReader::with_capacity(1 << 16, &mut *io.stdin);
        let mut all_valid = true;
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = io::Read::take(&mut reader, LONGEST_LINE)
                .read_until(b'\n', &mut line)
                .map_err(Trouble::Input)?;
            if read == 0 {
                break;
            }
            let text = String::from_utf8_lossy(&line);
            let expression = text.trim_end_matches(['\n', '\r']);
            // A blank line is no schedule that somebody wanted, but a program counts on an answer to each of its lines.
            if self.format == PlainFormat::Json || !expression.trim().is_empty() {
                let answer = self.answer(expression);
                all_valid &= answer.valid;
                io.stdout
                    .write_all(self.render(&answer).as_bytes())
                    .map_err(Trouble::Output)?;
            }
            if reader.buffer().is_empty() {
                io.stdout.flush().map_err(Trouble::Output)?;
            }
        }
        io.stdout.flush().map_err(Trouble::Output)?;
        Ok(all_valid)
    }

    fn answer<'e>(&self, expression: &'e str) -> Answer<'e> {
        match Schedule::parse(expression) {
            Ok(schedule) => {
                let runs = schedule.runs(self.from, &self.zone);
                let next: Vec<String> = runs.take(self.count).map(|run| run.to_string()).collect();
                Answer {
                    expression,
                    valid: true,
                    error: None,
                    words: Some(schedule.words()),
                    never_fires: schedule.never_fires(),
                    next,
                }
            }
            Err(error) => {
                let advice = error
                    .suggestion()
                    .map(|right| format!("; use {}", quoted(&right)))
                    .unwrap_or_default();
                Answer {
                    expression,
                    valid: false,
                    error: Some(format!("the schedule {error}{advice}")),
                    words: None,
                    never_fires: false,
                    next: Vec::new(),
                }
            }
        }
    }

    fn render(&self, answer: &Answer<'_>) -> String {
        if self.format == PlainFormat::Json {
            return json::line(answer);
        }
        let mut text = format!("{}\n", Name(answer.expression));
        if let Some(error) = &answer.error {
            return text + &format!("  invalid: {}\n", wrap(error, self.width.saturating_sub(2), "    "));
        }
        if let Some(words) = &answer.words {
            text += &format!("  {}\n", wrap(words, self.width.saturating_sub(2), "  "));
        }
        for run in &answer.next {
            text += &format!("  {run}");
            if let Ok(run) = run.parse::<Timestamp>()
                && self.zone != TimeZone::UTC
            {
                text += &run.to_zoned(self.zone.clone()).strftime("  (%a %F %T %Z)").to_string();
            }
            text.push('\n');
        }
        if answer.next.is_empty() && !answer.never_fires {
            text += "  no run within five years, after which Kubernetes no longer looks\n";
        }
        text
    }
}
