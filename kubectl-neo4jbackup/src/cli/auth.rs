//! `auth`: the identities by which backups and restores reach their stores.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::timeout;

/// The arguments of `auth`.
#[derive(Debug, Args)]
pub struct Auth {
    /// What to do with identities.
    #[command(subcommand)]
    pub command: AuthCommand,
}

/// What to do with identities.
#[derive(Debug, Subcommand)]
pub enum AuthCommand {
    /// Say by which identity a backup or restore reaches its store, and whether everything is there that it takes
    Check(AuthCheck),
}

/// The arguments of `auth check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  # every backup and restore of the namespace, grouped by identity\n  kubectl neo4jbackup auth check -n graph\n\n  \
        # one of them\n  kubectl neo4jbackup auth check backup/nightly -n graph\n\n\
        Permissions: as `doctor`; without get on secrets the keys of a Secret are listed as not known.\n\n\
        Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage, 3 no full answer"
)]
pub struct AuthCheck {
    /// Which: backup/NAME or restore/NAME; a NAME alone is a backup. All in the namespace unless given
    #[arg(value_name = "TYPE/NAME")]
    pub target: Option<String>,
    /// Look at all namespaces
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Look at what has been collected in a file, a folder or an archive (tar, tar.gz), and at no cluster
    #[arg(long, value_name = "PATH")]
    pub from_bundle: Option<PathBuf>,
    /// Format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "table")]
    pub output: AuthFormat,
    /// How long to look at most, in all: 90s, 2m
    #[arg(long, value_name = "DURATION", value_parser = timeout, default_value = "60s")]
    pub timeout: Duration,
}

/// Formats of `auth check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuthFormat {
    /// For people: a line for each thing that was looked at
    Table,
    /// JSON
    Json,
    /// YAML
    Yaml,
}
