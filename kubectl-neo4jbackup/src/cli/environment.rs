//! Flags that may be set in the environment, by the name `NEO4JBACKUP_` and that of the flag.
//!
//! Done here and not by clap, which would read the environment of the process whatever the caller says.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Command};

/// Flags of every command.
const GLOBAL: [&str; 2] = ["namespace", "color"];
/// Flags of `lint`. Those that write or change what is accepted are not among them.
const LINT: [&str; 9] = [
    "output",
    "operator_version",
    "assume_webhook",
    "fail_on",
    "show",
    "only",
    "skip",
    "allow_incomplete",
    "config",
];

/// The name of the variable for a flag.
fn variable(flag: &str) -> String {
    format!("NEO4JBACKUP_{}", flag.replace('-', "_").to_ascii_uppercase())
}

/// Says in the help which variables there are.
pub(super) fn describe(command: Command) -> Command {
    let mark = |argument: clap::Arg| {
        let mut help = argument.get_help().cloned().unwrap_or_default();
        let _ = write!(help, " [env: {}]", variable(argument.get_id().as_str()));
        argument.help(StyledStr::from(help.to_string()))
    };
    let command = GLOBAL
        .into_iter()
        .fold(command, |command, flag| command.mut_arg(flag, mark));
    command.mut_subcommand("lint", |lint| {
        LINT.into_iter().fold(lint, |lint, flag| lint.mut_arg(flag, mark))
    })
}

/// Makes the variables that are set the values of their flags.
pub(super) fn fill(command: Command, environment: &BTreeMap<String, String>) -> Command {
    let set = |argument: clap::Arg| {
        let value = environment.get(&variable(argument.get_id().as_str()));
        match value.filter(|value| !value.is_empty()) {
            Some(value) if matches!(argument.get_action(), ArgAction::Append) => argument
                .default_values(value.split(',').map(str::to_owned).collect::<Vec<_>>())
                .hide_default_value(true),
            Some(value) => argument.default_value(value.clone()).hide_default_value(true),
            None => argument,
        }
    };
    let command = GLOBAL
        .into_iter()
        .fold(command, |command, flag| command.mut_arg(flag, set));
    command.mut_subcommand("lint", |lint| {
        LINT.into_iter().fold(lint, |lint, flag| lint.mut_arg(flag, set))
    })
}

/// The text of an error, which also says when the value came from the environment.
pub(super) fn explain(error: &clap::Error, environment: &BTreeMap<String, String>) -> String {
    let mut text = error.render().to_string();
    if let (Some(ContextValue::String(argument)), Some(ContextValue::String(value))) =
        (error.get(ContextKind::InvalidArg), error.get(ContextKind::InvalidValue))
    {
        let flag = argument.trim_start_matches('-').split(' ').next().unwrap_or_default();
        let name = variable(flag);
        if environment.get(&name).is_some_and(|set| set.contains(value.as_str())) {
            let _ = write!(text, "\nThe value comes from the environment variable {name}.\n");
        }
    }
    text
}
