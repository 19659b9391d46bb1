//! What gives the pods that reach a place what they have: a `CronJob`, a Job, the `StatefulSet` of servers.

use serde_json::{Value, json};

use super::access::{Access, Actor};
use crate::live::{Cluster, Restore};
use crate::model::Provider;

/// Something that makes pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Group and version, as in a manifest.
    pub api_version: &'static str,
    /// `CronJob`, `Job` or `StatefulSet`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Where the template of its pods stands in it, as a JSON pointer.
    pub template: &'static str,
}

/// What makes the pods that reach a place, as far as there is any: of a backup or restore that has never run there is none.
pub fn workload(access: &Access, cluster: &Cluster<'_>) -> Option<Workload> {
    let object = &access.object;
    if let Actor::Servers { instance, .. } = &access.actor {
        let set = cluster
            .instance(&instance.namespace, &instance.name)?
            .stateful_set
            .as_ref()?;
        let name = set.at("metadata.name")?.as_str()?.to_owned();
        return Some(Workload {
            api_version: "apps/v1",
            kind: "StatefulSet",
            name,
            template: "/spec/template",
        });
    }
    if object.kind != "Neo4jBackup" {
        let is_it = |restore: &&Restore<'_>| restore.namespace == object.namespace && restore.name == object.name;
        let restore = cluster.restores.iter().find(is_it)?;
        return Some(of_job(&restore.job.as_ref()?.name));
    }
    let backup = cluster.backup(&object.namespace, &object.name)?;
    if let Some(cron_job) = &backup.cron_job {
        return Some(Workload {
            api_version: "batch/v1",
            kind: "CronJob",
            name: cron_job.name.to_string(),
            template: "/spec/jobTemplate/spec/template",
        });
    }
    backup.runs.iter().find_map(|run| Some(of_job(&run.job.as_ref()?.name)))
}

fn of_job(name: &str) -> Workload {
    Workload {
        api_version: "batch/v1",
        kind: "Job",
        name: name.to_owned(),
        template: "/spec/template",
    }
}

/// The template of the pods that the operator makes for a backup or restore, as far as credentials go, for one that has none
/// yet; `None` where servers reach the place. Without a Secret the operator leaves out endpoint and style of addresses.
pub fn usual_template(access: &Access) -> Option<Value> {
    let Actor::Jobs(account) = &access.actor else {
        return None;
    };
    let place = access.place.as_ref()?;
    let mut variables = Vec::new();
    if let Some(secret) = &place.location.credentials {
        let keys: &[&str] = match place.provider {
            Some(Provider::Aws) => &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"],
            Some(Provider::Gcp) => &["GOOGLE_APPLICATION_CREDENTIALS_JSON"],
            Some(Provider::Azure) => &["AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY"],
            None => &[],
        };
        for key in keys {
            variables.push(json!({"name": key, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}));
        }
        if place.provider == Some(Provider::Aws) {
            if let Some(endpoint) = &place.location.endpoint {
                variables.push(json!({"name": "AWS_ENDPOINT_URL_S3", "value": endpoint}));
            }
            if place.forces_path_style {
                variables.push(json!({"name": JAVA_OPTIONS, "value": format!("-D{PATH_STYLE}")}));
            }
        }
    }
    Some(json!({"spec": {"serviceAccountName": account.name(), "containers": [{"name": "backup", "env": variables}]}}))
}

/// The variable by which the operator tells neo4j-admin of the style of addresses.
const JAVA_OPTIONS: &str = "JAVA_TOOL_OPTIONS";
/// What it says then.
const PATH_STYLE: &str = "aws.s3.forcePathStyle=true";

/// The container of a template that reaches the place: the one of the server, or else the first.
pub(super) fn container(template: &Value) -> Option<&Value> {
    let containers = template["spec"]["containers"].as_array()?;
    let server = containers.iter().find(|container| container["name"] == "neo4j");
    server.or_else(|| containers.first())
}

/// Whether pods of this template write the bucket into the path of addresses.
pub fn forces_path_style(template: &Value) -> bool {
    let variables = container(template).and_then(|container| container["env"].as_array());
    variables.into_iter().flatten().any(|variable| {
        variable["name"] == JAVA_OPTIONS
            && variable["value"]
                .as_str()
                .is_some_and(|value| value.contains(PATH_STYLE))
    })
}
