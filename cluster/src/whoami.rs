//! Who a cluster takes us for, and which version of Kubernetes it is.

use std::collections::BTreeMap;

use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::api::{Api, PostParams};

use crate::connect::Cluster;
use crate::objects::NoAnswer;

/// Why a cluster does not say.
#[derive(Debug, thiserror::Error)]
pub enum WhoamiError {
    /// Who asks is not said.
    #[error("the cluster does not say who you are")]
    User(#[source] NoAnswer),
    /// The version is not said.
    #[error("the cluster does not say its version")]
    Version(#[source] NoAnswer),
}

/// A user, as the API server sees who asks: after impersonation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name; empty where the API server knows none.
    pub name: String,
    /// What tells two of that name apart; empty without one.
    pub uid: String,
    /// The groups, in the order of the API server.
    pub groups: Vec<String>,
    /// What else is known of them.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// Asks the API server who it takes us for: `SelfSubjectReview`, as `kubectl auth whoami` does.
pub async fn whoami(cluster: &Cluster) -> Result<User, WhoamiError> {
    let reviews: Api<SelfSubjectReview> = Api::all(cluster.client());
    let review = reviews
        .create(&PostParams::default(), &SelfSubjectReview::default())
        .await;
    let status = review
        .map_err(|error| WhoamiError::User(NoAnswer::of(error)))?
        .status
        .unwrap_or_default();
    let user = status.user_info.unwrap_or_default();
    Ok(User {
        name: user.username.unwrap_or_default(),
        uid: user.uid.unwrap_or_default(),
        groups: user.groups.unwrap_or_default(),
        extra: user.extra.unwrap_or_default(),
    })
}

/// Asks the API server for its version, `v1.36.3`.
pub async fn server_version(cluster: &Cluster) -> Result<String, WhoamiError> {
    let version = cluster.client().apiserver_version().await;
    Ok(version
        .map_err(|error| WhoamiError::Version(NoAnswer::of(error)))?
        .git_version)
}
