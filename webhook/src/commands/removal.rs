//! Objects that are to be gone.

use neo4jbackup_cluster::{ObjectName, TaskError, Tasks};
use neo4jbackup_core::quoted::printable;

/// Deletes an object that may be gone already. Returns the line that says which it was.
pub(crate) async fn remove(tasks: &Tasks, object: &ObjectName) -> Result<String, TaskError> {
    let was_there = tasks.delete(object).await?;
    let what = if was_there { "removed" } else { "was not there" };
    Ok(format!("{}: {what}", printable(object.to_string())))
}
