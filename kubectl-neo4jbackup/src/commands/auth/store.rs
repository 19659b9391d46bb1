//! The store of a backup or restore as a probe knows it, and what a probe said as rows.

use std::time::Duration;

use neo4jbackup_core::auth::{Access as Way, Method, Verdict};
use neo4jbackup_core::model;
use neo4jbackup_probe::{Outcome, Provider, Report, Step, Store, Task};

use crate::auth_report::RowItem;
use crate::cli::AuthCheck;

/// How long a probe waits for one connection.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The steps that write.
const CANARY: [Step; 3] = [Step::Write, Step::Read, Step::Delete];

/// What is asked of the store of a backup or restore, or the row that says why nothing can be asked.
pub(super) fn task(way: &Way, arguments: &AuthCheck) -> Result<Task, RowItem> {
    let note = |text: &str| RowItem::told("store", Verdict::Note, text);
    let unknown = |text: &str| RowItem::told("store", Verdict::Unknown, text);
    if way.method == Method::Volume {
        return Err(note("it is a volume, which takes no credentials: nothing was asked"));
    }
    let Some(place) = &way.place else {
        return Err(unknown(
            "where its artifacts lie is not known, and so nothing can be asked",
        ));
    };
    let provider = match place.provider {
        Some(model::Provider::Aws) => Provider::Aws,
        Some(other) => {
            let text = format!("stores of {} cannot be asked yet, only S3", other.as_str());
            return Err(unknown(&text));
        }
        None => return Err(unknown("nothing says of which cloud its store is")),
    };
    let (bucket, prefix) = place.bucket_and_prefix();
    if bucket.is_empty() {
        return Err(unknown("it names no bucket"));
    }
    Ok(Task {
        store: Store {
            provider,
            bucket: bucket.to_owned(),
            prefix: if prefix.is_empty() { prefix } else { prefix + "/" },
            region: None,
            endpoint: place.location.endpoint.clone(),
            path_style: place.forces_path_style,
        },
        authorities: None,
        expected_identity: None,
        // A restore needs no right to write.
        write_canary: arguments.write_canary && !way.reads_only,
        patience: PATIENCE,
    })
}

/// What a probe said. The steps that nobody asked for are one row.
pub(super) fn rows(way: &Way, arguments: &AuthCheck, report: &Report) -> Vec<RowItem> {
    let is_left_out =
        |row: &&neo4jbackup_probe::Row| CANARY.contains(&row.step) && matches!(row.outcome, Outcome::NotTried { .. });
    let steps = report.steps.iter();
    let mut rows: Vec<RowItem> = steps.filter(|row| !is_left_out(row)).map(RowItem::of_step).collect();
    let is_written = report
        .steps
        .iter()
        .any(|row| CANARY.contains(&row.step) && !is_left_out(&row));
    if !is_written {
        let why = match (arguments.write_canary, way.reads_only) {
            (true, true) => "nothing was written: a restore only reads",
            (true, false) => "nothing was written, because an earlier step has failed",
            (false, _) => "nothing was written: --write-canary writes, reads and deletes one object",
        };
        rows.push(RowItem::told(Step::Write.name(), Verdict::Note, why));
    }
    rows
}
