use super::run_slowing::show_transactions;
use crate::check::prelude::*;

declare_check! {
    /// A run does not end, and no other may begin before it has.
    ///
    /// ## What it looks at
    /// A run that has not ended, the runs that were due since it began, and the events `JobAlreadyActive` of the `CronJob`,
    /// which allows one run at a time.
    ///
    /// ## Why it matters
    /// Every later run is lost as long as its Job is there. Neither the backup nor an alert on failed Jobs says anything:
    /// nothing failed.
    ///
    /// ## How to mend it
    /// Mend what it waits for. That may be a transaction that has been open for long, which only the database itself can
    /// list. If it takes long, delete the Job: the next run begins when it is due.
    RunNeverEnds {
        code: "NB6007", name: "run-never-ends", severity: Error,
        looks: [AtBackups, AtPlainCronJobs], needs: [Jobs], explains: ["NB6006", "NB6013", "NB6002"], since: "0.2",
    }
}

impl Check for RunNeverEnds {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let command = show_transactions(&backup.namespace, backup.spec().instance().text(), cluster);
        say(&backup.series(), command, cluster, report);
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        say(&cron_job.series(), None, cluster, report);
    }
}

fn say(series: &Series<'_, '_>, command: Option<String>, cluster: &Cluster<'_>, report: &mut Report) {
    let forbids = series.cron_job.is_some_and(|cron_job| cron_job.concurrency == "Forbid");
    let (Some(run), Some(plan), true) = (series.unfinished(), series.plan, forbids) else {
        return;
    };
    let (Some(job), Some(started)) = (&run.job, run.started) else {
        return;
    };
    let behind = |fate| match fate {
        Fate::Missed { behind: Some(position) } => series.runs.get(position).is_some_and(|other| other.id == run.id),
        _ => false,
    };
    let past = plan.past(series.runs, cluster.now, usize::from(u8::MAX));
    let lost = past.into_iter().filter(|planned| behind(planned.fate)).count();
    if lost == 0 {
        return;
    }
    let begun = match run.outcome {
        Outcome::Waiting => "was asked for",
        _ => "began",
    };
    let others = if lost == 1 {
        "1 later run was".to_owned()
    } else {
        format!("{lost} later runs were")
    };
    let message = format!(
        "run {} {begun} {} and has not ended; {others} lost, as only one may go on at a time",
        name(&run.id),
        when(started, cluster.now)
    );
    let usual = series.typical_seconds();
    let diagnosis = report.say(series.object.clone(), message);
    if lost == 1 && run.outcome == Outcome::Running {
        diagnosis.severity(Severity::Warning);
    }
    if let Some(cron_job) = series.cron_job {
        let event = cron_job
            .events
            .iter()
            .rev()
            .find(|event| event.reason == "JobAlreadyActive");
        diagnosis.all_evidence(event.map(|event| Evidence::event(cron_job.reference(), event)));
    }
    if let Some(seconds) = usual {
        let text = format!("a good run usually takes {}", span(seconds));
        diagnosis.evidence(Evidence::fact(series.object.clone(), text));
    }
    if let Some(command) = command {
        diagnosis.command(command);
    }
    diagnosis
        .help("mend what it waits for; deleting its Job ends this run without a backup and lets the next one begin")
        .command(format!("kubectl delete job/{} -n {}", job.name, job.namespace));
}
