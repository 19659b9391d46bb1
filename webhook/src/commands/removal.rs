//! Objects that are to be gone.

use neo4jbackup_cluster::{ObjectError, ObjectName, Objects};
use neo4jbackup_core::quoted::printable;

/// Deletes an object that may be gone already. Returns the line that says which it was.
pub(crate) async fn remove(objects: &Objects, object: &ObjectName) -> Result<String, ObjectError> {
    let was_there = objects.delete(object).await?;
    let what = if was_there { "removed" } else { "was not there" };
    Ok(format!("{}: {what}", printable(object.to_string())))
}
