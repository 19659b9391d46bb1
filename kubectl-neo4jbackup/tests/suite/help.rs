//! What every command says of itself: examples that work, the rights that it needs, its exit codes.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;

use clap::Command;
use kubectl_neo4jbackup::{Exit, cli};
use neo4jbackup_core::rbac::needs::{Level, Party, requirements};

use crate::support::{Sandbox, root};

/// The words of a command with what its help says behind its flags.
struct Help {
    words: Vec<String>,
    after: String,
    has_arguments: bool,
}

impl Help {
    fn name(&self) -> String {
        self.words.join(" ")
    }

    fn paragraph(&self, begin: &str) -> &str {
        let found = self
            .after
            .split("\n\n")
            .find_map(|paragraph| paragraph.trim_start().strip_prefix(begin));
        found.unwrap_or_else(|| panic!("`{}` does not say: {begin}", self.name()))
    }
}

/// Every command, those with commands below included.
fn commands() -> Vec<Help> {
    fn collect(command: &Command, words: &[String], found: &mut Vec<Help>) {
        found.push(Help {
            words: words.to_vec(),
            after: command.get_after_help().map(ToString::to_string).unwrap_or_default(),
            has_arguments: !command.is_subcommand_required_set(),
        });
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            let words = [words, &[below.get_name().to_owned()]].concat();
            collect(below, &words, found);
        }
    }
    let mut command = cli::command();
    command.build();
    let mut found = Vec::new();
    collect(&command, &["kubectl neo4jbackup".to_owned()], &mut found);
    assert!(found.len() > 25, "{}", found.len());
    found
}

/// The words of a line as a shell takes them, as far as an example needs it.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, ' ') => words.push(String::new()),
            (_, letter) => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The calls of the plugin in an example, without the words for the plugin itself.
pub(crate) fn calls(line: &str) -> Vec<Vec<String>> {
    let parts = line
        .split(" | ")
        .map(|part| part.trim_start_matches("source <(").trim_end_matches(')'));
    let call = |part: &str| {
        let words = split(part);
        let is_setting = |word: &&String| word.contains('=') && word.starts_with(|first: char| first.is_uppercase());
        let words: Vec<String> = words
            .iter()
            .skip_while(is_setting)
            .take_while(|word| *word != ">")
            .cloned()
            .collect();
        match words.as_slice() {
            [kubectl, plugin, rest @ ..] if kubectl == "kubectl" && plugin == "neo4jbackup" => Some(rest.to_vec()),
            [plugin, rest @ ..] if plugin == "kubectl-neo4jbackup" => Some(rest.to_vec()),
            _ => None,
        }
    };
    parts.filter_map(call).collect()
}

#[test]
fn every_example_can_be_typed() {
    for help in commands() {
        let examples = help
            .after
            .split("\n\n")
            .skip_while(|part| !part.starts_with("Examples:\n"));
        let examples: Vec<&str> = examples
            .take_while(|part| part.starts_with("Examples:\n") || part.starts_with("  "))
            .flat_map(str::lines)
            .collect();
        let calls: Vec<Vec<String>> = examples.iter().flat_map(|line| calls(line.trim())).collect();
        assert!(!calls.is_empty(), "`{}` has no example", help.name());
        for call in &calls {
            let words = std::iter::once("kubectl-neo4jbackup").chain(call.iter().map(String::as_str));
            let words: Vec<OsString> = words.map(OsString::from).collect();
            if let Err(refusal) = cli::parse(&words, &BTreeMap::new()) {
                panic!(
                    "`{}` in the help of `{}`: {}",
                    call.join(" "),
                    help.name(),
                    refusal.text
                );
            }
        }
        let own = &help.words[1..];
        assert!(
            calls.iter().any(|call| call.starts_with(own)),
            "no example of `{}` is one of its own: {calls:?}",
            help.name()
        );
    }
}

#[test]
fn every_command_says_how_it_exits() {
    let known: BTreeSet<String> = Exit::ALL.into_iter().map(|exit| exit.code().to_string()).collect();
    for help in commands() {
        let codes = help.paragraph("Exit codes: ");
        let mut numbers = Vec::new();
        for part in codes.split(['\n', ' ']).map(str::trim) {
            numbers.extend(part.parse::<u8>().ok());
        }
        assert!(
            numbers.contains(&2) || !help.has_arguments,
            "`{}` says nothing of wrong usage",
            help.name()
        );
        for number in numbers {
            assert!(known.contains(&number.to_string()), "`{}` names {number}", help.name());
        }
    }
}

/// A verb and a resource.
type Right = (String, String);

const VERBS: [&str; 7] = ["get", "list", "watch", "create", "update", "patch", "delete"];

