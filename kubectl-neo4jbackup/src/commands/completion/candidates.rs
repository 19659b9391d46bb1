//! What may come next, and what each of it is.

use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::builder::StyledStr;
use clap::{Arg, Command, ValueHint};
use clap_complete::CompletionCandidate;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, complete};
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::registry;
use neo4jbackup_core::schema::Kind;

use super::live::Live;
use crate::{Io, cli, render};

/// One of them.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) value: String,
    /// A line; may be empty.
    pub(super) help: String,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Candidates {
    pub(super) candidates: Vec<Candidate>,
    /// Whether names of files may stand there as well, which the shell knows best.
    pub(super) takes_paths: bool,
}

/// The candidates for the last of the words behind the name of the program.
pub(super) fn of(words: &[String], io: &Io<'_>) -> Candidates {
    let unfinished = words.last().map_or("", String::as_str);
    let sources = Sources {
        live: Arc::new(Live::new(words, io)),
        takes_paths: Arc::new(AtomicBool::new(false)),
    };
    let mut command = sources.of_command(cli::command());
    let program = [OsString::from("kubectl-neo4jbackup")];
    let mut line: Vec<OsString> = program.into_iter().chain(words.iter().map(OsString::from)).collect();
    if words.is_empty() {
        line.push(OsString::new());
    }
    let last = line.len() - 1;
    // What cannot be completed has no candidates; a shell has no place for an error.
    let found = complete(&mut command, line, last, None).unwrap_or_default();
    // Flags are offered to those who begin one; there are too many to read beside what is asked for.
    let wants_flags = unfinished.starts_with('-');
    let found = found.iter().filter_map(|candidate| {
        let value = candidate.get_value().to_str()?;
        let help = candidate.get_help().map(StyledStr::to_string).unwrap_or_default();
        let is_wanted = wants_flags || !value.starts_with('-');
        (is_wanted && is_one_word(value)).then(|| Candidate {
            value: if words.len() <= 1 {
                main_name(&command, value, unfinished).to_owned()
            } else {
                value.to_owned()
            },
            help: printable(help.lines().next().unwrap_or_default()).into_owned(),
        })
    });
    Candidates {
        candidates: found.collect(),
        takes_paths: sources.takes_paths.load(Ordering::Relaxed),
    }
}

/// Of the first word: the engine offers one name of each command, which may be its second one; people know it by the first.
fn main_name<'n>(root: &'n Command, offered: &'n str, unfinished: &str) -> &'n str {
    let is_other = |command: &&Command| command.get_visible_aliases().any(|alias| alias == offered);
    let main = root.get_subcommands().find(is_other).map(Command::get_name);
    main.filter(|name| name.starts_with(unfinished)).unwrap_or(offered)
}

/// Whether a text means itself to every shell. A server or a kubeconfig may send others, and nobody shall run them by accident.
fn is_one_word(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._/:@+,=%".contains(letter);
    !text.is_empty() && text.chars().all(is_plain)
}

/// Where values come from that the description of the command line does not have.
struct Sources {
    live: Arc<Live>,
    takes_paths: Arc<AtomicBool>,
}

impl Sources {
    fn of_command(&self, command: Command) -> Command {
        let name = command.get_name().to_owned();
        command
            .mut_args(|argument| self.of_argument(&name, argument))
            .mut_subcommands(|below| self.of_command(below))
    }

