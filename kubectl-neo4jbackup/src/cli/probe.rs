//! `probe`: what runs in the pod of `auth check --probe`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::timeout;

/// The arguments of `probe`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kubectl neo4jbackup probe --provider aws --bucket acme-backups --prefix nightly\n\n\
                        Credentials, region, endpoint and proxies that no flag names are taken from the environment, as the \
                        provider's SDK takes them. The answer is a JSON object with a row for each step.\n\n\
                        Permissions: none in a cluster.\n\n\
                        Exit codes: 0 every step went well, 1 one has failed, 2 wrong usage"
)]
pub struct Probe {
    /// Whose protocol the store speaks
    #[arg(long, value_name = "NAME", value_enum)]
    pub provider: ProviderName,
    /// Bucket; of Azure ACCOUNT/CONTAINER
    #[arg(long, value_name = "NAME")]
    pub bucket: String,
    /// What the keys of the backup begin with
    #[arg(long, value_name = "PATH", default_value = "")]
    pub prefix: String,
    /// Region of the bucket
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// Server, with its scheme
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// The bucket stands in the path of the address and not in its host
    #[arg(long)]
    pub path_style: bool,
    /// Certificates of authorities that are believed besides those of the system, in PEM
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Identity that the annotation names
    #[arg(long, value_name = "IDENTITY")]
    pub expect_identity: Option<String>,
    /// Also write, read and delete an object
    #[arg(long)]
    pub write_canary: bool,
    /// How long to wait for one connection, or half as long as for one answer
    #[arg(long, value_name = "DURATION", value_parser = timeout, default_value = "10s")]
    pub timeout: Duration,
}

/// Values of `--provider`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProviderName {
    /// Amazon S3, and what speaks like it
    Aws,
    /// Google Cloud Storage
    Gcp,
    /// Azure Blob
    Azure,
}
