//! From a kubeconfig, or the account of the pod, to a client.

use std::path::{Path, PathBuf};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The file that was named cannot be used.
    #[error("cannot use the kubeconfig {}: {reason}", file.display())]
    Kubeconfig {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The account of the pod is there but cannot be used.
    #[error("cannot use the service account of this pod: {0}")]
    InCluster(String),
    /// The configuration is fine, but no client comes of it.
    #[error("cannot set up a client for {server}: {reason}")]
    Client {
        /// The address of the API server.
        server: String,
        /// What is wrong.
        reason: String,
    },
}

/// A client, or none when nothing says which cluster to ask. No request is sent.
pub(crate) async fn connect(kubeconfig: Option<&Path>) -> Result<Option<Client>, ConnectError> {
    let config = match kubeconfig {
        Some(file) => from_file(file).await?,
        None if in_cluster() => Config::incluster().map_err(|error| ConnectError::InCluster(error.to_string()))?,
        None => return Ok(None),
    };
    let server = config.cluster_url.to_string();
    let client = Client::try_from(config);
    client.map(Some).map_err(|error| ConnectError::Client {
        server,
        reason: error.to_string(),
    })
}

async fn from_file(file: &Path) -> Result<Config, ConnectError> {
    let failed = |error: kube::config::KubeconfigError| ConnectError::Kubeconfig {
        file: file.to_owned(),
        reason: error.to_string(),
    };
    let kubeconfig = Kubeconfig::read_from(file).map_err(failed)?;
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .map_err(failed)
}

/// The kubelet sets this in every pod; whether a token is mounted as well is the pod's own decision.
fn in_cluster() -> bool {
    let token = Path::new("/var/run/secrets/kubernetes.io/serviceaccount/token");
    std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() && token.exists()
}
