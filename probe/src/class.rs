//! The classes of failures. Where a line of a log can say the same, the class has the name that it has there.

use neo4jbackup_core::logs::CLASSES;

/// What a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The endpoint is no address of a server.
    EndpointMalformed,
    /// The server does not speak HTTP, or not the protocol of the store.
    EndpointNotAStore,
    /// The host name does not exist here.
    DnsFailure,
    /// Nobody listens.
    ConnectionRefused,
    /// Packets are lost.
    NetworkTimeout,
    /// The proxy is not reached.
    ProxyUnreachable,
    /// The proxy does not connect us.
    ProxyRefused,
    /// The certificate is signed by an authority that is not believed.
    TlsUntrustedCa,
    /// The certificate is of another time.
    TlsCertExpired,
    /// The certificate is of another host.
    TlsHostnameMismatch,
    /// No TLS came about.
    TlsHandshakeFailed,
    /// The clocks differ.
    ClockSkew,
    /// The identity is that of the node.
    IdentityOfNode,
    /// The identity is another one than the annotated one.
    IdentityOfOther,
    /// Nobody says whose identity it is.
    IdentityNotKnown,
    /// No credentials are there.
    AwsNoCredentials,
    /// There is no region.
    AwsNoRegion,
    /// The web identity is refused.
    AwsWebIdentityDenied,
    /// The issuer of the token is not known to the account.
    AwsOidcProviderMissing,
    /// The credentials or the token are too old.
    AwsTokenExpired,
    /// EKS Pod Identity gives nothing.
    EksPodIdentityFailed,
    /// The secret key does not belong to the access key.
    S3BadSignature,
    /// The access key is unknown.
    S3InvalidAccessKey,
    /// The bucket is in another region.
    S3WrongRegion,
    /// The bucket does not exist.
    S3BucketNotFound,
    /// The identity may not do this.
    S3AccessDenied,
    /// The identity may not use the key of the bucket.
    S3KmsDenied,
    /// The store wants the bucket in the path.
    S3PathStyleOnly,
    /// The store is too busy.
    S3Throttled,
    /// The key of the service account is refused.
    GcsInvalidGrant,
    /// No credentials are there.
    GcsNoCredentials,
    /// The workload identity is refused.
    GkeWorkloadIdentityDenied,
    /// The metadata server of the node gives no token.
    GkeMetadataError,
    /// The bucket does not exist.
    GcsBucketNotFound,
    /// The identity may not do this.
    GcsPermissionDenied,
    /// No credentials are there.
    AzureNoCredentials,
    /// The account key is wrong.
    AzureBadKey,
    /// The shared access signature is wrong.
    AzureBadSignature,
    /// The account takes no keys.
    AzureKeyNotPermitted,
    /// The account takes no such token.
    AzureTokenRefused,
    /// The secret of the application is wrong or too old.
    AzureClientSecretBad,
    /// There is no such application, or no such tenant.
    AzureApplicationUnknown,
    /// The federated credential does not accept the token.
    AzureFederationMismatch,
    /// The signature or the token is too old.
    AzureTokenExpired,
    /// The container does not exist.
    AzureContainerNotFound,
    /// The identity may not do this.
    AzurePermissionMismatch,
    /// The shared access signature does not allow this.
    AzureSignatureTooNarrow,
    /// The account does not let this address in.
    AzureFirewall,
    /// What was written is not what is read.
    CanaryDiffers,
    /// None of the above.
    Unknown,
}

