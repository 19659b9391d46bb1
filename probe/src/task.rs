//! What is to be probed, and from where.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Whose protocol a store speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Amazon S3, or a server that speaks like it.
    Aws,
    /// Google Cloud Storage.
    Gcp,
    /// Azure Blob.
    Azure,
}

impl Provider {
    /// As the command line names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Gcp => "gcp",
            Self::Azure => "azure",
        }
    }

    /// The scheme of its addresses, as neo4j-admin writes them.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Aws => "s3",
            Self::Gcp => "gs",
            Self::Azure => "azb",
        }
    }
}

/// A store, as a backup names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Whose protocol it speaks.
    pub provider: Provider,
    /// The bucket; of Azure the storage account and the container, as `account/container`, or the container alone.
    pub bucket: String,
    /// What keys begin with; may be empty.
    pub prefix: String,
    /// The region, else the one that the environment names.
    pub region: Option<String>,
    /// The server, else the one that the environment names, else the provider's own.
    pub endpoint: Option<String>,
    /// Whether the bucket stands in the path of the address, instead of in its host.
    pub path_style: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The store.
    pub store: Store,
    /// A file of certificates that are believed besides those of the system.
    pub authorities: Option<PathBuf>,
    /// The identity that the annotation names: a role, an account, or a client.
    pub expected_identity: Option<String>,
    /// Whether to write, read and delete an object.
    pub write_canary: bool,
    /// How long one connection or answer may take.
    pub patience: Duration,
}

/// Where the probe runs.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The environment, from which credentials, region, endpoint and proxies come.
    pub environment: BTreeMap<String, String>,
}

impl Surroundings {
    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            environment: variables.iter().map(owned).collect(),
        }
    }

    /// Returns a variable, or `None` if it is not set or empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.environment.get(name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}
