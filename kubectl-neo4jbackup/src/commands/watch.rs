//! `--watch`: looks again and again, until somebody presses Ctrl-C. A terminal shows the newest look in the place of the one
//! before; who reads lines gets those that are new.

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::interrupt::Interrupt;
use crate::screen::Frame;
use crate::{Exit, Io, screen};

/// What is looked at again and again.
pub(super) trait Watched {
    /// What a look comes to.
    type Report;
    /// Why it comes to nothing.
    type Unanswered: Error;

    /// Looks.
    fn look(&mut self, io: &mut Io<'_>) -> Result<Self::Report, Self::Unanswered>;

    /// Keeps the newest report. Returns what is new since the one before, for who reads lines.
    fn take(&mut self, report: Self::Report, io: &mut Io<'_>) -> Result<String, Self::Unanswered>;

    /// Tells the person why there is no report, and says what the shell is told.
    fn tell(&self, unanswered: &Self::Unanswered, io: &mut Io<'_>) -> Exit;

    /// Whether a terminal shows a new report in the place of the old one.
    fn is_redrawn(&self) -> bool;

    /// What a terminal shows of the newest report, and below it of what has changed lately.
    fn shown(&self) -> (String, String);

    /// The time of the newest report.
    fn checked_at(&self) -> Timestamp;

    /// What the newest report says to the shell.
    fn exit(&self) -> Exit;
}

/// How it ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    /// What the last look says to the shell.
    pub(super) exit: Exit,
    /// Whether somebody has pressed Ctrl-C.
    pub(super) interrupted: bool,
}

/// Looks until it is interrupted. What goes wrong at first ends it, as without `--watch`; later, the next look may be better.
pub(super) fn run<W: Watched>(watched: &mut W, interval: Duration, interrupt: &Interrupt, io: &mut Io<'_>) -> End {
    let clock = Clock::starting_at(io.now);
    let redraws = watched.is_redrawn() && io.terminal_width.is_some() && io.variable("TERM") != Some("dumb");
    let mut is_first = true;
    let mut told = String::new();
    loop {
        io.now = clock.now();
        let (looked, said) = overhear(io, |io| {
            let report = watched.look(io).and_then(|report| watched.take(report, io));
            report.map_err(|unanswered| watched.tell(&unanswered, io))
        });
        let interrupted = interrupt.is_set();
        let exit = match &looked {
            Ok(_) => watched.exit(),
            Err(_) if interrupted => {
                let exit = if is_first { Exit::Incomplete } else { watched.exit() };
                return End { exit, interrupted };
            }
            Err(exit) if is_first => {
                io.say_lines(said.trim_end());
                return End {
                    exit: *exit,
                    interrupted,
                };
            }
            Err(_) => Exit::Incomplete,
        };
        let is_read = if redraws && let Some(size) = screen::size() {
            let (body, news) = &watched.shown();
            let foot = &last_lines(&said, watched.checked_at(), interval);
            io.print_to_reader(&Frame { body, news, foot }.drawn(size))
        } else {
            // What is no result is said once, as long as it stays the same.
            if said != told && !said.is_empty() {
                io.say_lines(said.trim_end());
            }
            told = said;
            match looked {
                Ok(lines) if !lines.is_empty() => io.print_to_reader(&lines),
                _ => true,
            }
        };
        is_first = false;
        if !is_read || io.output_lost {
            return End { exit, interrupted };
        }
        if !matches!(interrupt.pause(interval), Ok(false)) {
            return End {
                exit,
                interrupted: interrupt.is_set(),
            };
        }
        if redraws {
            io.terminal_width = screen::size().map(|size| size.columns).or(io.terminal_width);
        }
    }
}

/// What a terminal shows at its end.
fn last_lines(said: &str, checked_at: Timestamp, interval: Duration) -> String {
    let said = if said.is_empty() {
        String::new()
    } else {
        format!("\n{said}")
    };
    let seconds = interval.as_secs_f64();
    format!("{said}\nlooked at {checked_at}; again every {seconds}s, until Ctrl-C\n")
}

/// Runs something. Returns also what it said, which is said later and in its place.
fn overhear<T>(io: &mut Io<'_>, run: impl FnOnce(&mut Io<'_>) -> T) -> (T, String) {
    let mut said = Vec::new();
    let mut overheard = Io {
        stdin: &mut *io.stdin,
        stdout: &mut *io.stdout,
        stderr: &mut said as &mut dyn Write,
        environment: std::mem::take(&mut io.environment),
        now: io.now,
        current_directory: io.current_directory.clone(),
        machine_zone: io.machine_zone,
        terminal_width: io.terminal_width,
        stdin_is_terminal: io.stdin_is_terminal,
        output_lost: io.output_lost,
    };
    let result = run(&mut overheard);
    io.environment = std::mem::take(&mut overheard.environment);
    io.output_lost = overheard.output_lost;
    (result, String::from_utf8_lossy(&said).into_owned())
}
