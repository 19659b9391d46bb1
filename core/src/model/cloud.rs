//! A `cloud` block: provider, credentials, endpoint, identity.

use std::fmt;

use crate::field::{Block, Field};

/// A cloud provider, as `cloud.provider` and `cloud.identity.provider` spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// `aws`.
    Aws,
    /// `gcp`.
    Gcp,
    /// `azure`.
    Azure,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Aws, Self::Gcp, Self::Azure];

    /// The provider of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text)
    }

    /// The name in a manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Gcp => "gcp",
            Self::Azure => "azure",
        }
    }

    /// The annotation of a ServiceAccount that carries this provider's identity.
    pub fn identity_annotation(self) -> &'static str {
        match self {
            Self::Aws => "eks.amazonaws.com/role-arn",
            Self::Gcp => "iam.gke.io/gcp-service-account",
            Self::Azure => "azure.workload.identity/client-id",
        }
    }

    /// The keys that a credentials Secret must have.
    pub fn secret_keys(self) -> &'static [&'static str] {
        match self {
            Self::Aws => &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"],
            Self::Gcp => &["GOOGLE_APPLICATION_CREDENTIALS_JSON"],
            Self::Azure => &["AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY"],
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A `cloud` block, there or not.
#[derive(Debug, Clone, Copy)]
pub struct Cloud<'a> {
    /// The block itself.
    pub block: Block<'a>,
}

impl<'a> Cloud<'a> {
    /// `provider`.
    pub fn provider(&self) -> Field<'a> {
        self.block.field("provider")
    }

    /// `credentialsSecretRef`.
    pub fn credentials(&self) -> Field<'a> {
        self.block.field("credentialsSecretRef")
    }

    /// `endpointURL`.
    pub fn endpoint(&self) -> Field<'a> {
        self.block.field("endpointURL")
    }

    /// `forcePathStyle`.
    pub fn path_style(&self) -> Field<'a> {
        self.block.field("forcePathStyle")
    }

    /// `identity`.
    pub fn identity(&self) -> Field<'a> {
        self.block.field("identity")
    }

    /// `identity.provider`.
    pub fn identity_provider(&self) -> Field<'a> {
        self.block.field("identity.provider")
    }

    /// `identity.autoCreate.annotations`.
    pub fn annotations(&self) -> Field<'a> {
        self.block.field("identity.autoCreate.annotations")
    }
}
