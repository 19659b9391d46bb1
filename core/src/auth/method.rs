//! The ways in which a pod comes to credentials of a cloud.

use std::fmt;

use crate::model::Provider;

/// How a pod comes to credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Keys in a Secret, as variables of the container.
    Secret,
    /// A token of its `ServiceAccount`, for which AWS gives the credentials of a role (IRSA).
    Irsa,
    /// An association that EKS keeps, without any annotation (EKS Pod Identity).
    PodIdentity,
    /// A token of its `ServiceAccount`, which the metadata server of GKE exchanges.
    GkeWorkloadIdentity,
    /// A token of its `ServiceAccount`, for which Azure gives the credentials of an application or a managed identity.
    AzureWorkloadIdentity,
    /// Whatever the node may do.
    NodeRole,
    /// None: nothing gives it any.
    None,
    /// Nothing in the API says it: an identity that the cloud keeps, one of the nodes, or none.
    Unknown,
    /// It needs none, because what it reaches is a volume.
    Volume,
}

impl Method {
    /// The method of an account that carries the identity annotation of this cloud.
    pub fn by_annotation(provider: Provider) -> Self {
        match provider {
            Provider::Aws => Self::Irsa,
            Provider::Gcp => Self::GkeWorkloadIdentity,
            Provider::Azure => Self::AzureWorkloadIdentity,
        }
    }

    /// The word for it in a report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Irsa => "irsa",
            Self::PodIdentity => "eks-pod-identity",
            Self::GkeWorkloadIdentity => "gke-workload-identity",
            Self::AzureWorkloadIdentity => "azure-workload-identity",
            Self::NodeRole => "node-role",
            Self::None => "none",
            Self::Unknown => "unknown",
            Self::Volume => "volume",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Secret => "keys in a Secret",
            Self::Irsa => "IRSA",
            Self::PodIdentity => "EKS Pod Identity",
            Self::GkeWorkloadIdentity => "GKE workload identity",
            Self::AzureWorkloadIdentity => "Azure workload identity",
            Self::NodeRole => "role of the node",
            Self::None => "none",
            Self::Unknown => "not visible",
            Self::Volume => "none needed",
        })
    }
}
