use crate::check::prelude::*;

declare_check! {
    /// A `CronJob` runs on, though its backup has no schedule any more or is gone.
    ///
    /// ## What it looks at
    /// The `CronJobs` that the operator made: whether their `Neo4jBackup` is there and has a schedule. Operators before 1.12
    /// may leave a `CronJob` behind when the schedule is taken away; `kubectl delete --cascade=orphan` leaves one behind
    /// with any operator.
    ///
    /// ## Why it matters
    /// Its runs go on, load the database and fill the storage, and no backup says so.
    ///
    /// ## How to mend it
    /// Delete the `CronJob`. A run that goes on ends with it.
    CronJobLeftOver {
        code: "NB5104", name: "cron-job-left-over", severity: Warning,
        looks: [AtBackups, AtCluster], needs: [CronJobs, Backups], explains: [], since: "0.2",
    }
}

impl Check for CronJobLeftOver {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let Some(cron_job) = backup.cron_job.as_ref().filter(|_| backup.plan.is_none()) else {
            return;
        };
        if backup.deleted.is_none() {
            say(backup.reference(), cron_job, "its schedule is gone", cluster, report);
        }
    }

    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        for cron_job in &cluster.loose_cron_jobs {
            let of = cron_job.backup();
            // Where there is one, two CronJobs are of it, and another check looks at the one that is the operator's.
            if cluster.backup(&cron_job.namespace, &of).is_some() {
                continue;
            }
            let what = format!("there is no Neo4jBackup {}", name(&of));
            say(cron_job.reference(), cron_job, &what, cluster, report);
        }
    }
}

fn say(object: ObjectRef, cron_job: &CronJob<'_>, what: &str, cluster: &Cluster<'_>, report: &mut Report) {
    if cron_job.is_terminating || cron_job.is_suspended {
        return;
    }
    let last = match cron_job.last_scheduled {
        Some(last) => format!(", last at {}", when(last, cluster.now)),
        None => String::new(),
    };
    report
        .say(
            object,
            format!(
                "{what}, and CronJob {} goes on to begin runs{last}",
                name(&cron_job.name)
            ),
        )
        .evidence(Evidence::field(
            cron_job.reference(),
            "spec.schedule",
            &cron_job.schedule,
        ))
        .help("delete the CronJob if nobody wants its runs; a run that goes on ends with it")
        .command(format!(
            "kubectl delete cronjob/{} -n {}",
            cron_job.name, cron_job.namespace
        ));
}
