//! One file per command.

mod auth;
pub mod completion;
mod doctor;
mod explain;
pub mod lint;
mod logs;
mod lsp;
mod policies;
mod probe;
mod rbac;
mod report;
mod schedule;
mod schema;
mod status;
mod version;
mod wait;
mod watch;
mod webhook;

use std::fmt;

use crate::cli::{ColorChoice, Command, Invocation, ReportCommand, ScheduleCommand};
use crate::connection::Access;
use crate::{Exit, Io};

/// Runs what the command line asks for.
pub fn run(invocation: Invocation, io: &mut Io<'_>) -> Exit {
    let Invocation {
        namespace,
        color,
        no_color,
        verbose,
        connection,
        command,
    } = invocation;
    let color = if no_color {
        ColorChoice::Never
    } else {
        color.unwrap_or(ColorChoice::Auto)
    };
    let color = uses_color(color, io);
    let access = Access {
        flags: connection.flags(namespace.clone()),
        verbose,
        standard_input: None,
        patience: None,
        deadline: None,
        interrupt: None,
        tidies_up: false,
    };
    match command {
        Command::Lint(arguments) => lint::run(*arguments, namespace, access, color, io),
        Command::Lsp(arguments) => lsp::run(arguments, namespace, access, io),
        Command::Doctor(arguments) => doctor::run(&arguments, namespace.as_deref(), access, color, io),
        Command::Status(arguments) => status::run(&arguments, namespace.as_deref(), access, color, io),
        Command::Logs(arguments) => logs::run(&arguments, namespace, access, color, io),
        Command::Wait(arguments) => wait::run(&arguments, namespace, access, io),
        Command::Probe(arguments) => probe::run(&arguments, io),
        Command::Auth(arguments) => auth::run(&arguments, namespace.as_deref(), access, color, io),
        Command::Webhook(arguments) => webhook::run(&arguments, namespace.as_deref(), access, color, io),
        Command::Report(arguments) => match arguments.command {
            Some(ReportCommand::Diff(diff)) => report::diff::run(&diff, io),
            None => report::run(&arguments.collect, namespace.as_deref(), access, io),
        },
        Command::Rbac(arguments) => rbac::run(&arguments, namespace.as_deref(), access, io),
        Command::Explain(arguments) => explain::run(&arguments, color, io),
        Command::Schema(arguments) => schema::run(&arguments, io),
        Command::Policies(arguments) => policies::run(&arguments, io),
        Command::Schedule(arguments) => match arguments.command {
            Some(ScheduleCommand::Next(next)) => schedule::next(&next, io),
            None => schedule::live::run(&arguments.live, namespace.as_deref(), access, io),
        },
        Command::Version(arguments) => version::run(&arguments, &access, io),
        Command::Completion(arguments) => completion::run(&arguments, io),
    }
}

fn uses_color(choice: ColorChoice, io: &Io<'_>) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if io.variable("NO_COLOR").is_some() => false,
        ColorChoice::Auto if io.variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        ColorChoice::Auto => io.terminal_width.is_some() && io.variable("TERM") != Some("dumb"),
    }
}

/// Complains about the command line or a file of settings.
fn usage(io: &mut Io<'_>, message: &dyn fmt::Display) -> Exit {
    io.say(&format!("error: {message}"));
    Exit::Usage
}
