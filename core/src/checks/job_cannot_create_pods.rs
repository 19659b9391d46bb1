use crate::check::prelude::*;

declare_check! {
    /// The Job of a run cannot create its pod.
    ///
    /// ## What it looks at
    /// The events `FailedCreate` of the Job of the newest run, as long as it has no pod.
    ///
    /// ## Why it matters
    /// There is no pod and no log; the Job neither fails nor ends, and later runs wait for it.
    ///
    /// ## How to mend it
    /// As the event says: create the account, raise the quota, or let the pod pass what refuses it.
    JobCannotCreatePods {
        code: "NB6011", name: "job-cannot-create-pods", severity: Error,
        looks: [AtBackups, AtPlainCronJobs], needs: [Jobs, Pods, Events],
        explains: ["NB6001", "NB6002", "NB6006", "NB6007", "NB6012"], since: "0.2",
    }
}

impl Check for JobCannotCreatePods {
    fn check_backup(&self, backup: &Backup<'_>, _: &Cluster<'_>, report: &mut Report) {
        say(&backup.series(), report);
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, _: &Cluster<'_>, report: &mut Report) {
        say(&cron_job.series(), report);
    }
}

fn say(series: &Series<'_, '_>, report: &mut Report) {
    let Some((_, job)) = series.troubled().filter(|(_, job)| job.pods.is_empty()) else {
        return;
    };
    let Some(event) = job.events.iter().rev().find(|event| event.reason == "FailedCreate") else {
        return;
    };
    let (why, help) = refusal(&event.message);
    let message = format!(
        "Job {} cannot create its pod: {why}; {}",
        name(&job.name),
        series.consequence()
    );
    report
        .say(series.object.clone(), message)
        .evidence(Evidence::event(job.reference(), event))
        .help(help)
        .command(format!("kubectl describe job/{} -n {}", job.name, job.namespace));
}

/// Why a pod is refused, and what to do.
fn refusal(message: &str) -> (&'static str, &'static str) {
    let has = |text: &str| message.contains(text);
    if has("serviceaccount") && has("not found") {
        (
            "its ServiceAccount is not there",
            "create the ServiceAccount; the pod is made by itself then",
        )
    } else if has("exceeded quota") || has("failed quota") {
        (
            "the quota of the namespace does not allow it",
            "raise the quota, or lower what the pod asks for",
        )
    } else if has("violates PodSecurity") {
        (
            "the Pod Security level of the namespace refuses it",
            "lower the level of the namespace, or set what it asks for",
        )
    } else if has("denied the request") || has("calling webhook") || has("denied request") {
        (
            "an admission webhook or policy refuses it",
            "change the policy, or mend the webhook that does not answer",
        )
    } else {
        ("the API server refuses it", "mend what the event says")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_what_the_api_server_says() {
        let told = [
            "Error creating: pods \"a-\" is forbidden: error looking up service account graph/x: serviceaccount \"x\" not found",
            "Error creating: pods \"a-\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=3, limited: pods=3",
            "Error creating: pods \"a-\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true",
            "Error creating: admission webhook \"x.example.org\" denied the request: no",
        ]
        .map(|message| refusal(message).0);
        assert_eq!(
            told,
            [
                "its ServiceAccount is not there",
                "the quota of the namespace does not allow it",
                "the Pod Security level of the namespace refuses it",
                "an admission webhook or policy refuses it"
            ]
        );
    }
}
