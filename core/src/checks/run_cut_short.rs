use crate::check::prelude::*;

declare_check! {
    /// A run was ended from outside.
    ///
    /// ## What it looks at
    /// The Job of the newest run that did not end well (`DeadlineExceeded`), and its pods: evicted, preempted, or on a node
    /// that went away.
    ///
    /// ## Why it matters
    /// The backup did nothing wrong, and its log names no cause.
    ///
    /// ## How to mend it
    /// Give the run more time, the pod requests that fit what it uses (also `ephemeral-storage`), or a node that stays.
    RunCutShort {
        code: "NB6010", name: "run-cut-short", severity: Error,
        looks: [AtBackups, AtPlainCronJobs], needs: [Jobs],
        explains: ["NB6001", "NB6002", "NB6003", "NB6009"], since: "0.2",
    }
}

impl Check for RunCutShort {
    fn check_backup(&self, backup: &Backup<'_>, _: &Cluster<'_>, report: &mut Report) {
        say(&backup.series(), report);
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, _: &Cluster<'_>, report: &mut Report) {
        say(&cron_job.series(), report);
    }
}

fn say(series: &Series<'_, '_>, report: &mut Report) {
    let Some((_, job)) = series.troubled() else { return };
    let deadline = job.holds("Failed").filter(|failed| failed.reason == "DeadlineExceeded");
    if let Some(failed) = deadline {
        let limit = match job.deadline_seconds.and_then(|seconds| i64::try_from(seconds).ok()) {
            Some(seconds) => format!("the {} that it may take (activeDeadlineSeconds)", span(seconds)),
            None => "the time that it may take".to_owned(),
        };
        report
            .say(
                series.object.clone(),
                format!("run {} was ended after {limit}", name(&job.name)),
            )
            .evidence(Evidence::condition(job.reference(), failed))
            .help("find out why it took so long, or allow it more time");
        return;
    }
    let mut pods = job.pods.iter().rev();
    let Some((pod, why)) = pods.find_map(|pod| Some((pod, disruption(pod)?))) else {
        return;
    };
    let diagnosis = report.say(series.object.clone(), format!("pod {} {why}", name(&pod.name)));
    if pod.reason.is_empty() {
        let condition = pod.condition("DisruptionTarget");
        diagnosis.all_evidence(condition.map(|condition| Evidence::condition(pod.reference(), condition)));
    } else {
        let text = format!("{}: {}", pod.reason, pod.message);
        diagnosis.evidence(Evidence::field(pod.reference(), "status.reason", &text));
    }
    diagnosis.help("give the pod requests that fit what it uses, ephemeral storage included, or a node that stays");
}

/// What became of a pod that did not end by itself.
fn disruption(pod: &Pod<'_>) -> Option<&'static str> {
    match &*pod.reason {
        "Evicted" => return Some("was evicted from its node"),
        "NodeLost" | "NodeShutdown" | "Shutdown" | "Terminated" => return Some("was lost with its node"),
        "Preempting" => return Some("had to make room for a pod of higher priority"),
        _ => {}
    }
    let target = pod
        .condition("DisruptionTarget")
        .filter(|condition| condition.holds())?;
    Some(match &*target.reason {
        "PreemptionByScheduler" => "had to make room for a pod of higher priority",
        "DeletionByTaintManager" | "DeletionByPodGC" => "was lost with its node",
        "TerminationByKubelet" => "was ended by its node, which shut down or was short of something",
        _ => "was evicted from its node",
    })
}
