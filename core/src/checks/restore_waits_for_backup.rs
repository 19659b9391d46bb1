use crate::check::prelude::*;

declare_check! {
    /// A restore waits for a backup that has no good run yet.
    ///
    /// ## What it looks at
    /// Restores in the phase `Pending` that wait for their backup, and the runs, the schedule and the state of that backup.
    ///
    /// ## Why it matters
    /// The operator waits without an end. Where the backup fails, is suspended or is not there, the wait has no end either.
    /// Nothing has been stopped so far.
    ///
    /// ## How to mend it
    /// Look at the backup: once one of its runs ends well, the restore goes on by itself. Or name another source.
    RestoreWaitsForBackup {
        code: "NB8102", name: "restore-waits-for-backup", severity: Warning,
        looks: [AtRestores], needs: [Backups], explains: [], since: "0.2",
    }
}

impl Check for RestoreWaitsForBackup {
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if restore.phase != "Pending" || !restore.message.starts_with("Waiting for backup to complete") {
            return;
        }
        let spec = restore.spec();
        let backup_name = spec.backup_ref().text().unwrap_or_default();
        let Some(backup) = cluster.backup(&restore.namespace, backup_name) else {
            let message = format!(
                "it waits for a good run of Neo4jBackup {}, which is gone",
                name(backup_name)
            );
            let help = "name a backup that exists, or take its file with `type: storage`";
            let diagnosis = report.say(restore.reference(), message);
            let told = Evidence::field(restore.reference(), "status.message", &restore.message);
            diagnosis.severity(Severity::Error).help(help).evidence(told);
            return;
        };
        let (state, severity) = state(backup);
        let message = format!(
            "it waits for the first good run of Neo4jBackup {}, {state}",
            backup.name
        );
        let diagnosis = report.say(restore.reference(), message);
        diagnosis
            .severity(severity)
            .help("once a run of the backup ends well, the restore goes on by itself")
            .evidence(Evidence::field(restore.reference(), "status.message", &restore.message))
            .command(format!(
                "kubectl neo4jbackup doctor backup/{} -n {}",
                backup.name, backup.namespace
            ));
        let told = Evidence::field(backup.reference(), "status.phase", &backup.phase);
        diagnosis.evidence(told);
    }
}

/// How the backup stands, and how bad that is for who waits for it.
fn state(backup: &Backup<'_>) -> (String, Severity) {
    if backup.runs.iter().any(|run| run.outcome == Outcome::Running) {
        return ("which runs now".to_owned(), Severity::Info);
    }
    let failures = backup.failures_in_a_row();
    if failures > 0 {
        let runs = if failures == 1 { "run" } else { "runs" };
        return (format!("whose last {failures} {runs} failed"), Severity::Error);
    }
    match &backup.plan {
        Some(plan) if plan.is_suspended => ("which is suspended".to_owned(), Severity::Error),
        Some(plan) => (
            format!("which has the schedule {} and has not run yet", quoted(&plan.text)),
            Severity::Warning,
        ),
        None => (format!("which is {}", name(&backup.phase)), Severity::Warning),
    }
}
