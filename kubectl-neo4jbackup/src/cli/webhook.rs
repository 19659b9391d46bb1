//! `webhook`: whether the admission webhook does its work.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::timeout;

/// The arguments of `webhook`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kubectl neo4jbackup webhook check -n graph\n\n\
                        Permissions: those of `webhook check`.\n\nExit codes: those of `webhook check`; 2 wrong usage")]
pub struct Webhook {
    /// What to do with the webhook.
    #[command(subcommand)]
    pub command: WebhookCommand,
}

/// What to do with the webhook.
#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// Say whether webhook and policies are there, reached, believed and of this version, and try a bad and a good object
    Check(WebhookCheck),
}

/// Formats of `webhook check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WebhookFormat {
    /// For people: a line for each thing that was looked at
    #[value(name = "table", alias = "text")]
    Table,
    /// One line for each thing that is not as it has to be
    Short,
    /// JSON
    Json,
    /// YAML
    Yaml,
}

/// The arguments of `webhook check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  # is the webhook there, does it answer, and does it refuse what is wrong?\n  \
        kubectl neo4jbackup webhook check -n graph\n\n  \
        # for a pipeline\n  kubectl neo4jbackup webhook check -n graph -o short\n\n  \
        # where the chart was installed with `engine: policies`\n  kubectl neo4jbackup webhook check -n graph --policies-only\n\n\
        Nothing is stored: backups and a restore, all called neo4jbackup-admission-check, are sent by server dry run into the \
        namespace of -n, which has to be one that the webhook looks at. Keys of Secrets are not looked at.\n\n\
        Permissions: list on validatingwebhookconfigurations, mutatingwebhookconfigurations, validatingadmissionpolicies and \
        validatingadmissionpolicybindings; get on the namespace; create on neo4jbackups and neo4jrestores in it; in the namespace \
        of the webhook list on services, endpointslices and deployments, get on secrets and on services/proxy. Without the last \
        two it says less of certificates, and of why nobody answers. docs/webhook.md has them as a Role.\n\n\
        Exit codes: 0 all is as it has to be, 1 something is not, also where no webhook is installed, 2 wrong usage, 3 no full \
        answer"
)]
pub struct WebhookCheck {
    /// No webhook is wanted: the policies judge alone
    #[arg(long)]
    pub policies_only: bool,
    /// How long to look at most, in all: 90s, 2m
    #[arg(long, value_name = "DURATION", value_parser = timeout, default_value = "60s")]
    pub timeout: Duration,
    /// Format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "table")]
    pub output: WebhookFormat,
}
