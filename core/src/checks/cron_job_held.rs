use crate::check::prelude::*;

declare_check! {
    /// The runs of a backup are held.
    ///
    /// ## What it looks at
    /// `spec.suspend` of the backup, and of its `CronJob`, where somebody may have set it by hand.
    ///
    /// ## Why it matters
    /// No run begins until somebody lets it. Nothing reminds anybody.
    ///
    /// ## How to mend it
    /// Set `suspend` to false where it was set.
    CronJobHeld {
        code: "NB5102", name: "cron-job-held", severity: Warning,
        looks: [AtBackups, AtPlainCronJobs], needs: [], explains: ["NB6002", "NB6006"], since: "0.2",
    }
}

impl Check for CronJobHeld {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if backup.plan.is_none() {
            return;
        }
        let series = backup.series();
        if backup.spec().spec.field("suspend").is_true() {
            report
                .say(
                    backup.reference(),
                    format!("its runs are held by spec.suspend{}", newest(&series, cluster)),
                )
                .severity(Severity::Info)
                .evidence(Evidence::field(backup.reference(), "spec.suspend", "true"))
                .command(format!(
                    "kubectl patch neo4jbackup/{} -n {} --type=merge -p '{{\"spec\":{{\"suspend\":false}}}}'",
                    backup.name, backup.namespace
                ));
        } else {
            by_hand(&series, cluster, report);
        }
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        by_hand(&cron_job.series(), cluster, report);
    }
}

fn by_hand(series: &Series<'_, '_>, cluster: &Cluster<'_>, report: &mut Report) {
    let Some(cron_job) = series.cron_job.filter(|cron_job| cron_job.is_suspended) else {
        return;
    };
    let message = format!(
        "its runs are held on CronJob {}{}",
        name(&cron_job.name),
        newest(series, cluster)
    );
    report
        .say(series.object.clone(), message)
        .evidence(Evidence::field(cron_job.reference(), "spec.suspend", "true"))
        .help("let it run again when the reason is gone")
        .command(format!(
            "kubectl patch cronjob/{} -n {} --type=merge -p '{{\"spec\":{{\"suspend\":false}}}}'",
            cron_job.name, cron_job.namespace
        ));
}

fn newest(series: &Series<'_, '_>, cluster: &Cluster<'_>) -> String {
    match series.last_good() {
        Some(time) => format!("; the newest good run is of {}", when(time, cluster.now)),
        None => "; no good run is known".to_owned(),
    }
}
