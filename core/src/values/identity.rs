//! Cloud identities: the annotations that tie a `ServiceAccount` to a role, and the grammars of their values.

use std::fmt;

pub mod aws;
pub mod azure;
pub mod google;

/// The annotation that names an AWS role (IRSA).
pub const AWS_ROLE_ARN: &str = "eks.amazonaws.com/role-arn";
/// The annotation with the lifetime of the AWS token in seconds.
pub const AWS_TOKEN_EXPIRATION: &str = "eks.amazonaws.com/token-expiration";
/// The annotation that names a Google service account.
pub const GOOGLE_SERVICE_ACCOUNT: &str = "iam.gke.io/gcp-service-account";
/// The annotation that names an Azure application.
pub const AZURE_CLIENT_ID: &str = "azure.workload.identity/client-id";
/// The pod label without which Azure workload identity does nothing.
pub const AZURE_USE_LABEL: &str = "azure.workload.identity/use";

/// A cloud, as the operator spells it in `cloud.provider` and `identity.provider`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

    /// The provider of this spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text)
    }

    /// The spelling of the CRD.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Gcp => "gcp",
            Self::Azure => "azure",
        }
    }

    /// The annotation of a ServiceAccount that carries this cloud's identity.
    pub fn identity_annotation(self) -> &'static str {
        match self {
            Self::Aws => AWS_ROLE_ARN,
            Self::Gcp => GOOGLE_SERVICE_ACCOUNT,
            Self::Azure => AZURE_CLIENT_ID,
        }
    }

    /// Whether a text can be an identity of this cloud, and of no other.
    pub fn has_identity(self, text: &str) -> bool {
        match self {
            Self::Aws => aws::parse_role_arn(text).is_ok(),
            Self::Gcp => google::parse_service_account(text).is_ok(),
            Self::Azure => azure::check_client_id(text).is_ok(),
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

/// The cloud that an annotation belongs to, by the prefix of its key.
pub fn provider_of_annotation(key: &str) -> Option<Provider> {
    match key.split_once('/')?.0 {
        "eks.amazonaws.com" => Some(Provider::Aws),
        "iam.gke.io" => Some(Provider::Gcp),
        "azure.workload.identity" => Some(Provider::Azure),
        _ => None,
    }
}

/// Other annotations that somebody reads, by cloud.
const FURTHER_ANNOTATIONS: [&str; 13] = [
    "eks.amazonaws.com/audience",
    "eks.amazonaws.com/skip-containers",
    "eks.amazonaws.com/sts-regional-endpoints",
    AWS_TOKEN_EXPIRATION,
    // Of kube2iam and kiam.
    "iam.amazonaws.com/role",
    "iam.amazonaws.com/external-id",
    "iam.gke.io/credential-key-type",
    "iam.gke.io/return-principal-id-as-email",
    "azure.workload.identity/inject-proxy-sidecar",
    "azure.workload.identity/proxy-sidecar-port",
    "azure.workload.identity/service-account-token-expiration",
    "azure.workload.identity/skip-containers",
    "azure.workload.identity/tenant-id",
];

/// Whether somebody reads an annotation of this key from a ServiceAccount or its pods.
pub fn is_known_annotation(key: &str) -> bool {
    let names_identity = |provider: &Provider| provider.identity_annotation() == key;
    Provider::ALL.iter().any(names_identity) || FURTHER_ANNOTATIONS.contains(&key) || key == AZURE_USE_LABEL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_belongs_to_the_cloud_of_its_prefix() {
        for provider in Provider::ALL {
            assert_eq!(provider_of_annotation(provider.identity_annotation()), Some(provider));
            assert_eq!(Provider::parse(provider.as_str()), Some(provider));
        }
        assert_eq!(
            provider_of_annotation("eks.amazonaws.com/sts-regional-endpoints"),
            Some(Provider::Aws)
        );
        assert_eq!(provider_of_annotation("example.com/role-arn"), None);
        assert_eq!(provider_of_annotation("role-arn"), None);
    }
}
