//! NB1012.

use crate::rule::prelude::*;
use crate::values::names::first_shell_unsafe_character;

declare_rule! {
    /// An additional argument must be an option that `neo4j-admin` still has.
    ///
    /// ## What it checks
    /// Each of `options.additionalArgs` begins with `-` and is none of those that Neo4j 5.26 no longer has (`--cc-graph`,
    /// `--cc-indexes`, `--cc-label-scan-store`, `--legacy-format`). `--split-archive-part-size` does not stand beside
    /// `options.splitArchivePartSize`. For operators before 1.8: characters that mean something to the shell.
    ///
    /// ## Why it matters
    /// Since 1.11.2 the operator marks such a backup `Invalid`. It does not look at the arguments of a restore, which fails
    /// after the database was stopped; so there it is a warning. Older operators put the text into a shell command unquoted.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   options: {additionalArgs: ["verbose"]}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   options: {additionalArgs: ["--verbose"]}
    /// ```
    AdditionalArgument {
        code: "NB1012", name: "additional-argument", severity: Error,
        kinds: JOBS, reads: ["spec.options.additionalArgs", "spec.options.splitArchivePartSize"], needs: [], doors: All, fix: None, cel: Expressible,
        since: "0.1",
    }
}

const REMOVED: [&str; 4] = ["--cc-graph", "--cc-indexes", "--cc-label-scan-store", "--legacy-format"];

impl Rule for AdditionalArgument {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let field = subject.field("spec.options.additionalArgs");
        let severity = if subject.is_validated() {
            Severity::Error
        } else {
            Severity::Warning
        };
        for (index, item) in field.items().iter().enumerate() {
            let Some(argument) = Node::as_str(item) else { continue };
            let Some(problem) = Problem::of(argument, subject) else {
                continue;
            };
            let severity = match problem {
                Problem::Unsafe(_) => Severity::Warning,
                _ => severity,
            };
            if report.only_counts(severity) {
                continue;
            }
            let place = field.path().index(index);
            let finding = match problem {
                Problem::Removed(removed) => report
                    .at_path(place, format!("Neo4j 5.26 and later have no option `{removed}`"))
                    .help("remove it")
                    .reason(Reason::NotSupported),
                Problem::NoOption => report
                    .at_path(place, no_option(argument))
                    .help("write an option and its value in one text, as in `--parallel-recovery=true`"),
                Problem::SaidTwice => report
                    .at_path(place, "the part size is set in `options.splitArchivePartSize`, too")
                    .help("set it in one place")
                    .reason(Reason::Forbidden),
                Problem::Unsafe(refused) => report
                    .at_path(
                        place,
                        format!(
                            "{} means something to the shell, and {} does not quote it",
                            character(refused),
                            subject.operator
                        ),
                    )
                    .help("leave it out"),
            };
            finding.value(argument).severity(severity);
        }
    }
}

/// What is wrong with an argument.
enum Problem {
    /// It is an option that is no more.
    Removed(&'static str),
    /// It is none.
    NoOption,
    /// An option of the backup says the same.
    SaidTwice,
    /// It has a character that the shell does not leave alone.
    Unsafe(char),
}

impl Problem {
    fn of(argument: &str, subject: &Subject<'_>) -> Option<Self> {
        if let Some(removed) = REMOVED.into_iter().find(|removed| argument.starts_with(removed)) {
            return Some(Self::Removed(removed));
        }
        if !argument.starts_with('-') {
            return Some(Self::NoOption);
        }
        let has_part_size = || subject.field("spec.options.splitArchivePartSize").text().is_some();
        if argument.starts_with("--split-archive-part-size") && subject.kind == Kind::Neo4jBackup && has_part_size() {
            return Some(Self::SaidTwice);
        }
        let character = (subject.era < Era::V1_8).then(|| first_shell_unsafe_character(argument));
        character.flatten().map(Self::Unsafe)
    }
}

fn no_option(argument: &str) -> String {
    if argument.is_empty() {
        "an empty text is no option".to_owned()
    } else {
        format!("{} is no option, because it does not begin with `-`", quoted(argument))
    }
}
