use crate::check::prelude::*;
use crate::live::contradiction;
use crate::operator::Versions;

/// The operators that note the artifact of a run.
const NOTES_ARTIFACTS: Versions = Versions::range("1.8+");

declare_check! {
    /// A run ended well, and no artifact is noted for it.
    ///
    /// ## What it looks at
    /// The newest entry of `status.history`: a `Succeeded` without `artifactFilename` and without any artifact of a database
    /// or shard. Operators before 1.8 note none and are not judged. Of a `CronJob` without the operator: the log of its newest
    /// run, where that ended well and a line says that the backup failed, and none that one was finished.
    ///
    /// ## Why it matters
    /// Either nothing was stored, or the operator could not tell what: a cluster cannot restore from such a run by
    /// `backupRef`. A shell that goes on after a command that failed makes a good Job of a backup that is none.
    ///
    /// ## How to mend it
    /// Look at the storage. Where the file is there, restore with `type: storage` and its exact path; otherwise run again.
    /// In a script of your own, join the commands with `&&`, or begin with `set -e`.
    RunStoredNothing {
        code: "NB6004", name: "run-stored-nothing", severity: Error,
        looks: [AtBackups, AtPlainCronJobs], needs: [], explains: ["NB6002"], since: "0.2",
    }
}

impl Check for RunStoredNothing {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if cluster
            .operator
            .is_some_and(|operator| !operator.can_be_in(NOTES_ARTIFACTS))
        {
            return;
        }
        let Some(run) = backup.last_ended().filter(|run| run.artifacts == Artifacts::None) else {
            return;
        };
        let ended = run.ended.map(|ended| format!(" of {}", when(ended, cluster.now)));
        let row = match backup.failures_in_a_row() {
            0 | 1 => String::new(),
            failures if failures == backup.hollow_in_a_row() => format!("; so it was with the last {failures} runs"),
            failures => format!("; the last {failures} runs failed or stored nothing"),
        };
        let diagnosis = report.say(
            backup.reference(),
            format!(
                "run {}{} ended well, and no artifact is noted for it{row}",
                name(&run.id),
                ended.unwrap_or_default()
            ),
        );
        diagnosis
            .evidence(Evidence::fact(
                backup.reference(),
                format!("status.history: {} is Succeeded without artifactFilename", run.id),
            ))
            .help("look whether the storage has its file: then it can be restored by its exact path, else run the backup again");
        let others = backup
            .runs
            .iter()
            .any(|run| matches!(run.artifacts, Artifacts::Files(_)));
        let is_certain = cluster.operator.is_some_and(|operator| operator.is_in(NOTES_ARTIFACTS));
        if !others && !is_certain {
            diagnosis.probable();
        }
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let Some(run) = cron_job.runs.iter().find(|run| run.has_ended()) else {
            return;
        };
        let Some((failure, line, class)) = contradiction(run) else {
            return;
        };
        let ended = run.ended.map(|ended| format!(" of {}", when(ended, cluster.now)));
        let diagnosis = report.say(
            cron_job.reference(),
            format!(
                "run {}{} ended well, and its log says that the backup failed",
                name(&run.id),
                ended.unwrap_or_default()
            ),
        );
        diagnosis
            .evidence(Evidence::log(failure.pod, failure.container, line))
            .help("mend what the line names, and let the script end with the first command that fails: `set -e`");
        let ended = failure.ended;
        diagnosis.all_evidence(ended.map(|ended| Evidence::ended(failure.pod, failure.container, ended)));
        diagnosis.class = Some(class);
        diagnosis.probable();
    }
}
