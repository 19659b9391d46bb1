//! One backup that is sent through admission and never stored.

use neo4jbackup_cluster::{DryRun, ObjectError, Objects};
use neo4jbackup_core::admission::trial::backup;
use neo4jbackup_core::schema::Kind;

pub(crate) use neo4jbackup_core::admission::trial::NAME;

/// What the API server says to a backup with this schedule, which is never stored; none when it serves no backups.
pub(crate) async fn ask(objects: &Objects, namespace: &str, schedule: &str) -> Result<Option<DryRun>, ObjectError> {
    let backup = |api_version: &str| backup(api_version, schedule);
    objects.dry_run_newest(Kind::Neo4jBackup, namespace, backup).await
}
