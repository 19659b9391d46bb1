use crate::check::prelude::*;
use crate::live::{Direction, Peer, network_policies};

declare_check! {
    /// A `NetworkPolicy` keeps the pods of a backup from the backup port of the servers.
    ///
    /// ## What it looks at
    /// The `NetworkPolicies` of the namespace that are for the servers, or for the pods of the backup, and whether their
    /// rules let TCP 6362 through between the two: by labels of pods and namespaces, and by number, range or name of the port.
    /// Where an address range may decide, nothing is said; where a run went well under the same policies, the network does
    /// not enforce them.
    ///
    /// ## Why it matters
    /// The run waits for a connection that nobody answers, and fails. The operator's own policy lets in what has the label
    /// `app.kubernetes.io/component` of a backup; another one that is for the pods of the backup may keep them in.
    ///
    /// ## How to mend it
    /// Let the pods with `app.kubernetes.io/name: neo4j-backup` reach TCP 6362 of the servers, on both sides.
    BackupPortClosed {
        code: "NB2103", name: "backup-port-closed", severity: Error,
        looks: [AtBackups], needs: [NetworkPolicies], explains: ["NB6003"], since: "0.2",
    }
}

/// The port on which the servers give backups.
const PORT: u64 = 6362;

/// What the log says of a run that did not get through.
const CUT: [&str; 2] = ["backup-port-refused", "network-timeout"];

impl Check for BackupPortClosed {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let is_done = backup.plan.is_none() && backup.phase == "Completed";
        if is_done || backup.deleted.is_some() {
            return;
        }
        let spec = backup.spec();
        let instance = spec
            .instance()
            .text()
            .and_then(|name| cluster.instance(&backup.namespace, name));
        let Some((instance, pods)) = instance.and_then(|instance| Some((instance, peer_of(backup, cluster)?))) else {
            return;
        };
        let Some(closed) = closed(&pods, instance, cluster) else {
            return;
        };
        let newest = closed.iter().filter_map(|(_, created)| *created).max();
        let went_well = backup.last_good().and_then(|run| run.started);
        let failure = backup
            .series()
            .failure()
            .filter(|(_, _, class)| CUT.contains(&&*class.name));
        // A run got through them; unless somebody changed them since, which nothing tells but a run that did not.
        let let_one_through = went_well.is_some_and(|started| newest.is_some_and(|newest| newest < started));
        if let_one_through && failure.is_none() {
            return;
        }
        let list: Vec<String> = closed
            .iter()
            .map(|(policy, _)| name(&policy.name).to_string())
            .collect();
        let (policies, keep) = if list.len() == 1 {
            ("NetworkPolicy", "keeps")
        } else {
            ("NetworkPolicies", "keep")
        };
        let message = format!(
            "{policies} {} {keep} its pods from port {PORT} of {}",
            list.join(", "),
            name(&instance.name)
        );
        let diagnosis = report.say(backup.reference(), message);
        match failure {
            Some((failure, line, _)) => {
                diagnosis.evidence(Evidence::log(failure.pod, failure.container, line));
                if let_one_through || !line.contains("6362") {
                    diagnosis.probable();
                }
            }
            None => {
                diagnosis.severity(Severity::Warning).explains = &[];
            }
        }
        let label = pods.label("app.kubernetes.io/component").unwrap_or("backup");
        for (policy, _) in &closed {
            let text = format!("no rule lets TCP {PORT} through for app.kubernetes.io/component={label}");
            diagnosis.evidence(Evidence::fact(policy.clone(), text));
        }
        diagnosis.help(format!(
            "let pods with app.kubernetes.io/name=neo4j-backup reach TCP {PORT} of the servers, where they come in and where they go out"
        ));
        for (policy, _) in &closed {
            diagnosis.command(format!(
                "kubectl describe networkpolicy/{} -n {}",
                policy.name, policy.namespace
            ));
        }
    }
}

/// The pods of a backup as policies see them: the newest one, or the next one of its schedule.
fn peer_of(backup: &Backup<'_>, cluster: &Cluster<'_>) -> Option<Peer> {
    let newest = backup.runs.iter().find_map(|run| run.job.as_deref()?.newest_pod());
    if let Some(object) = newest.and_then(|pod| cluster.object(Resource::Pods, &pod.namespace, &pod.name)) {
        let labels = object.at("metadata.labels");
        return Some(Peer::new(cluster, &backup.namespace, labels, Some(&object)));
    }
    let cron_job = backup.cron_job.as_ref()?;
    let object = cluster.object(Resource::CronJobs, &cron_job.namespace, &cron_job.name)?;
    let labels = object.at("spec.jobTemplate.spec.template.metadata.labels")?;
    Some(Peer::new(cluster, &backup.namespace, Some(labels), None))
}

type Closed = Vec<(ObjectRef, Option<jiff::Timestamp>)>;

/// The policies that keep the pods from every server, with when they were made; `None` where they surely get to one of
/// them, or may.
fn closed(pods: &Peer, instance: &Instance<'_>, cluster: &Cluster<'_>) -> Option<Closed> {
    let policies = network_policies(cluster, &instance.namespace);
    if policies.is_empty() || instance.pods.is_empty() {
        return None;
    }
    let mut closed = Closed::new();
    for server in &instance.pods {
        let object = cluster.object(Resource::Pods, &server.namespace, &server.name)?;
        let server = Peer::new(cluster, &server.namespace, object.at("metadata.labels"), Some(&object));
        let mut is_closed = false;
        for (direction, own, other) in [(Direction::Ingress, &server, pods), (Direction::Egress, pods, &server)] {
            let concerned: Vec<_> = policies.iter().filter(|policy| policy.is_for(own, direction)).collect();
            let answers = concerned
                .iter()
                .map(|policy| policy.lets_through(direction, other, &server, PORT));
            // One that lets it through is enough, and where none is for the pod everything gets through.
            if concerned.is_empty() || answers.into_iter().any(|answer| answer != Some(false)) {
                continue;
            }
            is_closed = true;
            closed.extend(concerned.iter().map(|policy| (policy.reference(), policy.created)));
        }
        if !is_closed {
            return None;
        }
    }
    closed.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    closed.dedup_by(|(one, _), (other, _)| one.name == other.name);
    Some(closed)
}
