//! The arguments of `report`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::LookArguments;

/// The arguments of `report`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  # everything that doctor looks at in a namespace, in one file, without secrets\n  \
        kubectl neo4jbackup report -n graph\n\n  \
        # of one backup; what would be in it?\n  kubectl neo4jbackup report backup/nightly -n graph --dry-run\n\n  \
        # for a forum: also without buckets, hosts, addresses and numbers of accounts\n  \
        kubectl neo4jbackup report -n graph --redact-names -o nightly.tar.gz\n\n  \
        # on another machine, without a cluster\n  kubectl neo4jbackup doctor --from-bundle nightly.tar.gz\n\n  \
        # what has changed since?\n  kubectl neo4jbackup report diff monday.tar.gz tuesday.tar.gz\n\n\
        Values of Secrets are never in it. Passwords, tokens, keys and other secrets in objects, events and logs are replaced, the \
        same value by the same word, also where they are escaped or encoded; docs/report.md says what else. The archive is \
        readable for its owner alone. A backup that is called `diff` is asked for as backup/diff.\n\n\
        Permissions: as `doctor`. What may not be read is named in README.txt of the archive.\n\n\
        Exit codes: 0 written, whatever is wrong in the cluster, 2 wrong usage, 3 written without what could not be read, or not \
        written at all, 4 refused: a file is in the way, or --no-redact stands alone"
)]
pub struct Report {
    /// What else to do with reports.
    #[command(subcommand)]
    pub command: Option<ReportCommand>,
    /// Of what to make one, and where.
    #[command(flatten)]
    pub collect: CollectReport,
}

/// Of what to make a report, and where.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct CollectReport {
    /// Of what: backup/NAME, restore/NAME, cronjob/NAME; a NAME alone is a backup. Everything in the namespace unless given
    #[arg(value_name = "TYPE/NAME")]
    pub target: Option<String>,
    /// Where to look.
    #[command(flatten)]
    pub look: LookArguments,
    /// The archive to write; `-` is standard output. neo4jbackup-report-TIME.tar.gz in this folder unless given
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
    /// Write nothing; list what would be in it, and what would be redacted
    #[arg(long)]
    pub dry_run: bool,
    /// Also redact buckets, hosts, addresses, e-mail addresses and numbers of accounts; names of objects stay
    #[arg(long, conflicts_with = "no_redact")]
    pub redact_names: bool,
    /// Redact nothing. Needs --yes; the name of the archive then begins with UNREDACTED
    #[arg(long)]
    pub no_redact: bool,
    /// With --no-redact: you are sure, and will keep the archive to yourself
    #[arg(long, requires = "no_redact")]
    pub yes: bool,
    /// Exit with 0 also when something could not be read
    #[arg(long)]
    pub allow_incomplete: bool,
}

/// What else to do with reports.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Say what has changed from one report to another: diagnoses, objects, events
    Diff(ReportDiff),
}

/// The arguments of `report diff`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kubectl neo4jbackup report diff monday.tar.gz tuesday.tar.gz\n  \
                        kubectl neo4jbackup report diff before/ after/ -o json\n\n\
                        Two values mean the same where the operator takes them for the same: 1Gi and 1024Mi, an absent field and a \
                        zero. What is redacted counts as the same, because the numbers of two reports have nothing to do with \
                        each other.\n\nPermissions: none.\n\n\
                        Exit codes: 0 nothing has changed, 1 something has, 2 wrong usage, also a report that cannot be read, 3 nothing has changed in \
                        what could be compared, which is not all"
)]
pub struct ReportDiff {
    /// The earlier one: an archive, or a folder
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// The later one
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    /// Format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub output: ReportDiffFormat,
}

/// Formats of `report diff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportDiffFormat {
    /// For people
    Text,
    /// JSON
    Json,
}
