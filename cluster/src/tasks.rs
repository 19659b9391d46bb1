//! Short tasks of an installation: who they talk to, and what the API server would say to an object.

use std::path::Path;

use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use serde_json::Value;

use crate::connect::{Cluster, ConnectError};

/// Why a task could not be done.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// There is no client.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Neither a kubeconfig was given nor does this run in a pod that has a token.
    #[error("no cluster was named: give --kubeconfig, or run in a pod with a token")]
    NoCluster,
    /// The API server refused, or did not answer.
    #[error("cannot {attempted}: {reason}")]
    Api {
        /// What was attempted.
        attempted: String,
        /// What the API server or the connection said.
        reason: String,
    },
}

/// A client for the cluster of a kubeconfig or of this pod.
#[derive(Clone)]
pub struct Tasks {
    pub(crate) client: Client,
}

/// What the API server said to an object that was not to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct DryRun {
    /// Whether it would have stored it.
    pub accepted: bool,
    /// The object as it would have been stored, or the status that says why not.
    pub answer: Value,
    /// The warnings that came with it, with their header syntax around them.
    pub warnings: Vec<String>,
}

impl Tasks {
    /// Without a kubeconfig, for the cluster that this pod runs in. No request is sent.
    pub async fn connect(kubeconfig: Option<&Path>) -> Result<Self, TaskError> {
        let cluster = Cluster::connect(kubeconfig).await?.ok_or(TaskError::NoCluster)?;
        Ok(Self {
            client: cluster.client(),
        })
    }

    /// Sends an object that is not to be stored through admission. Fields that the cluster's version of the kind does not
    /// have are dropped. `None` when the API server does not serve the kind in this version.
    pub async fn dry_run_create(
        &self,
        group_version: &str,
        plural: &str,
        namespace: &str,
        object: &Value,
    ) -> Result<Option<DryRun>, TaskError> {
        let failed = |reason: String| TaskError::Api {
            attempted: format!("ask for a dry run of {plural}.{group_version}"),
            reason,
        };
        let path = format!("/apis/{group_version}/namespaces/{namespace}/{plural}?dryRun=All&fieldValidation=Ignore");
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(object.to_string().into_bytes()))
            .map_err(|error| failed(error.to_string()))?;
        let response = self.client.send(request).await;
        let response = response.map_err(|error| failed(error.to_string()))?;
        let status = response.status();
        let warnings = response.headers().get_all(header::WARNING);
        let warnings = warnings
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        let body = response.into_body().collect().await;
        let body = body.map_err(|error| failed(error.to_string()))?.to_bytes();
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        match status {
            // A namespace that is not there is a 404 as well, and is named in the answer.
            StatusCode::NOT_FOUND if answer["details"]["kind"] != "namespaces" => Ok(None),
            status if status.is_success() => Ok(Some(DryRun {
                accepted: true,
                answer,
                warnings,
            })),
            StatusCode::UNPROCESSABLE_ENTITY => Ok(Some(DryRun {
                accepted: false,
                answer,
                warnings,
            })),
            status => {
                let message = answer["message"].as_str().unwrap_or("no reason was given");
                Err(failed(format!("{status}: {message}")))
            }
        }
    }
}
