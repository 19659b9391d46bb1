use crate::check::prelude::*;

declare_check! {
    /// A container of a run was killed because it used more memory than it may.
    ///
    /// ## What it looks at
    /// How the containers of the newest run that did not end well ended: `OOMKilled`, or exit code 137 (killed).
    ///
    /// ## Why it matters
    /// The log ends in the middle, without a word about the cause, and every further try ends the same way.
    ///
    /// ## How to mend it
    /// Raise `spec.options.resources.limits.memory` (2Gi unless set), or lower `spec.options.pageCache`.
    ContainerOutOfMemory {
        code: "NB6009", name: "container-out-of-memory", severity: Error,
        looks: [AtBackups, AtPlainCronJobs], needs: [Jobs, Pods],
        explains: ["NB6001", "NB6002", "NB6003", "NB6007"], since: "0.2",
    }
}

impl Check for ContainerOutOfMemory {
    fn check_backup(&self, backup: &Backup<'_>, _: &Cluster<'_>, report: &mut Report) {
        let help = "raise spec.options.resources.limits.memory, or lower spec.options.pageCache";
        say(&backup.series(), help, report);
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, _: &Cluster<'_>, report: &mut Report) {
        say(&cron_job.series(), "raise the memory limit of the container", report);
    }
}

fn say(series: &Series<'_, '_>, help: &str, report: &mut Report) {
    let Some((_, job)) = series.troubled() else { return };
    let is_cut_short = job
        .holds("Failed")
        .is_some_and(|failed| failed.reason == "DeadlineExceeded");
    let killed = job.pods.iter().rev().find_map(|pod| {
        let (container, ended) = pod.failure()?;
        let is_told = ended.reason == "OOMKilled";
        let is_likely = ended.exit_code == 137 && pod.reason.is_empty() && !is_cut_short && !pod.is_terminating;
        (is_told || is_likely).then_some((pod, container, ended, is_told))
    });
    let Some((pod, container, ended, is_told)) = killed else {
        return;
    };
    let limit = match &container.memory_limit {
        Some(limit) => format!("its limit is {}", quoted(limit)),
        None => "it has no limit of its own, so the node was short of memory".to_owned(),
    };
    let message = if is_told {
        format!(
            "container {} was killed for want of memory; {limit}",
            name(&container.name)
        )
    } else {
        format!(
            "container {} was killed, most likely for want of memory; {limit}",
            name(&container.name)
        )
    };
    let diagnosis = report.say(series.object.clone(), message);
    diagnosis.evidence(Evidence::ended(pod, container, ended)).help(help);
    if !is_told {
        diagnosis.probable();
    }
}
