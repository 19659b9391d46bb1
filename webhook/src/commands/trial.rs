//! One backup that is sent through admission and never stored.

use neo4jbackup_cluster::{DryRun, ObjectError, Objects};
use neo4jbackup_core::schema::Kind;
use serde_json::{Value, json};

/// The name of the object that is only tried.
pub(crate) const NAME: &str = "neo4jbackup-admission-check";

/// What the API server says to a backup with this schedule, which is never stored; none when it serves no backups.
pub(crate) async fn ask(objects: &Objects, namespace: &str, schedule: &str) -> Result<Option<DryRun>, ObjectError> {
    for version in ["v1beta1", "v1alpha1"] {
        let group_version = Kind::Neo4jBackup.api_version(version);
        let object = backup(&group_version, schedule);
        let answer = objects
            .dry_run_create(&group_version, Kind::Neo4jBackup.plural(), namespace, &object)
            .await?;
        if answer.is_some() {
            return Ok(answer);
        }
    }
    Ok(None)
}

/// What every version of the operator's CRD accepts, and every engine of this project where the schedule is right.
fn backup(group_version: &str, schedule: &str) -> Value {
    json!({
        "apiVersion": group_version, "kind": "Neo4jBackup",
        "metadata": {"name": NAME},
        "spec": {
            "instanceRef": "check", "allDatabases": true, "target": {"kind": "Cluster", "name": "check"},
            "schedule": schedule,
            "storage": {"type": "s3", "bucket": NAME, "path": "check", "cloud": {"provider": "aws"}},
        },
    })
}
