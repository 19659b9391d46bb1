use super::restore_failed::remedy;
use crate::check::prelude::*;

declare_check! {
    /// A restored database does not come online.
    ///
    /// ## What it looks at
    /// What the operator says of a restore that ended because Neo4j did not answer, or because the database was not online in
    /// time; restores that have been waiting for that for long; and the state of the instance and its pods.
    ///
    /// ## Why it matters
    /// The data may be in its place all the same. A second restore would only start the same wait again.
    ///
    /// ## How to mend it
    /// See whether the server's pod runs and what its log says, and whether the database is online by now. Large stores take
    /// longer than the five minutes that the operator waits for a database to come online: set `spec.timeout`.
    RestoreNotConverging {
        code: "NB8110", name: "restore-not-converging", severity: Error,
        looks: [AtRestores], needs: [], explains: ["NB8101"], since: "0.2",
    }
}

/// What a Job says that ended well, and with it a restore that waits for Neo4j to answer.
const JOB_ENDED: &str = "Reached expected number of succeeded pods";

impl Check for RestoreNotConverging {
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let of = restore.instance();
        let meaning = restore.meaning();
        let kind = meaning.map(|class| &*class.name);
        let (message, severity) = match kind {
            Some("not-online-in-time") => (
                "the database did not come online in the time that the operator waits".to_owned(),
                Severity::Error,
            ),
            Some("not-ready-after-restore") => (
                format!(
                    "Neo4j on {} did not answer in the ten minutes after the restore",
                    name(&of)
                ),
                Severity::Error,
            ),
            Some("seed-failed") => (
                "the database was created, and the servers could not load the backup into it".to_owned(),
                Severity::Error,
            ),
            _ if restore.phase == "Running" && restore.message.contains(JOB_ENDED) => (
                format!("its Job ended well, and Neo4j on {} has not answered yet", name(&of)),
                Severity::Warning,
            ),
            _ => return,
        };
        let diagnosis = report.say(restore.reference(), message);
        diagnosis.severity(severity);
        diagnosis.evidence(Evidence::field(restore.reference(), "status.message", &restore.message));
        diagnosis.help(match meaning {
            Some(class) => remedy(class, cluster),
            None => "the operator waits ten minutes; look at the server's pod meanwhile".to_owned(),
        });
        let Some(instance) = cluster.instance(&restore.namespace, &of) else {
            return;
        };
        for pod in &instance.pods {
            if let Some((container, waiting)) = pod.stuck() {
                diagnosis.evidence(Evidence::waiting(pod, container, waiting));
            }
            if let Some((container, ended)) = pod.failure() {
                diagnosis.evidence(Evidence::ended(pod, container, ended));
            }
        }
        if let Some(pod) = instance.pods.first() {
            diagnosis.command(format!("kubectl logs {} -n {} --tail=200", pod.name, pod.namespace));
        }
    }
}
