use crate::check::prelude::*;

/// So many runs that were due are looked at.
const LOOKED_AT: usize = 14;

declare_check! {
    /// Runs that were due did not take place.
    ///
    /// ## What it looks at
    /// The last fourteen times at which the schedule wanted a run, and the runs that are known. A run that could not begin
    /// within `startingDeadlineSeconds` (60 for the operator) is lost and not late.
    ///
    /// ## Why it matters
    /// Nothing says so anywhere: no run failed, and the backup is `Scheduled`.
    ///
    /// ## How to mend it
    /// Look for what kept the runs from beginning: one that goes on, a control plane that was down or slow, a `CronJob` that
    /// was held or made anew.
    RunsMissed {
        code: "NB6006", name: "runs-missed", severity: Error,
        looks: [AtBackups, AtPlainCronJobs], needs: [Jobs, CronJobs], explains: ["NB6002"], since: "0.2",
    }
}

impl Check for RunsMissed {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        // Without a CronJob no run can begin, and another check says so.
        if backup.cron_job.is_some() && backup.deleted.is_none() {
            say(&backup.series(), cluster, report);
        }
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        say(&cron_job.series(), cluster, report);
    }
}

fn say(series: &Series<'_, '_>, cluster: &Cluster<'_>, report: &mut Report) {
    let Some(plan) = series.plan else { return };
    let past = plan.past(series.runs, cluster.now, LOOKED_AT);
    let missed: Vec<_> = past
        .iter()
        .filter(|planned| matches!(planned.fate, Fate::Missed { .. }))
        .collect();
    let Some(last) = missed.last() else { return };
    let known = past.iter().filter(|planned| planned.fate != Fate::Unknown);
    let (count, of) = (missed.len(), known.count());
    let count = match count {
        1 => "1 run that was due did not take place".to_owned(),
        _ => format!("{count} of the last {of} runs that were due did not take place"),
    };
    let message = format!("{count}, the last of them that of {}", when(last.time, cluster.now));
    let diagnosis = report.say(series.object.clone(), message);
    if past.last().is_some_and(|newest| matches!(newest.fate, Fate::Ran(_))) {
        diagnosis.severity(Severity::Warning);
    }
    let Some(cron_job) = series.cron_job else { return };
    diagnosis.all_evidence(
        cron_job
            .refusals()
            .take(3)
            .map(|event| Evidence::event(cron_job.reference(), event)),
    );
    if let Some(time) = cron_job.last_scheduled {
        diagnosis.evidence(Evidence::field(
            cron_job.reference(),
            "status.lastScheduleTime",
            &time.to_string(),
        ));
    }
    if let Some(seconds) = cron_job.starting_deadline {
        diagnosis.evidence(Evidence::field(
            cron_job.reference(),
            "spec.startingDeadlineSeconds",
            &seconds.to_string(),
        ));
    }
    diagnosis
        .help("look at what kept the runs from beginning, and begin one by hand now")
        .command(format!(
            "kubectl describe cronjob/{} -n {}",
            cron_job.name, cron_job.namespace
        ));
}
