use crate::check::prelude::*;

declare_check! {
    /// A restore has waited for longer than such a wait takes.
    ///
    /// ## What it looks at
    /// Restores that have neither ended nor run for ten minutes, and what the operator says they wait for: servers that are
    /// rolled out with the configuration of a seed, a standalone that is to run with another account, a check of databases.
    ///
    /// ## Why it matters
    /// The operator waits without an end and without an event. A rollout that does not end also leaves servers of the instance
    /// down.
    ///
    /// ## How to mend it
    /// Look at what the operator names: the pods of the instance, their events, and whether Neo4j answers.
    RestoreWaits {
        code: "NB8116", name: "restore-waits", severity: Warning,
        looks: [AtRestores], needs: [], explains: [], since: "0.2",
    }
}

/// After so many seconds a wait is a long one; a rollout takes some minutes.
const PATIENCE: i64 = 600;
/// Waits of which other checks say more.
const OTHERS: [&str; 3] = ["Waiting for backup to complete", "Waiting for target", "seed-proxy"];

impl Check for RestoreWaits {
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if restore.phase != "Pending" || restore.deleted.is_some() {
            return;
        }
        let message = restore.message.trim();
        if message.is_empty() || OTHERS.iter().any(|words| message.contains(words)) {
            return;
        }
        let ready = restore.conditions.iter().find(|condition| condition.kind == "Ready");
        let since = ready
            .and_then(|condition| condition.since)
            .or(restore.started)
            .or(restore.created);
        let is_long = |since: &jiff::Timestamp| cluster.now.as_second() - since.as_second() > PATIENCE;
        let Some(since) = since.filter(is_long) else { return };
        let text = format!("it has waited since {}: {}", when(since, cluster.now), quoted(message));
        let instance = restore.instance();
        let found = cluster.instance(&restore.namespace, &instance);
        let diagnosis = report.say(restore.reference(), text);
        diagnosis.evidence(Evidence::field(restore.reference(), "status.message", message));
        for pod in found.into_iter().flat_map(|instance| &instance.pods) {
            if let Some((container, waiting)) = pod.stuck() {
                diagnosis.evidence(Evidence::waiting(pod, container, waiting));
            } else if let Some((container, ended)) = pod.failure() {
                diagnosis.evidence(Evidence::ended(pod, container, ended));
            } else if let Some(unplaced) = pod.condition("PodScheduled").filter(|condition| !condition.holds()) {
                diagnosis.evidence(Evidence::condition(pod.reference(), unplaced));
            }
        }
        diagnosis
            .help("look at the pods of the instance; the restore goes on by itself once what it waits for is there");
        if let Some(instance) = found {
            let kind = instance.reference().kind.to_lowercase();
            diagnosis.command(format!(
                "kubectl describe {kind}/{} -n {}",
                instance.name, instance.namespace
            ));
        }
    }
}
