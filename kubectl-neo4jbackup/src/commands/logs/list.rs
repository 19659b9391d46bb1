//! The runs, and whether their logs are there.

use jiff::Timestamp;
use neo4jbackup_core::live::Run;
use neo4jbackup_core::quoted::Name;

use super::sources::outcome;
use crate::age::{age, span};
use crate::render::grid;

/// A line for each run, the newest first. `sees_pods` is whether it is known which pods there are.
pub(super) fn table(runs: &[Run<'_>], sees_pods: bool, now: Timestamp) -> String {
    let mut table = grid::plain(usize::MAX);
    table.set_header(["RUN", "BEGAN", "TOOK", "OUTCOME", "LOGS"]);
    for run in runs {
        let unnamed = "(without a name)".to_owned();
        let dash = || "-".to_owned();
        table.add_row([
            if run.id.is_empty() {
                unnamed
            } else {
                Name(&run.id).to_string()
            },
            run.time().map_or_else(dash, |time| age(time, now)),
            run.seconds().map_or_else(dash, span),
            outcome(run),
            logs(run, sees_pods),
        ]);
    }
    grid::lines(&table)
}

/// How much there is to read.
fn logs(run: &Run<'_>, sees_pods: bool) -> String {
    let Some(job) = &run.job else {
        return "none: its Job is gone".to_owned();
    };
    if !sees_pods {
        return "unknown".to_owned();
    }
    if job.pods.is_empty() {
        return "none: its pods are gone".to_owned();
    }
    let containers = job.pods.iter().flat_map(|pod| &pod.containers);
    let begun = containers.filter(|of| of.running_since.is_some() || of.ended.is_some() || of.restarts > 0);
    let count = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    format!(
        "{} of {}",
        count(begun.count(), "container"),
        count(job.pods.len(), "pod")
    )
}