/// The rights that a sentence names: `list on jobs and pods, get on pods/log`.
fn rights(text: &str) -> BTreeSet<Right> {
    let text = text
        .replace('\n', " ")
        .replace(['(', ')', ';', ':', '.'], " ; ")
        .replace(',', " , ");
    let mut rights = BTreeSet::new();
    // Verbs that stand together, until the `on` that their resources follow; a new verb begins anew.
    let mut verbs: Vec<&str> = Vec::new();
    let (mut is_on, mut was_on) = (false, false);
    for word in text.split_whitespace() {
        match word {
            verb if VERBS.contains(&verb) => {
                if was_on {
                    verbs.clear();
                }
                (is_on, was_on) = (false, false);
                verbs.push(verb);
            }
            "on" => (is_on, was_on) = (true, true),
            // The object, the namespace and the like say where: a resource is called by its plural.
            resource if is_on && resource.len() > 3 && (resource.ends_with('s') || resource.contains('/')) => {
                rights.extend(verbs.iter().map(|verb| ((*verb).to_owned(), resource.to_owned())));
            }
            "," | "and" | "the" => {}
            _ => is_on = false,
        }
    }
    rights
}

/// What the tables of `rbac generate` have for somebody.
fn of_tables(party: Party) -> BTreeSet<Right> {
    let rules = requirements(party).map(|requirement| &requirement.rule);
    rules
        .flat_map(|rule| {
            let resources = rule.resources.iter();
            resources.flat_map(|resource| rule.verbs.iter().map(move |verb| (verb.clone(), resource.clone())))
        })
        .collect()
}

/// The rights of the Role that a page prints.
fn of_page(page: &str) -> BTreeSet<Right> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let list = |line: &str, key: &str| -> Vec<String> {
        let rest = line
            .split(&format!("{key}: ["))
            .nth(1)
            .and_then(|rest| rest.split(']').next());
        rest.map(|rest| rest.split(", ").map(str::to_owned).collect())
            .unwrap_or_default()
    };
    let mut rights = BTreeSet::new();
    let mut below = Vec::new();
    for line in text.lines() {
        let mut resources = list(line, "resources");
        if let Some(item) = line.strip_prefix("  - ") {
            below.push(item.to_owned());
        }
        let verbs = list(line, "verbs");
        if !verbs.is_empty() {
            resources.append(&mut below);
        }
        rights.extend(
            verbs
                .iter()
                .flat_map(|verb| resources.iter().map(move |resource| (verb.clone(), resource.clone()))),
        );
    }
    rights
}

#[test]
fn every_right_that_a_command_names_is_one_that_it_is_given() {
    let mut named = 0;
    for help in commands() {
        let rights = rights(help.paragraph("Permissions: "));
        named += rights.len();
        let given = match help.words[1..].join(" ").as_str() {
            "webhook check" => of_page("docs/webhook.md"),
            // What whoever is known may do without being given it.
            "version" => [("create".to_owned(), "selfsubjectreviews".to_owned())].into(),
            "auth check" => of_tables(Party::Plugin(Level::Probe)),
            "rbac diff" | "rbac repair" | "rbac undo" => of_tables(Party::Plugin(Level::Repair)),
            "lint" => {
                // Whoever asks what would become of a change needs the rights to make it.
                let edit = of_tables(Party::Editor);
                for verb in ["get", "create", "patch"] {
                    for resource in ["neo4jbackups", "neo4jrestores"] {
                        assert!(
                            rights.contains(&(verb.to_owned(), resource.to_owned())),
                            "{verb} {resource}"
                        );
                    }
                }
                &of_tables(Party::Plugin(Level::Read)) | &edit
            }
            _ => of_tables(Party::Plugin(Level::Read)),
        };
        let strange: Vec<_> = rights.difference(&given).collect();
        assert!(
            strange.is_empty(),
            "`{}` names {strange:?}, which nobody gives",
            help.name()
        );
    }
    // The sentences are understood.
    assert!(named > 60, "{named}");
}

#[test]
fn rights_are_read_as_they_are_written() {
    let read = rights(
        "get on the object, list on jobs, cronjobs\nand pods, get and patch on pods/log, all in the namespace; none else.",
    );
    let read: Vec<String> = read
        .iter()
        .map(|(verb, resource)| format!("{verb} {resource}"))
        .collect();
    assert_eq!(
        read,
        [
            "get pods/log",
            "list cronjobs",
            "list jobs",
            "list pods",
            "patch pods/log"
        ]
    );
}

#[test]
fn the_name_alone_is_answered_with_help() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&[]);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("Usage: kubectl neo4jbackup"), "{}", run.stdout);
    assert!(run.stdout.contains("\n  lint "), "{}", run.stdout);
    assert!(run.stdout.contains("Examples:"), "{}", run.stdout);
    // With a flag and no command something is missing, which a script should see.
    let run = sandbox.run(&["-n", "graph"]);
    assert_eq!((run.exit, run.stdout.as_str()), (2, ""));
}
