//! The cluster that this pod runs in, and the account that it has there.

use std::path::Path;

use super::flags::Surroundings;

/// Where the kubelet puts what a pod needs to know of its account.
pub(super) const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The address of the API server, as the kubelet tells it to every pod.
pub(super) struct Pod {
    pub(super) host: String,
    pub(super) port: String,
}

/// Returns the cluster of this pod, or `None` if this is no pod, or one without a token.
pub(super) fn find(surroundings: &Surroundings) -> Option<Pod> {
    let host = surroundings.variable("KUBERNETES_SERVICE_HOST")?.to_owned();
    let port = surroundings.variable("KUBERNETES_SERVICE_PORT")?.to_owned();
    Path::new(ACCOUNT).join("token").is_file().then_some(Pod { host, port })
}

/// Returns the namespace of this pod, or `None` if this is none.
pub(super) fn namespace(surroundings: &Surroundings) -> Option<String> {
    find(surroundings)?;
    if let Some(named) = surroundings.variable("POD_NAMESPACE") {
        return Some(named.to_owned());
    }
    let namespace = std::fs::read_to_string(Path::new(ACCOUNT).join("namespace")).ok()?;
    Some(namespace.trim().to_owned()).filter(|namespace| !namespace.is_empty())
}
