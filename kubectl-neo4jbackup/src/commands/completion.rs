//! `completion`: scripts for shells, and the answers that kubectl asks for.

use clap::Command;
use clap_complete::Shell as ClapShell;
use neo4jbackup_core::registry;

use crate::cli::{self, Completion, Shell};
use crate::{Exit, Io};

/// The name of the program file.
const NAME: &str = "kubectl-neo4jbackup";
/// What kubectl looks for in PATH to complete the words of the plugin.
const KUBECTL_SCRIPT: &str = "#!/bin/sh\n# Save as `kubectl_complete-neo4jbackup` in a folder of PATH, and make it executable.\n\
                              exec kubectl-neo4jbackup __complete \"$@\"\n";

/// Runs the command.
pub(super) fn run(arguments: &Completion, io: &mut Io<'_>) -> Exit {
    let shell = match arguments.shell {
        Shell::Bash => ClapShell::Bash,
        Shell::Zsh => ClapShell::Zsh,
        Shell::Fish => ClapShell::Fish,
        Shell::PowerShell => ClapShell::PowerShell,
        Shell::Elvish => ClapShell::Elvish,
        Shell::Kubectl => {
            io.print(KUBECTL_SCRIPT);
            return Exit::Good;
        }
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command().bin_name(NAME), NAME, &mut script);
    io.print(&String::from_utf8_lossy(&script));
    Exit::Good
}

/// Answers kubectl: one candidate a line, then what the shell may add. The last word is the one to complete.
pub fn complete(words: &[String], io: &mut Io<'_>) -> Exit {
    let (last, before) = words
        .split_last()
        .map_or(("", &[][..]), |(last, before)| (last.as_str(), before));
    let mut root = cli::command();
    root.build();
    let mut command = &root;
    for word in before {
        command = command.find_subcommand(word).unwrap_or(command);
    }
    let mut candidates = candidates(command, before.last().map_or("", String::as_str), last);
    candidates.retain(|candidate| candidate.starts_with(last));
    // 4: no file names. Paths are what `lint` takes, so there the shell adds them.
    let takes_paths = command.get_name() == "lint" && candidates.is_empty() && !last.starts_with('-');
    let directive = if takes_paths { 0 } else { 4 };
    io.print(
        &candidates
            .iter()
            .map(|candidate| format!("{candidate}\n"))
            .collect::<String>(),
    );
    io.print(&format!(":{directive}\n"));
    Exit::Good
}

fn candidates(command: &Command, before: &str, last: &str) -> Vec<String> {
    let values = |argument: &clap::Arg| {
        let values = argument.get_possible_values().into_iter();
        values.map(|value| value.get_name().to_owned()).collect::<Vec<_>>()
    };
    let flag = command.get_arguments().find(|argument| {
        let long = argument
            .get_long()
            .is_some_and(|long| before.strip_prefix("--") == Some(long));
        let short = argument.get_short().is_some_and(|short| before == format!("-{short}"));
        (long || short) && argument.get_action().takes_values()
    });
    if let Some(flag) = flag {
        return match flag.get_id().as_str() {
            "only" | "skip" => codes(),
            _ => values(flag),
        };
    }
    if last.starts_with('-') {
        let longs = command.get_arguments().filter_map(|argument| argument.get_long());
        return longs.map(|long| format!("--{long}")).collect();
    }
    let mut candidates: Vec<String> = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
        .map(|below| below.get_name().to_owned())
        .collect();
    candidates.extend(command.get_positionals().flat_map(values));
    if command.get_name() == "explain" {
        candidates.extend(codes());
    }
    candidates
}

fn codes() -> Vec<String> {
    registry::all().iter().map(|rule| rule.meta().code.to_owned()).collect()
}
