//! `auth`: the identities by which backups and restores reach their stores.

use clap::{Args, Subcommand, ValueEnum};

use super::LookArguments;

/// The image of the pod of a probe: of this version, and with nothing in it but this program.
pub const PROBE_IMAGE: &str = concat!("ghcr.io/neo4jbackup/kubectl-neo4jbackup:", env!("CARGO_PKG_VERSION"));

/// The arguments of `auth`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kubectl neo4jbackup auth check -n graph\n\n\
                        Permissions: those of `auth check`.\n\nExit codes: those of `auth check`; 2 wrong usage")]
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
        # one of them, with what a token of its account says and what has to let it in\n  \
        kubectl neo4jbackup auth check backup/nightly -n graph --trust\n\n  \
        # the least that the cloud has to allow\n  kubectl neo4jbackup auth check backup/nightly -n graph --policy\n  \
        kubectl neo4jbackup auth check -n graph --policy -o terraform > backups.tf\n\n  \
        # ask the store itself: from a pod in the place of the Job's, or from here, as yourself\n  \
        kubectl neo4jbackup auth check backup/nightly -n graph --probe\n  \
        kubectl neo4jbackup auth check backup/nightly -n graph --local\n\n\
        Without --probe and --local nothing is changed and no cloud is asked: what only the cloud knows, such as an \
        association of EKS Pod Identity, is said to be not known. Values of a credentials Secret are looked at for line \
        breaks and the like, and let go; no value, length or part of one is printed, and no token.\n\n\
        --probe makes a Job in the namespace, reads the log of its pod and removes it. Whatever becomes of this program, \
        the pod ends within --timeout and half a minute, and the Job is gone another half minute later.\n\n\
        Permissions: as `doctor`, and get on secrets; with --trust create on serviceaccounts/token; with --probe what \
        `rbac generate --for plugin --level probe` lists. What is missing is said in the row that it concerns.\n\n\
        Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage, 3 no full answer, 130 Ctrl-C during --probe"
)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct AuthCheck {
    /// Which: backup/NAME or restore/NAME; a NAME alone is a backup. All in the namespace unless given
    #[arg(value_name = "TYPE/NAME")]
    pub target: Option<String>,
    /// Where to look.
    #[command(flatten)]
    pub look: LookArguments,
    /// Ask the API server for a token of each account, say for whom it is and until when, and what lets it in: the trust
    /// policy of a role, the binding of a service account, the federated credential of an identity
    #[arg(long, conflicts_with_all = ["policy", "from_bundle"])]
    pub trust: bool,
    /// Ask the store itself, from here and with your own credentials: those of the environment, or of a profile of AWS. What
    /// the Jobs may is not known from that
    #[arg(long, group = "store", conflicts_with_all = ["trust", "policy"])]
    pub local: bool,
    /// Ask the store itself, from a pod that has what the pods of the Job have (for a restore by servers, what these have):
    /// account, nodes, variables, Secrets, endpoint, authorities, proxy. Takes one backup or restore
    #[arg(long, group = "store", requires = "target",
        conflicts_with_all = ["local", "trust", "policy", "from_bundle", "all_namespaces"])]
    pub probe: bool,
    /// With --probe: the image of that pod, which has this program as /kubectl-neo4jbackup
    #[arg(long, value_name = "IMAGE", requires = "probe", default_value = PROBE_IMAGE)]
    pub image: String,
    /// With --local or --probe: also write, read and delete an object below the prefix of a backup
    #[arg(long, requires = "store")]
    pub write_canary: bool,
    /// Print the least that the cloud has to allow, in the place of what is there
    #[arg(long)]
    pub policy: bool,
    /// With --policy: the key of KMS by which the bucket is encrypted
    #[arg(long, value_name = "ARN", requires = "policy")]
    pub kms_key: Option<String>,
    /// With --policy: the access point of S3 by which the bucket is reached
    #[arg(long, value_name = "ARN", requires = "policy")]
    pub access_point: Option<String>,
    /// Format; `terraform` with --policy
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub output: AuthFormat,
}

/// Formats of `auth check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuthFormat {
    /// For people: a line for each thing that was looked at
    #[value(name = "text", alias = "table")]
    Table,
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// Terraform
    Terraform,
}
