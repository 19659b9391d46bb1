use crate::check::prelude::*;

declare_check! {
    /// The last run of a backup failed.
    ///
    /// ## What it looks at
    /// The runs of a backup, put together from its history, its Jobs and their pods. The phase of the backup says
    /// `Scheduled` whatever becomes of its runs.
    ///
    /// ## Why it matters
    /// As long as runs fail, there is nothing newer to restore than what the last good run stored. The operator raises no
    /// event for a scheduled run that fails.
    ///
    /// ## How to mend it
    /// The first line of the diagnosis that stands above this one names the cause, as far as the log or the state of the
    /// pod tells it. Otherwise look at the log: `kubectl neo4jbackup logs backup/NAME --run last-failed`.
    RunsFailing {
        code: "NB6001", name: "runs-failing", severity: Error,
        looks: [AtBackups], needs: [Jobs], explains: ["NB6002"], since: "0.2",
    }
}

impl Check for RunsFailing {
    fn check_backup(&self, backup: &Backup<'_>, _: &Cluster<'_>, report: &mut Report) {
        let Some(last) = backup.last_ended().filter(|run| run.outcome == Outcome::Failed) else {
            return;
        };
        let failures = backup.failures_in_a_row();
        let hollow = backup.hollow_in_a_row();
        let count = match (failures, hollow) {
            (1, _) => "the last run failed".to_owned(),
            (_, 0) => format!("the last {failures} runs failed"),
            _ => format!("the last {failures} runs failed or stored nothing"),
        };
        let good = match backup
            .last_good()
            .and_then(|run| run.ended.or(run.started))
            .or_else(|| backup.series().last_good())
        {
            Some(time) => format!("; the last good one ended {time}"),
            None => "; no good one is known".to_owned(),
        };
        let diagnosis = report.say(backup.reference(), format!("{count}{good}"));
        if let Some(job) = &last.job {
            let failed = job
                .holds("Failed")
                .map(|condition| Evidence::condition(job.reference(), condition));
            diagnosis.all_evidence(failed);
        } else {
            let fact = format!("run {} of the history failed", last.id);
            diagnosis.evidence(Evidence::fact(backup.reference(), fact));
        }
        if let Some(failure) = last.failure() {
            let ended = failure
                .ended
                .map(|ended| Evidence::ended(failure.pod, failure.container, ended));
            diagnosis.all_evidence(ended);
        }
        diagnosis.command(backup.series().log_command());
    }
}
