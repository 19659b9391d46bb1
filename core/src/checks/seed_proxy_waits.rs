use crate::check::prelude::*;

declare_check! {
    /// The pod that hands a backup on a volume to the servers does not get ready.
    ///
    /// ## What it looks at
    /// Restores that wait for their `backup-seed-proxy`, its pods with their events, and the init container `merge-chain`
    /// that merges differential backups from operator 1.19 on.
    ///
    /// ## Why it matters
    /// The servers fetch the backup from this pod. A volume that only one node may mount keeps it waiting while another pod
    /// elsewhere, mostly one of a backup, holds it. The operator waits 3 minutes, or 30 with a merge, and then gives up.
    ///
    /// ## How to mend it
    /// Wait for the backup that holds the volume, or use a volume that several nodes may mount, or object storage. A merge
    /// that lacks room gets it with `spec.options.tempStorage`.
    SeedProxyWaits {
        code: "NB8104", name: "seed-proxy-waits", severity: Error,
        looks: [AtRestores], needs: [Pods], explains: ["NB8101"], since: "0.2",
    }
}

/// The init container that merges differential backups.
const MERGE: &str = "merge-chain";

impl Check for SeedProxyWaits {
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let waits = !restore.has_ended() && restore.message.contains("seed-proxy");
        let Some(pod) = restore.proxy_pods.last() else {
            if waits {
                let diagnosis = report.say(restore.reference(), "its seed proxy has no pod");
                let proxy = format!("backup-seed-proxy-{}", restore.name);
                diagnosis
                    .evidence(Evidence::field(restore.reference(), "status.message", &restore.message))
                    .command(format!("kubectl describe deployment {proxy} -n {}", restore.namespace));
            }
            return;
        };
        let is_ready = pod.condition("Ready").is_some_and(Condition::holds);
        if is_ready || restore.phase == "Completed" {
            return;
        }
        let merge = pod.containers.iter().find(|container| container.name == MERGE);
        if let Some((container, ended)) = merge.and_then(|merge| Some((merge, failed(merge)?))) {
            let message = "its seed proxy could not merge the differential backups";
            let diagnosis = report.say(restore.reference(), message);
            let logs = [container.log, container.log_before].into_iter().flatten();
            let line = logs.flat_map(str::lines).rfind(|line| is_telling(line));
            let help = match line {
                Some(line) if line.contains("cannot copy") => {
                    "give the merge more room with `spec.options.tempStorage`"
                }
                Some(line) if line.contains("is not on the backup PVC") => {
                    "the file is gone from the volume: restore from another run, or run the backup again"
                }
                _ => "look at the log of merge-chain; a restore from a full backup needs no merge",
            };
            diagnosis
                .help(help)
                .all_evidence(line.map(|line| Evidence::log(pod, container, line)))
                .evidence(Evidence::ended(pod, container, ended));
        } else if let Some(event) = held_up(pod) {
            let held = pod.claims.iter().find_map(|claim| holder(claim, pod, cluster));
            let message = match &held {
                Some((claim, holder)) => {
                    format!("its seed proxy waits for claim {claim}, which pod {holder} on another node holds")
                }
                None => format!("its seed proxy cannot start: {}", excerpt(event.message.trim())),
            };
            let diagnosis = report.say(restore.reference(), message);
            diagnosis
                .help("wait for the pod that holds the claim, or keep backups on a claim with ReadWriteMany or in object storage")
                .evidence(Evidence::event(pod.reference(), event));
        } else if let Some((container, waiting)) = pod.stuck() {
            let reason = name(&waiting.reason);
            let message = format!(
                "container {} of its seed proxy does not start: {reason}",
                container.name
            );
            let diagnosis = report.say(restore.reference(), message);
            diagnosis.evidence(Evidence::waiting(pod, container, waiting));
        } else if waits {
            let merges = merge.is_some_and(|merge| merge.running_since.is_some());
            let message = if merges {
                "its seed proxy merges the differential backups"
            } else {
                "its seed proxy is not ready yet"
            };
            report.say(restore.reference(), message).severity(Severity::Info);
        }
    }
}

fn failed<'r, 's>(container: &'r Container<'s>) -> Option<&'r Ended<'s>> {
    let ended = [&container.ended, &container.ended_before].into_iter().flatten();
    ended.into_iter().find(|ended| ended.exit_code != 0)
}

fn is_telling(line: &str) -> bool {
    ["could not merge", "is not on the backup PVC", "cannot copy"]
        .iter()
        .any(|words| line.contains(words))
}

/// The event that says why a pod that has no container yet does not start.
fn held_up<'r, 's>(pod: &'r Pod<'s>) -> Option<&'r Event<'s>> {
    let is = |event: &&Event<'_>| {
        matches!(
            &*event.reason,
            "FailedAttachVolume" | "FailedMount" | "FailedScheduling"
        )
    };
    let mut events = pod.events.iter().rev();
    events.find(is).filter(|_| !pod.has_begun())
}

/// The claim of a pod that a running pod on another node holds, with that pod.
fn holder(claim: &str, pod: &Pod<'_>, cluster: &Cluster<'_>) -> Option<(String, String)> {
    let object = cluster.object(Resource::Claims, &pod.namespace, claim)?;
    let modes = object.at("spec.accessModes").and_then(Node::as_list)?;
    if modes.iter().any(|mode| mode.as_str() == Some("ReadWriteMany")) {
        return None;
    }
    let backups = cluster.backups.iter().flat_map(|backup| &backup.runs);
    let mut pods = backups.flat_map(|run| run.job.iter().flat_map(|job| &job.pods));
    let other = pods.find(|other| {
        let is_elsewhere = pod.node.is_empty() || other.node != pod.node;
        let runs = other
            .containers
            .iter()
            .any(|container| container.running_since.is_some());
        other.namespace == pod.namespace && runs && is_elsewhere && other.claims.iter().any(|held| held == claim)
    })?;
    Some((claim.to_owned(), other.name.to_string()))
}
