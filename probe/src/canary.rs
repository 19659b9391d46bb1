//! A small object that is written, read and deleted.

use http::StatusCode;
use jiff::Timestamp;
use neo4jbackup_core::quoted::quoted;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};

use crate::class::Class;
use crate::report::{Failure, Step};
use crate::rows::Rows;
use crate::transport::{Last, Transport};

/// Writes, reads and deletes an object below the prefix. `why` says why a request was not granted, by what came back, and
/// `delete` returns whether it has deleted an object. Whatever was written is deleted, also when it cannot be read, or when
/// nobody says that it was written.
pub(crate) async fn fly(
    store: &dyn ObjectStore,
    prefix: &str,
    now: Timestamp,
    rows: &mut Rows,
    transport: &Transport,
    why: impl Fn(Option<Last>, &str) -> Failure,
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
        let last = transport.take_last();
        let is_refused = last.as_ref().is_some_and(is_refusal);
        let mut failure = why(last, "no answer says that the object is written");
        if !is_refused {
            // Without an answer, or with half of one, it may be there.
            let is_gone = delete(&location).await || transport.take_last().as_ref().is_some_and(is_absent);
            failure.message += &if is_gone {
                format!("; what may have been written as {} is deleted", quoted(&key))
            } else {
                format!("; {} may be there, and could not be deleted", quoted(&key))
            };
        }
        rows.failed(Step::Write, failure);
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
        Err(_) => rows.failed(Step::Read, why(transport.take_last(), "the object is not read")),
    }
    if delete(&location).await {
        rows.ok(Step::Delete, "deleted it");
        return;
    }
    let mut failure = why(transport.take_last(), "the object is not deleted");
    failure.message += &format!("; {} is still there", quoted(&key));
    rows.failed(Step::Delete, failure);
}

/// Whether a store has said that it does not do what it was asked for.
fn is_refusal(last: &Last) -> bool {
    matches!(last, Last::Answer(answer) if answer.status.is_redirection() || answer.status.is_client_error())
}

fn is_absent(last: &Last) -> bool {
    matches!(last, Last::Answer(answer) if answer.status == StatusCode::NOT_FOUND)
}
