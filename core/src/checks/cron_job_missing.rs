use crate::check::prelude::*;

/// So many seconds the operator has for making it.
const PATIENCE: i64 = 120;

declare_check! {
    /// A backup has a schedule and no `CronJob`.
    ///
    /// ## What it looks at
    /// A backup that the operator calls `Scheduled`, and the `CronJobs` of its namespace.
    ///
    /// ## Why it matters
    /// Nothing begins its runs. The phase stays `Scheduled`.
    ///
    /// ## How to mend it
    /// The operator makes the `CronJob` anew when it looks at the backup: mend the operator, or change an annotation of the
    /// backup.
    CronJobMissing {
        code: "NB5101", name: "cron-job-missing", severity: Error,
        looks: [AtBackups], needs: [CronJobs], explains: ["NB6002", "NB6006"], since: "0.2",
    }
}

impl Check for CronJobMissing {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let age = backup
            .created
            .map(|created| cluster.now.as_second() - created.as_second());
        let is_old = age.is_some_and(|age| age > PATIENCE);
        let is_wanted = backup.plan.is_some() && backup.phase == "Scheduled" && backup.deleted.is_none();
        if backup.cron_job.is_some() || !is_wanted || !is_old {
            return;
        }
        report
            .say(
                backup.reference(),
                "it has a schedule, and there is no CronJob that begins its runs",
            )
            .evidence(Evidence::field(backup.reference(), "status.phase", &backup.phase))
            .help("make the operator look at the backup again, which creates the CronJob")
            .command(format!(
                "kubectl annotate neo4jbackup/{} -n {} {}=\"$(date +%s)\" --overwrite",
                backup.name,
                backup.namespace,
                crate::in_domain!("looked-at")
            ));
    }
}
