use crate::check::prelude::*;

/// So many seconds the operator has for bringing it up to date.
const PATIENCE: i64 = 300;

declare_check! {
    /// The `CronJob` of a backup does not do what the backup says.
    ///
    /// ## What it looks at
    /// The schedule and `suspend` of the backup, and the same of its `CronJob`, where the operator has seen the present spec.
    ///
    /// ## Why it matters
    /// Runs begin by the `CronJob`, and old operators made it once and changed it never again: a schedule that was taken away
    /// goes on, one that was changed is ignored, and so is `suspend`.
    ///
    /// ## How to mend it
    /// Delete the `CronJob`. The operator makes it anew as the backup says, if that has a schedule; backups stay.
    CronJobOutdated {
        code: "NB5103", name: "cron-job-outdated", severity: Warning,
        looks: [AtBackups], needs: [CronJobs], explains: ["NB6002", "NB6006"], since: "0.2",
    }
}

impl Check for CronJobOutdated {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let Some(cron_job) = &backup.cron_job else { return };
        let is_young = backup
            .created
            .is_none_or(|created| cluster.now.as_second() - created.as_second() < PATIENCE);
        // An operator that has not seen the spec yet is another matter.
        if is_young || backup.is_outdated() || backup.is_silent() || backup.deleted.is_some() || cron_job.is_suspended {
            return;
        }
        let spec = backup.spec();
        let written = spec.schedule().text().unwrap_or_default();
        let message = if written.is_empty() {
            format!(
                "it has no schedule any more, and CronJob {} still begins runs by {}",
                name(&cron_job.name),
                quoted(&cron_job.schedule)
            )
        } else if spec.spec.field("suspend").is_true() {
            format!(
                "it is to be held, and CronJob {} still begins runs",
                name(&cron_job.name)
            )
        } else if normalised(written) != normalised(&cron_job.schedule) {
            format!(
                "its runs begin by {}, as CronJob {} says, and not by its schedule {}",
                quoted(&cron_job.schedule),
                name(&cron_job.name),
                quoted(written)
            )
        } else {
            return;
        };
        report
            .say(backup.reference(), message)
            .evidence(Evidence::field(cron_job.reference(), "spec.schedule", &cron_job.schedule))
            .help("delete the CronJob: the operator makes it anew if the backup has a schedule, and what was stored stays")
            .command(format!(
                "kubectl delete cronjob/{} -n {}",
                cron_job.name, cron_job.namespace
            ));
    }
}

/// A schedule without what means nothing.
fn normalised(schedule: &str) -> String {
    schedule.split_whitespace().collect::<Vec<_>>().join(" ")
}
