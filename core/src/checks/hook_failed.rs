use crate::check::prelude::*;

declare_check! {
    /// A hook of a restore failed.
    ///
    /// ## What it looks at
    /// The Jobs of the hooks of a restore, the logs of their pods, and the message of the restore.
    ///
    /// ## Why it matters
    /// A hook that fails ends the restore: before it, nothing is restored; after it, the database is restored and what the
    /// hook was to do is not done.
    ///
    /// ## How to mend it
    /// The log of the hook's container has the reason: `kubectl neo4jbackup logs restore/NAME`. Its Job is deleted some
    /// minutes after it ends.
    HookFailed {
        code: "NB8108", name: "hook-failed", severity: Error,
        looks: [AtRestores], needs: [], explains: ["NB8101"], since: "0.2",
    }
}

impl Check for HookFailed {
    fn check_restore(&self, restore: &Restore<'_>, _: &Cluster<'_>, report: &mut Report) {
        let job = restore.hooks.iter().rev().find(|job| job.holds("Failed").is_some());
        let told = restore.meaning().map(|class| &*class.name);
        let is_before = match (job, told) {
            (Some(job), _) => !job.name.ends_with("-post-restore-hook"),
            (None, Some("pre-hook-failed")) => true,
            (None, Some("post-hook-failed")) => false,
            (None, _) => return,
        };
        if restore.phase == "Completed" {
            return;
        }
        let message = if is_before {
            "its hook before the restore failed, and nothing was restored"
        } else {
            "the database was restored, and the hook after that failed"
        };
        let diagnosis = report.say(restore.reference(), message);
        diagnosis.help(if is_before {
            "mend the hook, then change the spec of the restore or create it again"
        } else {
            "do by hand what the hook was to do; the restore itself is not needed again"
        });
        if let Some(job) = job {
            if let Some(failure) = job.failure() {
                let line = failure
                    .line
                    .map(|(line, _)| line)
                    .or_else(|| last_words(failure.container));
                diagnosis.all_evidence(line.map(|line| Evidence::log(failure.pod, failure.container, line)));
                let ended = failure.ended;
                diagnosis.all_evidence(ended.map(|ended| Evidence::ended(failure.pod, failure.container, ended)));
            }
            let failed = job.holds("Failed");
            diagnosis.all_evidence(failed.map(|condition| Evidence::condition(job.reference(), condition)));
            diagnosis.command(format!(
                "kubectl neo4jbackup logs restore/{} -n {}",
                restore.name, restore.namespace
            ));
        } else {
            diagnosis.evidence(Evidence::field(restore.reference(), "status.message", &restore.message));
        }
    }
}

/// The last line of a log that says anything. A hook may be any program, whose words no table knows.
fn last_words<'c>(container: &Container<'c>) -> Option<&'c str> {
    let logs = [container.log, container.log_before].into_iter().flatten();
    logs.flat_map(|log| log.lines().rev())
        .map(str::trim)
        .find(|line| !line.is_empty())
}
