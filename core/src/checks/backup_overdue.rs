use crate::check::prelude::*;

/// So many seconds are allowed on top of what a run usually takes: for the start of its pod, and for a slow day.
const PATIENCE: i64 = 15 * 60;

declare_check! {
    /// There is no good run as new as there should be.
    ///
    /// ## What it looks at
    /// When the newest run began that ended well and stored something, against the longest time between two runs of the
    /// schedule and what a run usually takes. For a backup without a schedule: whether there is a good run at all.
    ///
    /// ## Why it matters
    /// This is what would be lost if the database were gone now.
    ///
    /// ## How to mend it
    /// Mend the cause that stands above it. Where none does, begin a run by hand and watch it:
    /// `kubectl create job NAME-now --from=cronjob/NAME-backup-cron`.
    BackupOverdue {
        code: "NB6002", name: "backup-overdue", severity: Error,
        looks: [AtBackups, AtPlainCronJobs], needs: [Jobs], explains: [], since: "0.2",
    }
}

impl Check for BackupOverdue {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if backup.deleted.is_some() {
            return;
        }
        match &backup.plan {
            Some(_) => scheduled(&backup.series(), cluster, report),
            None => once(backup, cluster, report),
        }
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        scheduled(&cron_job.series(), cluster, report);
    }
}

fn scheduled(series: &Series<'_, '_>, cluster: &Cluster<'_>, report: &mut Report) {
    let Some(plan) = series.plan.filter(|plan| !plan.is_suspended) else {
        return;
    };
    let Some(period) = plan.period(cluster.now) else { return };
    let patience = series.typical_seconds().unwrap_or_default() * 2 + PATIENCE;
    let now = cluster.now.as_second();
    let past = plan.past(series.runs, cluster.now, 14);
    let lost = past
        .iter()
        .filter(|planned| matches!(planned.fate, Fate::Missed { .. }))
        .count();
    let lost = match lost {
        0 => String::new(),
        1 => "; 1 run that was due did not take place".to_owned(),
        _ => format!("; {lost} runs that were due did not take place"),
    };
    let diagnosis = if let Some(good) = series.last_good() {
        let age = now - good.as_second();
        if age <= period + patience {
            return;
        }
        let every = span(period);
        let message = format!(
            "the newest good run is of {}, and one is due every {every}{lost}",
            when(good, cluster.now)
        );
        let diagnosis = report.say(series.object.clone(), message);
        if age <= 2 * period + patience {
            diagnosis.severity(Severity::Warning);
        }
        diagnosis
    } else {
        let was_due = past.iter().any(|planned| planned.fate != Fate::Unknown);
        let is_young = series
            .created
            .is_some_and(|created| now - created.as_second() <= patience);
        let ended = series.runs.iter().any(Run::has_ended);
        let goes_on = series.unfinished().and_then(|run| run.started);
        let is_first = goes_on.is_some_and(|started| now - started.as_second() <= PATIENCE) && !ended;
        if !(was_due || ended) || is_young || is_first {
            return;
        }
        // Of a CronJob without the operator earlier runs are forgotten, and what they stored may be there.
        let so = if series.object.kind == "CronJob" {
            ""
        } else {
            ": there is nothing to restore from"
        };
        report.say(series.object.clone(), format!("no good run is known{so}{lost}"))
    };
    let object = &series.object;
    diagnosis.evidence(Evidence::fact(
        object.clone(),
        format!("schedule: {}", quoted(&plan.text)),
    ));
    if let Some(cron_job) = series.cron_job {
        if let Some(last) = cron_job.last_scheduled {
            let text = last.to_string();
            diagnosis.evidence(Evidence::field(cron_job.reference(), "status.lastScheduleTime", &text));
        }
        let name = format!("{}-now", object.name);
        diagnosis
            .help("mend what keeps its runs from ending well; a run can be begun by hand")
            .command(format!(
                "kubectl create job {name} -n {} --from=cronjob/{}",
                object.namespace, cron_job.name
            ));
    }
}

fn once(backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
    let series = backup.series();
    let age = backup
        .created
        .map(|created| cluster.now.as_second() - created.as_second());
    let is_young = age.is_none_or(|age| age <= PATIENCE);
    let runs = series.unfinished().is_some_and(|run| run.outcome == Outcome::Running);
    // Old operators keep no history, and their Jobs are gone after a while.
    let was_good = series.last_good().is_some() || (backup.phase == "Completed" && backup.runs.is_empty());
    let is_suspended = backup.spec().spec.field("suspend").is_true();
    if is_young || runs || was_good || is_suspended {
        return;
    }
    let diagnosis = report.say(
        backup.reference(),
        "it has stored nothing: there is nothing to restore from",
    );
    if !backup.phase.is_empty() {
        let phase = format!("{}: {}", backup.phase, backup.message);
        diagnosis.evidence(Evidence::field(backup.reference(), "status.phase", &phase));
    }
    diagnosis.help("a backup without a schedule runs once; after mending the cause, delete it and create it again");
}
