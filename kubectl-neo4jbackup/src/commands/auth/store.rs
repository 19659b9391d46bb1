//! The store of a backup or restore as a probe knows it, and what a probe said as rows.

use std::time::Duration;

use neo4jbackup_core::auth::{Access as Way, Method, Verdict};
use neo4jbackup_core::model;
use neo4jbackup_probe::{ARTIFACT, NOTHING_YET, Outcome, Provider, Report, Step, Store, Task};

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
        Some(model::Provider::Gcp) => Provider::Gcp,
        Some(model::Provider::Azure) => Provider::Azure,
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
            prefix: keys_below(prefix),
            region: None,
            // The operator hands it on for S3 alone.
            endpoint: place.location.endpoint.clone().filter(|_| provider == Provider::Aws),
            path_style: place.forces_path_style,
        },
        authorities: None,
        expected_identity: None,
        // A restore needs no right to write.
        write_canary: arguments.write_canary && !way.reads_only,
        patience: PATIENCE,
    })
}

/// What the keys in a folder begin with. One artifact is no folder: its key is all that there is to find.
fn keys_below(prefix: String) -> String {
    if prefix.is_empty() || prefix.ends_with(ARTIFACT) {
        prefix
    } else {
        prefix + "/"
    }
}

/// What a probe said. The steps that nobody asked for are one row.
pub(super) fn rows(way: &Way, arguments: &AuthCheck, report: &Report) -> Vec<RowItem> {
    let is_left_out =
        |row: &&neo4jbackup_probe::Row| CANARY.contains(&row.step) && matches!(row.outcome, Outcome::NotTried { .. });
    let steps = report.steps.iter();
    let mut rows: Vec<RowItem> = steps.filter(|row| !is_left_out(row)).map(RowItem::of_step).collect();
    if way.reads_only {
        let of_list = rows.iter_mut().filter(|row| row.topic == Step::List.name());
        for row in of_list.filter(|row| row.verdict == Verdict::Ok && row.text == NOTHING_YET) {
            row.verdict = Verdict::Warning;
            "nothing is there, and so there is nothing to restore".clone_into(&mut row.text);
            "compare path and name with what the store has".clone_into(&mut row.help);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_artifact_is_listed_itself() {
        let artifact = "graph/nightly/neo4j-2026-11-21T10-00-00.backup";
        assert_eq!(keys_below(artifact.to_owned()), artifact);
        assert_eq!(keys_below("graph/nightly".to_owned()), "graph/nightly/");
        assert_eq!(keys_below(String::new()), "");
    }
}
