//! Where to look: the flags of the commands that look at a cluster, or at what was collected from one.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::timeout;

/// Where to look, and for how long.
#[derive(Debug, Clone, Args)]
pub struct LookArguments {
    /// Look at all namespaces
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Look at what has been collected in a folder or archive (tar, tar.gz), and at no cluster
    #[arg(long, value_name = "PATH")]
    pub from_bundle: Option<PathBuf>,
    /// How long to look at most, in all: 90s, 2m
    #[arg(long, value_name = "DURATION", value_parser = timeout, default_value = "60s")]
    pub timeout: Duration,
}
