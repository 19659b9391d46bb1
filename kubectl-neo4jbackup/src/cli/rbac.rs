//! The arguments of `rbac` and of what it does.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::rights::{RbacCheck, RbacGenerate};
use super::{OperatorVersion, PlainFormat, operator_version, timeout};

/// The arguments of `rbac`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  # may everybody do what he needs?\n  kubectl neo4jbackup rbac check -n graph\n\n  \
        # what would be repaired?\n  kubectl neo4jbackup rbac repair -n graph --dry-run\n\n\
        Permissions: those of each command below.\n\nExit codes: those of each command below; 2 wrong usage"
)]
pub struct Rbac {
    /// What to do with accounts and rights.
    #[command(subcommand)]
    pub command: RbacCommand,
}

/// What to do with accounts and rights.
#[derive(Debug, Subcommand)]
pub enum RbacCommand {
    /// Say whether the operator, the Jobs, the webhook and you may do what they need, and what more
    Check(RbacCheck),
    /// Print the least Role or ClusterRole that somebody needs, with its bindings
    Generate(RbacGenerate),
    /// Say how accounts, Role and RoleBinding of the Jobs differ from what has to be there
    Diff(RbacDiff),
    /// Make what is missing of them, and with --prune remove what an operator 0.x has left; shows it and asks
    Repair(RbacRepair),
    /// Bring back what was there before a repair
    Undo(RbacUndo),
}

/// Of which namespaces, and for which operator.
#[derive(Debug, Clone, Args)]
pub struct RbacScope {
    /// Look at all namespaces
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Operator on which it depends what is needed (0.9, 1.14, ...); the installed one unless given
    #[arg(long, value_name = "VERSION", value_parser = operator_version)]
    pub operator_version: Option<OperatorVersion>,
    /// How long to look at most, in all: 90s, 2m
    #[arg(long, value_name = "DURATION", value_parser = timeout, default_value = "60s")]
    pub timeout: Duration,
}

/// The same, and what the accounts of the Jobs carry.
#[derive(Debug, Clone, Args)]
pub struct RepairScope {
    /// Where, and for which operator.
    #[command(flatten)]
    pub look: RbacScope,
    /// Settings file of the webhook, whose identities count where namespaces declare none; that of the installed one unless given
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
}

/// The arguments of `rbac diff`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kubectl neo4jbackup rbac diff -n graph\n  kubectl neo4jbackup rbac diff -A -o json\n\n\
        Permissions: list on neo4jbackups, neo4jrestores, roles and rolebindings; get on serviceaccounts, roles, rolebindings and \
        namespaces, and on configmaps for the settings of the webhook; `rbac generate --for plugin --level repair` prints them.\n\n\
        Exit codes: 0 all is as it has to be, 1 something differs, 2 wrong usage, 3 no full answer"
)]
pub struct RbacDiff {
    /// Where, and for which operator.
    #[command(flatten)]
    pub scope: RepairScope,
    /// Format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub output: PlainFormat,
}

/// The arguments of `rbac repair`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  # what would be changed?\n  kubectl neo4jbackup rbac repair -n graph --dry-run\n\n  \
        # change it, after a question\n  kubectl neo4jbackup rbac repair -n graph\n\n  \
        # after an upgrade from an operator 0.x: take away what its Jobs could do\n  \
        kubectl neo4jbackup rbac repair -A --prune\n\n\
        Every change is first tried by a dry run of the API server. What Helm, Argo CD, Flux or OLM keeps is refused, with the \
        place where to change it. What was there is written to a file before anything is changed.\n\n\
        Permissions: what `rbac diff` needs; get, create and patch on serviceaccounts, roles and rolebindings, with --prune and \
        --allow-recreate also delete; and the rights that the Jobs get.\n\n\
        Exit codes: 0 all is as it has to be, 1 something is not, or the answer was no, 2 wrong usage, 3 no full answer, \
        4 something was refused"
)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct RbacRepair {
    /// Where, and for which operator.
    #[command(flatten)]
    pub scope: RepairScope,
    /// Show what would be changed, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Also remove Role and RoleBinding that an operator 0.x has made and that no Job needs any more
    #[arg(long)]
    pub prune: bool,
    /// Also delete a RoleBinding that binds something else, and make it again
    #[arg(long)]
    pub allow_recreate: bool,
    /// Also take over annotations that other field managers hold
    #[arg(long)]
    pub force_conflicts: bool,
    /// File to write what was there to; it must not exist. A new one in the current folder unless given
    #[arg(long, value_name = "FILE")]
    pub undo_file: Option<PathBuf>,
}

/// The arguments of `rbac undo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kubectl neo4jbackup rbac undo neo4jbackup-rbac-undo-20260601T020000Z.json\n\n\
        It works on a repair that was interrupted, too: what was never changed stays as it is.\n\n\
        Permissions: get, create, patch, update and delete on what it brings back or takes away, and the rights that it gives back \
        (docs/rbac-repair.md).\n\n\
        Exit codes: 0 all is as it was, 1 the answer was no, 2 wrong usage, also a file that is none, 3 no full answer, \
        4 something was changed since, or may not be brought back"
)]
pub struct RbacUndo {
    /// The file that `rbac repair` has written
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Also bring back what was changed since, and ask an API server of another address
    #[arg(long)]
    pub force: bool,
    /// How long to look at most, and how long to write: 90s, 2m
    #[arg(long, value_name = "DURATION", value_parser = timeout, default_value = "60s")]
    pub timeout: Duration,
}
