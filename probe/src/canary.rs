//! A small object that is written, read and deleted.

use jiff::Timestamp;
use neo4jbackup_core::quoted::quoted;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};

use crate::class::Class;
use crate::report::{Failure, Step};
use crate::rows::Rows;

/// Writes, reads and deletes an object below the prefix. `why` says why a request was not granted, and `delete` returns whether
/// it has deleted an object. Whatever was written is deleted, also when it cannot be read.
pub(crate) async fn fly(
    store: &dyn ObjectStore,
    prefix: &str,
    now: Timestamp,
    rows: &mut Rows,
    why: impl Fn(&str) -> Failure,
    delete: impl AsyncFn(&Path) -> bool,
) {
    let unique = format!("neo4jbackup-probe-{:x}-{:x}", now.as_nanosecond(), std::process::id());
    let key = match prefix.trim_matches('/') {
        "" => unique.clone(),
        prefix => format!("{prefix}/{unique}"),
    };
    let location = Path::from(key.as_str());
    let content = unique.into_bytes();
    if store.put(&location, content.clone().into()).await.is_err() {
        rows.failed(Step::Write, why("the object is not written"));
        return;
    }
    rows.ok(Step::Write, format!("wrote {}", quoted(&key)));
    let read = match store.get(&location).await {
        Ok(found) => found.bytes().await,
        Err(error) => Err(error),
    };
    match read {
        Ok(found) if found.as_ref() == content.as_slice() => rows.ok(Step::Read, "read the same again"),
        Ok(_) => {
            let message = format!("what is read from {} is not what was written", quoted(&key));
            rows.failed(Step::Read, Failure::of(Class::CanaryDiffers, message));
        }
        Err(_) => rows.failed(Step::Read, why("the object is not read")),
    }
    if delete(&location).await {
        rows.ok(Step::Delete, "deleted it");
        return;
    }
    let mut failure = why("the object is not deleted");
    failure.message += &format!("; {} is still there", quoted(&key));
    rows.failed(Step::Delete, failure);
}
