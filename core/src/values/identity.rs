//! Cloud identities: the annotations that tie a `ServiceAccount` to a role, and the grammars of their values.

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
    /// The spelling of the CRD.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Gcp => "gcp",
            Self::Azure => "azure",
        }
    }

    /// The provider of that spelling.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Aws, Self::Gcp, Self::Azure]
            .into_iter()
            .find(|provider| provider.name() == name)
    }

    /// The annotation that carries this cloud's identity.
    pub fn identity_annotation(self) -> &'static str {
        match self {
            Self::Aws => AWS_ROLE_ARN,
            Self::Gcp => GOOGLE_SERVICE_ACCOUNT,
            Self::Azure => AZURE_CLIENT_ID,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_belongs_to_the_cloud_of_its_prefix() {
        for provider in [Provider::Aws, Provider::Gcp, Provider::Azure] {
            assert_eq!(provider_of_annotation(provider.identity_annotation()), Some(provider));
            assert_eq!(Provider::from_name(provider.name()), Some(provider));
        }
        assert_eq!(
            provider_of_annotation("eks.amazonaws.com/sts-regional-endpoints"),
            Some(Provider::Aws)
        );
        assert_eq!(provider_of_annotation("example.com/role-arn"), None);
        assert_eq!(provider_of_annotation("role-arn"), None);
    }
}
