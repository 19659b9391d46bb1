use crate::check::prelude::*;
use crate::facts::{Lookup, SecretFacts};

declare_check! {
    /// A Secret that the pods of a backup need is not there, or lacks a key.
    ///
    /// ## What it looks at
    /// The Secrets that the `CronJob` of a backup names for variables and volumes, and the names of their keys; values are
    /// never read. The Secret in `cloud.credentialsSecretRef` is told by a rule (NB2005), unless the `CronJob` names another.
    ///
    /// ## Why it matters
    /// The pod does not start, and the runs after it wait for it for ever.
    ///
    /// ## How to mend it
    /// Create the Secret, or add the key. The pod starts by itself then.
    SecretMissing {
        code: "NB2102", name: "secret-missing", severity: Error,
        looks: [AtBackups, AtPlainCronJobs], needs: [CronJobs],
        explains: ["NB6001", "NB6002", "NB6006", "NB6007", "NB6008", "NB6012"], since: "0.2",
    }
}

impl Check for SecretMissing {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let credentials = backup.spec().storage().cloud.credentials().text();
        if let Some(cron_job) = backup.cron_job.as_ref().filter(|_| backup.deleted.is_none()) {
            say(&backup.reference(), cron_job, credentials, cluster, report);
        }
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        say(&cron_job.reference(), &cron_job.cron_job, None, cluster, report);
    }
}

fn say(object: &ObjectRef, cron_job: &CronJob<'_>, told: Option<&str>, cluster: &Cluster<'_>, report: &mut Report) {
    let uses = cron_job.secrets.iter().filter(|of| Some(&*of.secret) != told);
    let mut absent: Vec<&str> = Vec::new();
    for of in uses {
        let lookup: Lookup<'_, SecretFacts> = cluster.inventory.secret(&object.namespace, &of.secret);
        let (message, help) = match (lookup, of.key.as_deref()) {
            (Lookup::Absent, _) if !absent.contains(&&*of.secret) => {
                absent.push(&of.secret);
                (
                    format!("there is no Secret {}, which {} needs", name(&of.secret), name(&of.by)),
                    "create it with the keys that the CronJob names; the pod starts by itself then",
                )
            }
            (Lookup::Found(facts), Some(key)) if !facts.keys.contains(key) => (
                format!(
                    "Secret {} has no key {}, which {} needs",
                    name(&of.secret),
                    quoted(key),
                    name(&of.by)
                ),
                "add the key; the pod starts by itself then",
            ),
            _ => continue,
        };
        report
            .say(object.clone(), message)
            .evidence(Evidence::fact(
                cron_job.reference(),
                match &of.key {
                    Some(key) => format!("its pods need {} of Secret {}", quoted(key), of.secret),
                    None => format!("its pods need Secret {}", of.secret),
                },
            ))
            .help(help)
            .command(format!("kubectl describe secret/{} -n {}", of.secret, object.namespace));
    }
}