    fn of_argument(&self, command: &str, argument: Arg) -> Arg {
        let live = Arc::clone(&self.live);
        let is_of_connection = argument.is_global_set();
        match argument.get_id().as_str() {
            "only" | "skip" | "warn" => argument.add(ArgValueCandidates::new(codes)),
            "rule" if command == "explain" => {
                argument.add(ArgValueCompleter::new(|typed: &OsStr| begun(typed, codes())))
            }
            "output" if command == "lint" => argument.add(ArgValueCandidates::new(lint_formats)),
            "namespace" | "operator_namespace" => {
                argument.add(ArgValueCandidates::new(move || named(live.namespaces())))
            }
            "context" => argument.add(ArgValueCandidates::new(move || named(live.kubeconfig().contexts))),
            "cluster" => argument.add(ArgValueCandidates::new(move || named(live.kubeconfig().clusters))),
            "user" if is_of_connection => argument.add(ArgValueCandidates::new(move || named(live.kubeconfig().users))),
            "target" | "targets" => {
                let with_restores = !matches!(command, "status" | "schedule");
                argument.add(ArgValueCompleter::new(move |typed: &OsStr| {
                    objects(&live, typed, with_restores)
                }))
            }
            _ if argument.get_value_hint() == ValueHint::AnyPath => {
                let takes_paths = Arc::clone(&self.takes_paths);
                argument.add(ArgValueCompleter::new(move |typed: &OsStr| {
                    takes_paths.fetch_or(!is_flag(typed), Ordering::Relaxed);
                    Vec::new()
                }))
            }
            _ => argument,
        }
    }
}

/// Backups and restores, as the command line names them.
fn objects(live: &Live, typed: &OsStr, with_restores: bool) -> Vec<CompletionCandidate> {
    if is_flag(typed) {
        return Vec::new();
    }
    let kinds: &[(&str, Kind)] = if with_restores {
        &[("backup", Kind::Neo4jBackup), ("restore", Kind::Neo4jRestore)]
    } else {
        &[("backup", Kind::Neo4jBackup)]
    };
    // Who has begun to type one of them waits for that alone.
    let (words, wanted): (Vec<&str>, Vec<Kind>) = kinds
        .iter()
        .filter(|(word, _)| {
            let typed = typed.to_string_lossy();
            typed.split_once('/').is_none_or(|(kind, _)| kind == *word)
        })
        .copied()
        .unzip();
    let mut candidates = Vec::new();
    let mut backups = Vec::new();
    for (word, names) in words.into_iter().zip(live.objects(&wanted)) {
        candidates.extend(names.iter().map(|name| format!("{word}/{name}")));
        if word == "backup" {
            backups = names;
        }
    }
    let offered = begun(typed, named(candidates));
    // A name alone is that of a backup.
    if offered.is_empty() {
        return begun(typed, named(backups));
    }
    offered
}

fn begun(typed: &OsStr, mut candidates: Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    candidates.retain(|candidate| candidate.get_value().to_string_lossy().starts_with(&*typed));
    candidates
}

fn is_flag(typed: &OsStr) -> bool {
    typed.to_string_lossy().starts_with('-')
}

fn named(mut names: Vec<String>) -> Vec<CompletionCandidate> {
    names.sort();
    names.into_iter().map(CompletionCandidate::new).collect()
}

fn lint_formats() -> Vec<CompletionCandidate> {
    let names = render::FORMATS.into_iter().map(|(name, _)| name);
    names.map(CompletionCandidate::new).collect()
}

/// The codes of rules and checks.
fn codes() -> Vec<CompletionCandidate> {
    let described = |(code, name): (&'static str, &'static str)| CompletionCandidate::new(code).help(Some(name.into()));
    let rules = registry::all().iter().map(|rule| (rule.meta().code, rule.meta().name));
    let checks = registry::checks()
        .iter()
        .map(|check| (check.meta().code, check.meta().name));
    let mut all: Vec<(&str, &str)> = rules.chain(checks).collect();
    all.sort_unstable();
    all.dedup_by_key(|(code, _)| *code);
    all.into_iter().map(described).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_take_for_more_than_a_word_is_not_offered() {
        for word in [
            "nightly",
            "backup/nightly",
            "arn:aws:eks:eu-west-1:1:cluster/prod",
            "gke_p_eu_c",
            "a@b",
            "--output=",
        ] {
            assert!(is_one_word(word), "{word}");
        }
        for word in [
            "",
            "a b",
            "$(reboot)",
            "`reboot`",
            "a;b",
            "a\nb",
            "a\tb",
            "a|b",
            "'",
            "\"",
            "*",
            "~",
            "a\\b",
            "é",
        ] {
            assert!(!is_one_word(word), "{word:?}");
        }
    }
}
