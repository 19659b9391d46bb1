use crate::check::prelude::*;

declare_check! {
    /// The account of the pods of a backup is not there.
    ///
    /// ## What it looks at
    /// The `ServiceAccount` that the newest run that has not ended well, or a `CronJob` without the operator, names.
    ///
    /// ## Why it matters
    /// Without it no pod can be created, and the Job waits for ever.
    ///
    /// ## How to mend it
    /// Create it. The operator creates its own accounts again when it looks at the backup.
    AccountMissing {
        code: "NB3101", name: "account-missing", severity: Error,
        looks: [AtBackups, AtPlainCronJobs], needs: [ServiceAccounts, Jobs],
        explains: ["NB6001", "NB6002", "NB6006", "NB6007", "NB6011", "NB6012"], since: "0.2",
    }
}

impl Check for AccountMissing {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let series = backup.series();
        if let Some((_, job)) = series.troubled() {
            let named = Evidence::field(job.reference(), "spec.template.spec.serviceAccountName", &job.account);
            say(&series, &job.account, named, cluster, report);
        }
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let account = &cron_job.cron_job.account;
        let field = "spec.jobTemplate.spec.template.spec.serviceAccountName";
        let named = Evidence::field(cron_job.reference(), field, account);
        say(&cron_job.series(), account, named, cluster, report);
    }
}

/// `named` is who wants the account.
fn say(series: &Series<'_, '_>, account: &str, named: Evidence, cluster: &Cluster<'_>, report: &mut Report) {
    let namespace = &series.object.namespace;
    if account.is_empty() || cluster.object(Resource::ServiceAccounts, namespace, account).is_some() {
        return;
    }
    report
        .say(
            series.object.clone(),
            format!("ServiceAccount {} is not there", name(account)),
        )
        .evidence(named)
        .help("create it; where it had annotations of a cloud identity, give it those too")
        .command(format!("kubectl create serviceaccount {account} -n {namespace}"));
}
