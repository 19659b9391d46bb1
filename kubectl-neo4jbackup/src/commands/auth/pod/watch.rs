//! Looks at the pod of a probe until it has ended, or will not.

use std::time::Duration;

use neo4jbackup_cluster::{NoAnswer, Objects, chain};
use neo4jbackup_core::auth::{PROBE_CONTAINER, Progress, progress};
use neo4jbackup_core::quoted::{excerpt, name};
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// How long between two looks.
const INTERVAL: Duration = Duration::from_millis(500);

/// What became of the pod.
#[derive(Debug)]
pub(super) enum End {
    /// It has ended, and this is its log. `how` is how it ended.
    Log {
        pod: String,
        node: String,
        how: String,
        log: String,
    },
    /// It will not start, and what it stands for would not either: why.
    Stuck(String),
    /// Nobody lets it be made: why.
    Refused(String),
    /// Its image is not there, or is another one: why.
    NoImage(String),
    /// Not enough is known: why.
    Unknown(String),
}

/// The Job to look at.
pub(super) struct Watch<'w> {
    pub(super) objects: &'w Objects,
    pub(super) namespace: &'w str,
    pub(super) job: &'w str,
    pub(super) until: Instant,
}

impl Watch<'_> {
    /// Looks at it again and again. A connection that breaks is tried again until there is no time left.
    pub(super) async fn end(&self) -> End {
        let mut last = "no pod has been made".to_owned();
        while Instant::now() < self.until {
            match self.look().await {
                Ok(Ok(end)) => return end,
                Ok(Err(waiting)) => last = waiting,
                Err(error) if error.is_forbidden() => return End::Unknown(chain(&error)),
                Err(error) => last = format!("the cluster has not answered: {}", chain(&error)),
            }
            sleep(INTERVAL).await;
        }
        let told = self.warnings().await.unwrap_or_default();
        let told: String = told.iter().map(|warning| format!("; {}", excerpt(warning))).collect();
        End::Unknown(format!("{last}{told}"))
    }

    /// Looks once. An error of the inner sort is what it waits for.
    async fn look(&self) -> Result<Result<End, String>, NoAnswer> {
        let pods = self.objects.pods_of_job(self.namespace, self.job).await?;
        let Some(pod) = pods.first() else {
            let warnings = self.objects.warnings_about(self.namespace, "Job", self.job).await?;
            // The controller tries again, for a reason that does not go away by itself.
            let refused = warnings.iter().find(|warning| warning.starts_with("FailedCreate: "));
            return Ok(match refused {
                Some(warning) => {
                    // Before that stands which pod it is, which nobody has ever seen.
                    let why = warning.split_once(" is forbidden: ");
                    let why = why.map_or(warning.as_str(), |(_, why)| why);
                    Ok(End::Refused(format!("no pod can be made: {}", excerpt(why))))
                }
                None => Err("no pod has been made".to_owned()),
            });
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pod_name = text(&pod["metadata"]["name"]);
        Ok(match progress(pod) {
            Progress::Waiting(what) => Err(format!("pod {}: {what}", name(&pod_name))),
            Progress::Stuck(why) => Ok(End::Stuck(format!("pod {} does not start: {why}", name(&pod_name)))),
            Progress::NoImage(why) => Ok(End::NoImage(format!("pod {} does not start: {why}", name(&pod_name)))),
            Progress::Ended(code, reason) => {
                let log = self.objects.log_of(self.namespace, &pod_name, PROBE_CONTAINER).await?;
                Ok(End::Log {
                    pod: pod_name,
                    node: text(&pod["spec"]["nodeName"]),
                    how: format!("it ended with exit code {code} ({reason})"),
                    log,
                })
            }
        })
    }

    /// What is warned of about the pod: a volume that cannot be mounted, an image that cannot be pulled.
    async fn warnings(&self) -> Result<Vec<String>, NoAnswer> {
        let pods = self.objects.pods_of_job(self.namespace, self.job).await?;
        let Some(pod) = pods.first().and_then(|pod| pod["metadata"]["name"].as_str()) else {
            return Ok(Vec::new());
        };
        let mut warnings = self.objects.warnings_about(self.namespace, "Pod", pod).await?;
        warnings.dedup();
        Ok(warnings)
    }
}
