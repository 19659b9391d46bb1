use crate::check::prelude::*;

declare_check! {
    /// A restore failed.
    ///
    /// ## What it looks at
    /// The phase and the message of a restore, and how the pods of its Job ended.
    ///
    /// ## Why it matters
    /// The database is not what it was to become again. A restore that has ended is not tried again by itself.
    ///
    /// ## How to mend it
    /// Mend what the message names, then delete the restore and create it again.
    RestoreFailed {
        code: "NB8101", name: "restore-failed", severity: Error,
        looks: [AtRestores], needs: [], explains: [], since: "0.2",
    }
}

impl Check for RestoreFailed {
    fn check_restore(&self, restore: &Restore<'_>, _: &Cluster<'_>, report: &mut Report) {
        if restore.phase != "Failed" {
            return;
        }
        let when = restore.completed.map(|time| format!(" at {time}")).unwrap_or_default();
        let why = match restore.message.trim() {
            "" => "the operator does not say why".to_owned(),
            message => format!("the operator says {}", quoted(message)),
        };
        let diagnosis = report.say(restore.reference(), format!("the restore failed{when}; {why}"));
        diagnosis.help("mend the cause, then create the restore again: one that has ended is not tried again unless its spec changes");
        if let Some(job) = &restore.job {
            for pod in &job.pods {
                let failure = pod.failure();
                diagnosis.all_evidence(failure.map(|(container, ended)| Evidence::ended(pod, container, ended)));
            }
            let failed = job.holds("Failed");
            diagnosis.all_evidence(failed.map(|condition| Evidence::condition(job.reference(), condition)));
        }
        diagnosis.evidence(Evidence::field(restore.reference(), "status.phase", &restore.phase));
        diagnosis.command(format!(
            "kubectl describe neo4jrestore {} -n {}",
            restore.name, restore.namespace
        ));
    }
}