impl Class {
    /// Its name. What the table of log lines cannot tell apart has one name, and each its own remedy.
    pub fn name(self) -> &'static str {
        match self {
            Self::EndpointMalformed => "endpoint-malformed",
            Self::EndpointNotAStore => "endpoint-not-a-store",
            Self::DnsFailure => "dns-failure",
            Self::ConnectionRefused => "connection-refused",
            Self::NetworkTimeout => "network-timeout",
            Self::ProxyUnreachable => "proxy-unreachable",
            Self::ProxyRefused => "proxy-refused",
            Self::TlsUntrustedCa => "tls-untrusted-ca",
            Self::TlsCertExpired => "tls-cert-expired",
            Self::TlsHostnameMismatch => "tls-hostname-mismatch",
            Self::TlsHandshakeFailed => "tls-handshake-failed",
            Self::ClockSkew => "clock-skew",
            Self::IdentityOfNode => "identity-of-node",
            Self::IdentityOfOther => "identity-of-other",
            Self::IdentityNotKnown => "identity-not-known",
            Self::AwsNoCredentials => "aws-no-credentials",
            Self::AwsNoRegion => "aws-no-region",
            Self::AwsWebIdentityDenied => "aws-web-identity-denied",
            Self::AwsOidcProviderMissing => "aws-oidc-provider-missing",
            Self::AwsTokenExpired => "aws-token-expired",
            Self::EksPodIdentityFailed => "eks-pod-identity-failed",
            Self::S3BadSignature => "s3-bad-signature",
            Self::S3InvalidAccessKey => "s3-invalid-access-key",
            Self::S3WrongRegion => "s3-wrong-region",
            Self::S3BucketNotFound => "s3-bucket-not-found",
            Self::S3AccessDenied => "s3-access-denied",
            Self::S3KmsDenied => "s3-kms-denied",
            Self::S3PathStyleOnly => "s3-path-style-only",
            Self::S3Throttled => "s3-throttled",
            Self::GcsInvalidGrant => "gcs-invalid-grant",
            Self::GcsNoCredentials => "gcs-no-credentials",
            Self::GkeWorkloadIdentityDenied => "gke-workload-identity-denied",
            Self::GkeMetadataError => "gke-metadata-error",
            Self::GcsBucketNotFound => "gcs-bucket-not-found",
            Self::GcsPermissionDenied => "gcs-permission-denied",
            Self::AzureNoCredentials => "azure-no-credentials",
            Self::AzureBadKey | Self::AzureBadSignature | Self::AzureKeyNotPermitted => "azure-bad-key",
            Self::AzureTokenRefused => "azure-token-refused",
            Self::AzureClientSecretBad => "azure-client-secret-bad",
            Self::AzureFederationMismatch | Self::AzureApplicationUnknown => "azure-federation-mismatch",
            Self::AzureTokenExpired => "azure-token-expired",
            Self::AzureContainerNotFound => "azure-container-not-found",
            Self::AzurePermissionMismatch | Self::AzureSignatureTooNarrow => "azure-permission-mismatch",
            Self::AzureFirewall => "azure-firewall",
            Self::CanaryDiffers => "canary-differs",
            Self::Unknown => "unknown",
        }
    }

    /// What helps, in a sentence: what the table of log lines says, for a class that it has.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::EndpointMalformed => {
                "Write the endpoint with its scheme, for example https://minio.storage.svc:9000."
            }
            Self::EndpointNotAStore => {
                "Check scheme, host, port and path of the endpoint, and what stands in front of it."
            }
            Self::ConnectionRefused => {
                "Check the port of the endpoint, and that the server runs and has ready endpoints."
            }
            Self::ProxyUnreachable => {
                "Check HTTPS_PROXY or HTTP_PROXY, and name the endpoint in NO_PROXY if it needs no proxy."
            }
            Self::ProxyRefused => {
                "Allow the endpoint on the proxy, give the proxy's credentials in its address, or name the endpoint in NO_PROXY."
            }
            Self::IdentityOfNode => {
                "Annotate the ServiceAccount that the pod runs as, see to it that the identity webhook runs, and start the pod again."
            }
            Self::IdentityOfOther => {
                "Correct the annotation of the ServiceAccount, and take keys out of the environment that go before it."
            }
            Self::IdentityNotKnown => "Use credentials of which the provider says whose they are.",
            Self::S3PathStyleOnly => {
                "Set spec.storage.cloud.forcePathStyle, or give the store a domain for its buckets."
            }
            Self::AzureBadSignature => "Make a new shared access signature by the current account key.",
            Self::AzureKeyNotPermitted => {
                "Allow access by account keys on the storage account, or use a workload identity."
            }
            Self::AzureTokenRefused => {
                "Check that AZURE_TENANT_ID is the tenant of the storage account, and that both are of the same cloud."
            }
            Self::AzureApplicationUnknown => {
                "Correct AZURE_CLIENT_ID and AZURE_TENANT_ID: the application is not in that tenant, or the tenant is none."
            }
            Self::AzureSignatureTooNarrow => {
                "Make a shared access signature that allows it: a backup needs sp=rwdl on the container, a restore sp=rl."
            }
            Self::AzureTokenExpired => {
                "Make a new shared access signature; a pod gets a new token when it is started again."
            }
            Self::CanaryDiffers => "Look for a gateway or cache between here and the store that changes objects.",
            Self::Unknown => "Read what the other side said, and ask those who run it.",
            other => CLASSES
                .iter()
                .find(|class| class.name == other.name())
                .map_or("", |class| class.remedy.as_str()),
        }
    }

    #[cfg(test)]
    const ALL: [Self; 50] = [
        Self::EndpointMalformed,
        Self::EndpointNotAStore,
        Self::DnsFailure,
        Self::ConnectionRefused,
        Self::NetworkTimeout,
        Self::ProxyUnreachable,
        Self::ProxyRefused,
        Self::TlsUntrustedCa,
        Self::TlsCertExpired,
        Self::TlsHostnameMismatch,
        Self::TlsHandshakeFailed,
        Self::ClockSkew,
        Self::IdentityOfNode,
        Self::IdentityOfOther,
        Self::IdentityNotKnown,
        Self::AwsNoCredentials,
        Self::AwsNoRegion,
        Self::AwsWebIdentityDenied,
        Self::AwsOidcProviderMissing,
        Self::AwsTokenExpired,
        Self::EksPodIdentityFailed,
        Self::S3BadSignature,
        Self::S3InvalidAccessKey,
        Self::S3WrongRegion,
        Self::S3BucketNotFound,
        Self::S3AccessDenied,
        Self::S3KmsDenied,
        Self::S3PathStyleOnly,
        Self::S3Throttled,
        Self::GcsInvalidGrant,
        Self::GcsNoCredentials,
        Self::GkeWorkloadIdentityDenied,
        Self::GkeMetadataError,
        Self::GcsBucketNotFound,
        Self::GcsPermissionDenied,
        Self::AzureNoCredentials,
        Self::AzureBadKey,
        Self::AzureBadSignature,
        Self::AzureKeyNotPermitted,
        Self::AzureTokenRefused,
        Self::AzureClientSecretBad,
        Self::AzureApplicationUnknown,
        Self::AzureFederationMismatch,
        Self::AzureTokenExpired,
        Self::AzureContainerNotFound,
        Self::AzurePermissionMismatch,
        Self::AzureSignatureTooNarrow,
        Self::AzureFirewall,
        Self::CanaryDiffers,
        Self::Unknown,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_says_what_helps() {
        for class in Class::ALL {
            assert!(!class.remedy().is_empty(), "{} has no remedy", class.name());
        }
    }
}
