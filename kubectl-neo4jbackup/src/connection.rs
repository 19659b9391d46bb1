//! From a command to the cluster that it asks. Commands wait for answers; what runs meanwhile runs here and nowhere else.

use std::io;
use std::path::Path;
use std::time::Duration;

use neo4jbackup_cluster::{Cluster, ConnectError};

/// The longest that a command waits for a cluster.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a cluster has not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    /// Nothing can run here.
    #[error("cannot wait for a cluster")]
    Runtime(#[source] io::Error),

    /// It is not clear which cluster, or how to reach it.
    #[error(transparent)]
    Connect(#[from] ConnectError),

    /// No answer.
    #[error("the cluster has not answered within {} seconds", PATIENCE.as_secs())]
    Silence,
}

/// Asks a cluster something, and waits for the answer.
pub(crate) fn ask<T, E: From<ConnectionError>>(
    kubeconfig: Option<&Path>,
    context: Option<&str>,
    question: impl AsyncFnOnce(&Cluster) -> Result<T, E>,
) -> Result<T, E> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(ConnectionError::Runtime)?;
    runtime.block_on(async {
        let answer = async {
            let cluster = Cluster::as_kubectl(kubeconfig, context).await;
            question(&cluster.map_err(ConnectionError::Connect)?).await
        };
        let answered = tokio::time::timeout(PATIENCE, answer).await;
        answered.unwrap_or_else(|_| Err(ConnectionError::Silence.into()))
    })
}
