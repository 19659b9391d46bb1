use crate::check::prelude::*;

/// So many seconds a pod may wait for its volumes before that means anything.
const PATIENCE: i64 = 90;

declare_check! {
    /// The pod of a run cannot start.
    ///
    /// ## What it looks at
    /// The newest pod of the newest run as long as no container of it has begun: why its containers wait, whether a node was
    /// found for it, and the events about its volumes.
    ///
    /// ## Why it matters
    /// Such a run does not fail by itself. The operator gives up on a backup without a schedule after 10 minutes; the run of
    /// a schedule waits for ever and keeps all later ones from beginning.
    ///
    /// ## How to mend it
    /// Make what the pod waits for: an image that can be pulled, a Secret with the right keys, a node with room, a volume
    /// that is free. The pod starts by itself then.
    PodCannotStart {
        code: "NB6008", name: "pod-cannot-start", severity: Error,
        looks: [AtBackups, AtPlainCronJobs], needs: [Jobs, Pods],
        explains: ["NB6001", "NB6002", "NB6006", "NB6007", "NB6012"], since: "0.2",
    }
}

impl Check for PodCannotStart {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        say(&backup.series(), cluster, report);
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        say(&cron_job.series(), cluster, report);
    }
}

fn say(series: &Series<'_, '_>, cluster: &Cluster<'_>, report: &mut Report) {
    let Some((run, job)) = series.troubled() else { return };
    let Some(pod) = job.newest_pod() else { return };
    if run.has_ended() || pod.is_terminating {
        return;
    }
    let Some((what, evidence, help)) = obstacle(pod, cluster) else {
        return;
    };
    let message = format!("{what}; {}", series.consequence());
    report
        .say(series.object.clone(), message)
        .evidence(evidence)
        .help(help)
        .command(format!("kubectl describe pod/{} -n {}", pod.name, pod.namespace));
}

/// What keeps a pod from starting, the sign of it, and what to do.
fn obstacle(pod: &Pod<'_>, cluster: &Cluster<'_>) -> Option<(String, Evidence, String)> {
    if let Some((container, waiting)) = pod.stuck() {
        let (what, help) = waits(container, waiting)?;
        return Some((what, Evidence::waiting(pod, container, waiting), help));
    }
    if pod.has_begun() {
        return None;
    }
    let scheduled = pod.condition("PodScheduled").filter(|condition| !condition.holds());
    if let Some(condition) = scheduled.filter(|condition| !condition.message.is_empty()) {
        let what = format!("no node takes pod {}: {}", name(&pod.name), excerpt(&condition.message));
        let help =
            "give the pod what the scheduler misses: a claim that is bound, room on a node, or a node that it may use";
        return Some((what, Evidence::condition(pod.reference(), condition), help.to_owned()));
    }
    let age = pod.created.map(|created| cluster.now.as_second() - created.as_second());
    let volume = |reason: &str| matches!(reason, "FailedMount" | "FailedAttachVolume" | "FailedMapVolume");
    let event = pod.events.iter().rev().find(|event| volume(&event.reason))?;
    if age.is_none_or(|age| age <= PATIENCE) {
        return None;
    }
    let (what, help) = if event.message.contains("Multi-Attach") {
        (
            "a volume is attached to another node, and only one node may have it at a time",
            "end the pod that uses the volume elsewhere, or use a claim that many nodes may mount (ReadWriteMany)",
        )
    } else {
        ("a volume cannot be mounted", "make what the event misses")
    };
    let what = format!("pod {} cannot start: {what}", name(&pod.name));
    Some((what, Evidence::event(pod.reference(), event), help.to_owned()))
}

/// Why a container waits and what to do, or `None` when it has already run.
fn waits(container: &Container<'_>, waiting: &Waiting<'_>) -> Option<(String, String)> {
    Some(match &*waiting.reason {
        "CrashLoopBackOff" => return None,
        "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" | "RegistryUnavailable" => (
            format!("image {} cannot be pulled", quoted(&container.image)),
            "correct the image of the instance, or give the account of the pod a pull Secret".to_owned(),
        ),
        "CreateContainerConfigError" => (
            format!(
                "container {} cannot be set up: {}",
                name(&container.name),
                excerpt(&waiting.message)
            ),
            "create the Secret or the key that is missing; the pod starts by itself then".to_owned(),
        ),
        reason => (
            format!(
                "container {} cannot start: {}: {}",
                name(&container.name),
                quoted(reason),
                excerpt(&waiting.message)
            ),
            "make what it waits for".to_owned(),
        ),
    })
}
