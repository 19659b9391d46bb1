//! `kubectl neo4jbackup`: the rules for people and for continuous integration.
//!
//! [`run`] is the whole program. It has no global state: arguments, streams, environment, clock and current folder
//! come in, an [`Exit`] comes out.
//!
//! ```text
//! cli (arguments) ─→ config (file) ─→ commands::lint ─→ input (files) ─→ core ─→ baseline ─→ report ─→ render
//! ```

mod about;
mod age;
mod auth_policy;
mod auth_report;
pub mod baseline;
pub mod bundle;
mod chosen;
pub mod cli;
mod clock;
pub mod commands;
pub mod config;
mod connection;
pub mod directory;
mod doctor_report;
mod exit;
mod first_cause;
pub mod input;
mod interrupt;
mod io;
mod json;
pub mod jsonpath;
mod lines;
mod look;
mod parallel;
pub mod render;
mod replace;
pub mod report;
mod report_diff;
mod rights_report;
mod schedule_list;
mod screen;
mod selection;
pub mod since;
mod status_list;
pub mod suggest;
mod target;
mod unread;
mod webhook_report;
mod wrap;
mod yaml;
mod zone;

use std::ffi::OsString;

pub use exit::Exit;
pub use io::Io;

/// Runs the program with the arguments (the name of the program first) in the given surroundings.
pub fn run(arguments: impl IntoIterator<Item = OsString>, io: &mut Io<'_>) -> Exit {
    match run_command(arguments, io) {
        Exit::Good if io.output_lost => Exit::Incomplete,
        exit => exit,
    }
}

fn run_command(arguments: impl IntoIterator<Item = OsString>, io: &mut Io<'_>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(words) = cli::words_to_complete(&arguments) {
        return commands::completion::complete(&words, io);
    }
    if let Some(words) = commands::completion::words_of_shell(&arguments, io) {
        return commands::completion::complete_for_shell(&words, io);
    }
    match cli::parse(&arguments, &io.environment) {
        Ok(invocation) => commands::run(invocation, io),
        Err(refusal) => {
            if refusal.is_answer {
                io.print(&refusal.text);
                Exit::Good
            } else {
                io.say_lines(refusal.text.trim_end());
                Exit::Usage
            }
        }
    }
}

/// Runs the program in this process.
pub fn run_in_process() -> Exit {
    io::with_process(|io| run(std::env::args_os(), io))
}
