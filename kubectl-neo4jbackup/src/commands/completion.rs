//! `completion`: scripts for shells, the answers that they and kubectl ask for, and everything put in its place.
//!
//! Every door asks the same: `kubectl-neo4jbackup __complete WORD...`, in the words that kubectl speaks with its plugins. A
//! candidate a line, with a tab and what it is; then a colon and a number.

mod candidates;
mod install;
mod live;
mod places;
mod scripts;

use std::ffi::OsString;

use crate::cli::{Completion, CompletionCommand};
use crate::{Exit, Io};

/// What kubectl looks for in PATH, as an archive for a system has it: the name of the file, and what is in it.
pub fn script_for_kubectl(is_windows: bool) -> (&'static str, String) {
    let name = if is_windows {
        "kubectl_complete-neo4jbackup.cmd"
    } else {
        "kubectl_complete-neo4jbackup"
    };
    (name, scripts::for_kubectl(scripts::PROGRAM, is_windows))
}

/// The shell shall offer its own candidates where there are none: names of files.
const WITH_FILES: u8 = 0;
/// It shall not.
const WITHOUT_FILES: u8 = 4;

/// Runs the command.
pub(super) fn run(arguments: &Completion, io: &mut Io<'_>) -> Exit {
    match (&arguments.command, arguments.shell) {
        (Some(CompletionCommand::Install(install)), _) => install::install(install, io),
        (Some(CompletionCommand::Uninstall(uninstall)), _) => install::uninstall(uninstall, io),
        (None, Some(shell)) => {
            io.print(&scripts::for_shell(shell));
            Exit::Good
        }
        // clap asks for one of them.
        (None, None) => Exit::Usage,
    }
}

/// Answers kubectl, and our own scripts. The last word is the one to complete.
pub fn complete(words: &[String], io: &mut Io<'_>) -> Exit {
    let found = candidates::of(words, io);
    // What comes after a flag and `=` goes without the flag: shells put it before the value themselves.
    let unfinished = words.last().filter(|word| word.starts_with('-'));
    let flag = unfinished.and_then(|word| Some(word.split_once('=')?.0.to_owned() + "="));
    let takes_files = found.takes_paths && found.candidates.is_empty();
    let mut answer = String::new();
    for candidate in found.candidates {
        let value = flag.as_deref().and_then(|flag| candidate.value.strip_prefix(flag));
        answer += value.unwrap_or(&candidate.value);
        if !candidate.help.is_empty() {
            answer += "\t";
            answer += &candidate.help;
        }
        answer += "\n";
    }
    let directive = if takes_files { WITH_FILES } else { WITHOUT_FILES };
    io.print(&format!("{answer}:{directive}\n"));
    Exit::Good
}

/// A shell that asks by the script of a library, and what it wants completed.
#[derive(Debug)]
pub struct Asked {
    with_help: bool,
    words: Vec<String>,
}

/// The words behind `--`, where the variable of those scripts is set.
pub fn words_of_shell(arguments: &[OsString], io: &Io<'_>) -> Option<Asked> {
    let shell = io.variable(scripts::VARIABLE)?;
    let (first, words) = arguments.get(1..)?.split_first()?;
    // The first word is the program.
    let words = words.get(1..)?;
    (first == "--").then(|| Asked {
        with_help: shell == "powershell",
        words: words.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
    })
}

/// Answers such a shell. It has no way to be told that it shall offer names of files, and does so where it gets nothing.
pub fn complete_for_shell(asked: &Asked, io: &mut Io<'_>) -> Exit {
    let found = candidates::of(&asked.words, io).candidates;
    let lines = found.into_iter().map(|candidate| {
        if asked.with_help && !candidate.help.is_empty() {
            format!("{}\t{}\n", candidate.value, candidate.help)
        } else {
            candidate.value + "\n"
        }
    });
    io.print(&lines.collect::<String>());
    Exit::Good
}
