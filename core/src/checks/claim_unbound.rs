use crate::check::prelude::*;

declare_check! {
    /// The claim that a backup writes to is not there, or has no volume.
    ///
    /// ## What it looks at
    /// The claims that the backup and the newest pod of its newest run name, their phase and their events.
    ///
    /// ## Why it matters
    /// No pod that mounts such a claim starts.
    ///
    /// ## How to mend it
    /// Create the claim, or give it a storage class that makes volumes. A claim that is `Lost` has lost its volume with all
    /// that was on it.
    ClaimUnbound {
        code: "NB7101", name: "claim-unbound", severity: Error,
        looks: [AtBackups, AtPlainCronJobs], needs: [Claims, Jobs],
        explains: ["NB6001", "NB6002", "NB6006", "NB6007", "NB6008", "NB6012"], since: "0.2",
    }
}

impl Check for ClaimUnbound {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let storage = backup.spec().storage();
        // A claim whose size is given is made with the first run.
        let is_made = storage.pvc_size().is_set() && backup.runs.is_empty();
        let own = storage.pvc_name().text().filter(|_| !is_made).map(str::to_owned);
        let is_one_shot_done = backup.plan.is_none() && backup.phase == "Completed";
        say(&backup.series(), own.filter(|_| !is_one_shot_done), cluster, report);
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        say(&cron_job.series(), None, cluster, report);
    }
}

fn say(series: &Series<'_, '_>, own: Option<String>, cluster: &Cluster<'_>, report: &mut Report) {
    let waiting = series.troubled().filter(|(run, _)| !run.has_ended());
    let pod = waiting
        .and_then(|(_, job)| job.newest_pod())
        .filter(|pod| !pod.has_begun());
    let mut names: Vec<String> = own.into_iter().collect();
    names.extend(pod.iter().flat_map(|pod| &pod.claims).map(ToString::to_string));
    names.sort();
    names.dedup();
    let namespace = &series.object.namespace;
    for claim_name in names {
        let Some(claim) = cluster.claim(namespace, &claim_name) else {
            report
                .say(
                    series.object.clone(),
                    format!("there is no claim {} in its namespace", name(&claim_name)),
                )
                .help("create the claim, or name another one")
                .command(format!("kubectl get pvc -n {namespace}"));
            continue;
        };
        // One that is bound with its first pod may wait for that.
        let failed = claim.events.iter().rev().find(|event| event.is_warning);
        let what = match &*claim.phase {
            "Lost" => "has lost its volume, with all backups that were on it",
            "Pending" if failed.is_some() || pod.is_some() => "has no volume yet",
            _ => continue,
        };
        let diagnosis = report.say(series.object.clone(), format!("claim {} {what}", name(&claim_name)));
        let event = failed.or_else(|| claim.events.last());
        diagnosis
            .evidence(Evidence::field(claim.reference(), "status.phase", &claim.phase))
            .all_evidence(event.map(|event| Evidence::event(claim.reference(), event)))
            .help("give the claim a storage class that makes volumes, or a volume that fits it")
            .command(format!("kubectl describe pvc/{claim_name} -n {namespace}"));
    }
}
