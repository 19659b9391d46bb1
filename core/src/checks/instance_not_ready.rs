use crate::check::prelude::*;
use crate::operator::Versions;

declare_check! {
    /// A backup or restore waits for its instance.
    ///
    /// ## What it looks at
    /// Backups in the phase `Waiting` and restores in `Pending`, and the cluster or standalone that they name: its phase and
    /// message, its conditions and the pods of its servers.
    ///
    /// ## Why it matters
    /// As long as the instance is not ready, the operator begins no run. From operator 1.19 on a cluster that has lost a server
    /// and still has a majority (`Degraded`) is good enough; before, any missing server holds all backups up.
    ///
    /// ## How to mend it
    /// Mend the instance: what its pods report is quoted. If it does not exist, correct the name.
    InstanceNotReady {
        code: "NB2101", name: "instance-not-ready", severity: Error,
        looks: [AtBackups, AtRestores], needs: [Clusters, Standalones],
        explains: ["NB2001", "NB5101", "NB5103", "NB6002", "NB6006", "NB8116"], since: "0.2",
    }
}

/// These begin runs on a degraded cluster.
const DEGRADED_IS_ENOUGH: Versions = Versions::range("1.19+");

impl Check for InstanceNotReady {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if backup.phase == "Waiting" {
            let spec = backup.spec();
            let instance = spec.instance().text().unwrap_or_default();
            say(backup.reference(), &backup.message, instance, cluster, report);
        }
    }

    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let waits = restore.phase == "Pending" && restore.message.starts_with("Waiting for target");
        if waits {
            let spec = restore.spec();
            let instance = spec.instance().text().unwrap_or_default();
            say(restore.reference(), &restore.message, instance, cluster, report);
        }
    }
}

fn say(object: ObjectRef, message: &str, instance: &str, cluster: &Cluster<'_>, report: &mut Report) {
    let said = Evidence::field(object.clone(), "status.message", message);
    let Some(found) = cluster.instance(&object.namespace, instance) else {
        let wanted = quoted(instance);
        report
            .say(
                object,
                format!("it waits for the instance {wanted}, which does not exist"),
            )
            .evidence(said)
            .help("correct `spec.instanceRef`, or create the instance");
        return;
    };
    let is_enough = |phase: &str| {
        let degraded = phase == "Degraded"
            && cluster
                .operator
                .is_some_and(|operator| operator.is_in(DEGRADED_IS_ENOUGH));
        phase == "Ready" || degraded
    };
    let (phase, wanted) = (&found.phase, name(instance));
    let text = if is_enough(phase) {
        format!("it still waits for {wanted}, which is {phase} by now: the operator has not looked again")
    } else if phase.is_empty() {
        format!("it waits for {wanted}, of which the operator says nothing")
    } else {
        format!("it waits for {wanted}, which is {phase}")
    };
    let reference = found.reference();
    let diagnosis = report.say(object.clone(), text);
    if !found.message.is_empty() {
        diagnosis.evidence(Evidence::field(reference.clone(), "status.message", &found.message));
    }
    let not_ready = found
        .conditions
        .iter()
        .filter(|condition| !condition.holds() && condition.kind == "Ready");
    diagnosis.all_evidence(not_ready.map(|condition| Evidence::condition(reference.clone(), condition)));
    for pod in &found.pods {
        if let Some((container, waiting)) = pod.stuck() {
            diagnosis.evidence(Evidence::waiting(pod, container, waiting));
        } else if let Some((container, ended)) = pod.failure() {
            diagnosis.evidence(Evidence::ended(pod, container, ended));
        }
    }
    let kind = reference.kind.to_lowercase();
    diagnosis
        .evidence(said)
        .help("mend the instance; the backup goes on by itself once it is ready")
        .command(format!("kubectl describe {kind}/{instance} -n {}", object.namespace));
}
