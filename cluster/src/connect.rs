//! From a kubeconfig, or the account of the pod, to a client.

use std::fmt;
use std::path::{Path, PathBuf};

use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

/// Why a cluster cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The file that was named cannot be used.
    #[error("cannot use the kubeconfig {}", file.display())]
    Kubeconfig {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: KubeconfigError,
    },
    /// None was named, and the one that kubectl would take cannot be used.
    #[error("cannot use the kubeconfig that kubectl would")]
    UsualKubeconfig(#[source] KubeconfigError),
    /// The account of the pod is there but cannot be used.
    #[error("cannot use the service account of this pod")]
    InCluster(#[source] InClusterError),
    /// The configuration is fine, but no client comes of it.
    #[error("cannot set up a client for {server}")]
    Client {
        /// The address of the API server.
        server: String,
        /// What is wrong.
        source: kube::Error,
    },
}

/// A cluster that can be asked.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
}

impl Cluster {
    /// Returns the cluster of a kubeconfig, or without one the cluster that this pod runs in; `None` when neither says
    /// which cluster to ask. No request is sent.
    pub async fn connect(kubeconfig: Option<&Path>) -> Result<Option<Self>, ConnectError> {
        let config = match kubeconfig {
            Some(file) => from_file(file, None).await?,
            None if in_cluster() => Config::incluster().map_err(ConnectError::InCluster)?,
            None => return Ok(None),
        };
        Self::of(config).map(Some)
    }

    /// Returns the cluster that kubectl would ask: of the kubeconfig that is named, or of `$KUBECONFIG` or `~/.kube/config`,
    /// in the context that is named, or in the one that the file has as its current. Where there is no such file, the
    /// cluster that this pod runs in. No request is sent.
    pub async fn as_kubectl(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Self, ConnectError> {
        let config = match kubeconfig {
            Some(file) => from_file(file, context).await?,
            None => match Config::from_kubeconfig(&options(context)).await {
                Ok(config) => config,
                Err(_) if in_cluster() => Config::incluster().map_err(ConnectError::InCluster)?,
                Err(error) => return Err(ConnectError::UsualKubeconfig(error)),
            },
        };
        Self::of(config)
    }

    fn of(config: Config) -> Result<Self, ConnectError> {
        let server = config.cluster_url.to_string();
        let client = Client::try_from(config).map_err(|source| ConnectError::Client { server, source })?;
        Ok(Self { client })
    }

    /// Returns the namespace of the context, or `default`.
    pub fn namespace(&self) -> &str {
        self.client.default_namespace()
    }

    /// Returns the client of this cluster. Clients share one pool of connections.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }
}

impl From<Client> for Cluster {
    fn from(client: Client) -> Self {
        Self { client }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cluster").finish_non_exhaustive()
    }
}

async fn from_file(file: &Path, context: Option<&str>) -> Result<Config, ConnectError> {
    let failed = |source| ConnectError::Kubeconfig {
        file: file.to_owned(),
        source,
    };
    let kubeconfig = Kubeconfig::read_from(file).map_err(failed)?;
    Config::from_custom_kubeconfig(kubeconfig, &options(context))
        .await
        .map_err(failed)
}

fn options(context: Option<&str>) -> KubeConfigOptions {
    KubeConfigOptions {
        context: context.map(str::to_owned),
        ..KubeConfigOptions::default()
    }
}

/// The kubelet sets this in every pod; whether a token is mounted as well is the pod's own decision.
fn in_cluster() -> bool {
    let token = Path::new("/var/run/secrets/kubernetes.io/serviceaccount/token");
    std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() && token.exists()
}
