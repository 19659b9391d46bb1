//! A Job that is run for its log: made, looked at and removed. What it is and what it says, others decide.

use std::time::Duration;

use kube::api::{ListParams, PostParams};
use serde_json::Value;
use tokio::time::timeout;

use crate::guarded::{WriteError, typed, value};
use crate::objects::{NoAnswer, ObjectName, Objects};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// More of a log is not read.
const LARGEST_LOG: usize = 1 << 20;

impl Objects {
    /// Makes an object that is not there yet. Returns it as it is stored.
    pub async fn create(&self, manifest: &Value, manager: &str) -> Result<Value, WriteError> {
        let name = ObjectName::of(manifest);
        let parameters = PostParams {
            field_manager: Some(manager.to_owned()),
            ..PostParams::default()
        };
        let created = self.api(&name).create(&parameters, &typed(manifest)?).await;
        created.map(|created| value(&created)).map_err(WriteError::of)
    }

    /// Returns the pods of a Job.
    pub async fn pods_of_job(&self, namespace: &str, job: &str) -> Result<Vec<Value>, NoAnswer> {
        let pods = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={job}"));
        self.listed("Pod", namespace, &pods).await
    }

    /// Returns what is warned of about an object of a namespace, as `REASON: MESSAGE`, the oldest first.
    pub async fn warnings_about(&self, namespace: &str, kind: &str, name: &str) -> Result<Vec<String>, NoAnswer> {
        let fields = format!("involvedObject.kind={kind},involvedObject.name={name},type=Warning");
        let events = self
            .listed("Event", namespace, &ListParams::default().fields(&fields))
            .await?;
        let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
        Ok(events
            .iter()
            .map(|event| format!("{}: {}", text(event, "reason"), text(event, "message")))
            .collect())
    }

    /// Returns the beginning of what a container has printed.
    pub async fn log_of(&self, namespace: &str, pod: &str, container: &str) -> Result<String, NoAnswer> {
        let path =
            format!("/api/v1/namespaces/{namespace}/pods/{pod}/log?container={container}&limitBytes={LARGEST_LOG}");
        let request = http::Request::get(path).body(Vec::new())?;
        within(self.client.request_text(request)).await
    }

    async fn listed(&self, kind: &str, namespace: &str, parameters: &ListParams) -> Result<Vec<Value>, NoAnswer> {
        let any = ObjectName {
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
            namespace: Some(namespace.to_owned()),
            name: String::new(),
        };
        let listed = within(self.api(&any).list(parameters)).await?;
        Ok(listed.items.iter().map(value).collect())
    }
}

/// Waits for an answer, not for ever.
async fn within<T>(answer: impl Future<Output = Result<T, kube::Error>>) -> Result<T, NoAnswer> {
    let answered = timeout(PATIENCE, answer).await;
    answered.map_err(|_| NoAnswer::Silence(PATIENCE))?.map_err(NoAnswer::of)
}
