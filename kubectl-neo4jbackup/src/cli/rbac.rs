//! The arguments of `rbac` and of what it does.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{OperatorVersion, PlainFormat, operator_version, timeout};

/// The arguments of `rbac`.
#[derive(Debug, Args)]
pub struct Rbac {
    /// What to do with accounts and rights.
    #[command(subcommand)]
    pub command: RbacCommand,
}

/// What to do with accounts and rights.
#[derive(Debug, Subcommand)]
pub enum RbacCommand {
    /// Say how accounts, Role and RoleBinding of the Jobs differ from what has to be there
    Diff(RbacDiff),
}

/// Of which namespaces, and for which operator.
#[derive(Debug, Clone, Args)]
pub struct RbacScope {
    /// Look at all namespaces
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Operator whose Jobs need the rights (0.9, 1.14, ...); the installed one unless given
    #[arg(long, value_name = "VERSION", value_parser = operator_version)]
    pub operator_version: Option<OperatorVersion>,
    /// How long to look at most, in all: 90s, 2m
    #[arg(long, value_name = "DURATION", value_parser = timeout, default_value = "60s")]
    pub timeout: Duration,
}

/// The arguments of `rbac diff`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kubectl neo4jbackup rbac diff -n graph\n  kubectl neo4jbackup rbac diff -A -o json\n\n\
        Exit codes: 0 all is as it has to be, 1 something differs, 2 wrong usage, 3 no full answer"
)]
pub struct RbacDiff {
    /// Where, and for which operator.
    #[command(flatten)]
    pub scope: RbacScope,
    /// Format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub output: PlainFormat,
}
