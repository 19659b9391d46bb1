use crate::check::prelude::*;
use crate::operator::Versions;

declare_check! {
    /// The `CronJob` of a backup does not say what the backup says.
    ///
    /// ## What it looks at
    /// The schedule of the `CronJob` against `spec.schedule`, whether it is held against `spec.suspend`, and its
    /// `concurrencyPolicy` and `timeZone`, which the operator sets to `Forbid` and not at all.
    ///
    /// ## Why it matters
    /// Kubernetes runs what the `CronJob` says. The operator writes it again when it looks at the backup; where it differs,
    /// the operator is down or refuses the backup, somebody changes the `CronJob` again and again, or the operator is one
    /// that never changes a `CronJob` that is there.
    ///
    /// ## How to mend it
    /// Make the operator look at the backup. Where that changes nothing, delete the `CronJob`: the operator makes it anew.
    CronJobOutdated {
        code: "NB5103", name: "cron-job-outdated", severity: Warning,
        looks: [AtBackups], needs: [CronJobs], explains: ["NB6002", "NB6006"], since: "0.2",
    }
}

/// The operators that surely bring a `CronJob` that is there up to date. The first ones made it once and left it alone.
const WRITES_AGAIN: Versions = Versions::range("1.12+");

impl Check for CronJobOutdated {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let (Some(plan), Some(cron_job)) = (&backup.plan, &backup.cron_job) else {
            return;
        };
        if backup.deleted.is_some() || cron_job.is_terminating {
            return;
        }
        let writes_again = cluster.operator.is_none_or(|operator| operator.is_in(WRITES_AGAIN));
        let differences = differences(backup, plan, cron_job, writes_again);
        let Some(first) = differences.first() else { return };
        let so_far = if backup.is_outdated() {
            ", and the operator has not acted on the newest spec"
        } else {
            ""
        };
        let message = format!(
            "CronJob {} {}{so_far}",
            name(&cron_job.name),
            differences
                .iter()
                .map(|difference| difference.says.as_str())
                .collect::<Vec<_>>()
                .join(", and ")
        );
        let diagnosis = report.say(backup.reference(), message);
        if differences.iter().all(|of| !KEEPS_FROM_RUNNING.contains(&of.field)) {
            diagnosis.explains = &[];
        }
        diagnosis.field(Path::dotted(first.of_backup)).all_evidence(
            differences
                .iter()
                .map(|difference| Evidence::field(cron_job.reference(), difference.field, &difference.value)),
        );
        if writes_again {
            diagnosis
                .help("make the operator look at the backup again, which writes its CronJob")
                .command(format!(
                    "kubectl annotate neo4jbackup/{} -n {} {}=\"$(date +%s)\" --overwrite",
                    backup.name,
                    backup.namespace,
                    crate::in_domain!("looked-at")
                ));
        } else {
            diagnosis
                .help(format!(
                    "delete the CronJob while no run goes on: the operator makes it anew; only {WRITES_AGAIN} surely changes \
                     one that is there"
                ))
                .command(format!("kubectl delete cronjob/{} -n {}", cron_job.name, cron_job.namespace));
        }
    }
}

/// What keeps runs from beginning when they are due.
const KEEPS_FROM_RUNNING: [&str; 2] = ["spec.schedule", "spec.timeZone"];

/// Something that the two say differently.
struct Difference {
    of_backup: &'static str,
    /// The field of the `CronJob`, and its value.
    field: &'static str,
    value: String,
    says: String,
}

/// What is different. A `CronJob` that is held though its backup is not is told by another check.
fn differences(backup: &Backup<'_>, plan: &Plan, cron_job: &CronJob<'_>, is_ours_alone: bool) -> Vec<Difference> {
    let mut differences = Vec::new();
    if cron_job.schedule.trim() != plan.text.trim() {
        differences.push(Difference {
            of_backup: "spec.schedule",
            field: "spec.schedule",
            value: cron_job.schedule.to_string(),
            says: format!(
                "runs at {}, and not at {}",
                quoted(&cron_job.schedule),
                quoted(&plan.text)
            ),
        });
    }
    if let Some(zone) = cron_job
        .time_zone
        .as_deref()
        .filter(|zone| !matches!(*zone, "Etc/UTC" | "UTC"))
    {
        differences.push(Difference {
            of_backup: "spec.schedule",
            field: "spec.timeZone",
            value: zone.to_owned(),
            says: format!("runs in the time zone {}, and not in UTC", quoted(zone)),
        });
    }
    if backup.spec().spec.field("suspend").is_true() && !cron_job.is_suspended {
        differences.push(Difference {
            of_backup: "spec.suspend",
            field: "spec.suspend",
            value: "false".to_owned(),
            says: "runs on, though spec.suspend holds the backup".to_owned(),
        });
    }
    if is_ours_alone && cron_job.concurrency != "Forbid" {
        differences.push(Difference {
            of_backup: "spec.schedule",
            field: "spec.concurrencyPolicy",
            value: cron_job.concurrency.to_string(),
            says: format!(
                "has the concurrencyPolicy {}, and not `Forbid`",
                quoted(&cron_job.concurrency)
            ),
        });
    }
    differences
}
