//! The arguments of `lsp`.

use std::path::PathBuf;

use clap::Args;

use super::{OperatorVersion, operator_version};

/// The arguments of `lsp`.
#[derive(Debug, Clone, Default, Args)]
#[command(
    after_help = "Examples:\n  # what the settings of an editor say\n  kubectl neo4jbackup lsp\n  \
        kubectl neo4jbackup lsp --operator-version 1.13\n\n  \
        # by the fields that the CRDs in a folder have\n  kubectl neo4jbackup lsp --crds crds/\n\n\
        An editor starts it and speaks the language server protocol on standard input and output. It gives findings, pages of rules \
        and fields under the pointer, completion, and fixes. Settings are those of the `.neo4jbackup.yaml` that `lint` of the open \
        folder would find; files of that folder that are not open count as well. Nothing is written.\n\n\
        Permissions: none; with --crds cluster those that `lint` needs for it.\n\n\
        Exit codes: 0 the editor has ended the session, 1 it has gone without, 2 wrong usage, or what comes in is not the protocol"
)]
pub struct Lsp {
    /// Operator that will read the manifests (1.13, 1.14, main, ...); by each object's apiVersion unless given
    #[arg(long, value_name = "VERSION", value_parser = operator_version)]
    pub operator_version: Option<OperatorVersion>,
    /// Schemas that decide which fields there are, as `lint --crds` takes them
    #[arg(long, value_name = "PATH")]
    pub crds: Vec<PathBuf>,
    /// Judge the objects as the admission webhook would complete them
    #[arg(long)]
    pub assume_webhook: bool,
    /// Settings to use instead of the `.neo4jbackup.yaml` that would be found
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Does nothing: many editors add it, and there is no other way to speak
    #[arg(long, hide = true)]
    pub stdio: bool,
}
