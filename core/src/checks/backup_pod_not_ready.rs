use jiff::Timestamp;

use crate::check::prelude::*;
use crate::facts::InstanceKind;
use crate::operator::Versions;

declare_check! {
    /// The backup pod of a cluster of an old operator is not ready.
    ///
    /// ## What it looks at
    /// The `StatefulSet` `NAME-backup` that operators before 1.8 keep for a cluster, its pod `NAME-backup-0` and its claim. What
    /// is in the pod, the files below `/backup-requests` among it, cannot be seen from outside.
    ///
    /// ## Why it matters
    /// With operators 0.x this pod makes every backup of the cluster. Requests that nobody takes up stay where they are.
    ///
    /// ## How to mend it
    /// Make what the pod waits for: a volume for its claim, room on a node, an image that can be pulled.
    BackupPodNotReady {
        code: "NB6015", name: "backup-pod-not-ready", severity: Error,
        looks: [AtInstances], needs: [StatefulSets], explains: ["NB6001", "NB6002", "NB6003", "NB6007"], since: "0.2",
    }
}

/// The operators that keep such a pod.
const KEEPS_POD: Versions = Versions::range("0.1-1.7");

/// So many seconds it may take to get ready.
const PATIENCE: i64 = 5 * 60;

impl Check for BackupPodNotReady {
    fn check_instance(&self, instance: &Instance<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let keeps = cluster.operator.is_none_or(|operator| operator.can_be_in(KEEPS_POD));
        if instance.kind != InstanceKind::Cluster || !keeps {
            return;
        }
        let set = format!("{}-backup", instance.name);
        let Some(object) = cluster.object(Resource::StatefulSets, &instance.namespace, &set) else {
            return;
        };
        let number = |path: &str| object.at(path).and_then(Node::scalar_text)?.parse::<u64>().ok();
        let (wanted, ready) = (
            number("spec.replicas").unwrap_or(1),
            number("status.readyReplicas").unwrap_or(0),
        );
        let pod = cluster.pod(&instance.namespace, &format!("{set}-0"));
        let set_created = object.at("metadata.creationTimestamp").and_then(Node::as_str);
        let set_created = set_created.and_then(|time| time.parse::<Timestamp>().ok());
        let created = pod.as_ref().map_or(set_created, |pod| pod.created);
        let is_young = created.is_some_and(|created| cluster.now.as_second() - created.as_second() <= PATIENCE);
        if ready >= wanted || is_young {
            return;
        }
        let claim = cluster.claim(&instance.namespace, &format!("backup-storage-{set}-0"));
        let unbound = claim.filter(|claim| claim.phase != "Bound");
        let why = match (&pod, &unbound) {
            (_, Some(claim)) => format!("claim {} is {}", name(&claim.name), quoted(&claim.phase)),
            (Some(pod), None) => match pod.stuck() {
                Some((container, waiting)) => {
                    format!("container {} waits: {}", name(&container.name), quoted(&waiting.reason))
                }
                None => format!("it is {}", quoted(&pod.phase)),
            },
            (None, None) => format!("{ready} of {wanted} are ready"),
        };
        let backups = cluster.backups_in(&instance.namespace).iter();
        let own = backups.filter(|backup| backup.spec().instance().text() == Some(&*instance.name));
        let reference = ObjectRef::of(&object).unwrap_or_else(|| instance.reference());
        let diagnosis = report.say(
            instance.reference(),
            format!("its backup pod {set}-0 is not ready: {why}"),
        );
        diagnosis
            .affects(Affects::Objects(own.map(Backup::reference).collect()))
            .evidence(Evidence::field(reference, "status.readyReplicas", &ready.to_string()));
        if let Some(pod) = &pod {
            let scheduled = pod.condition("PodScheduled").filter(|condition| !condition.holds());
            diagnosis.all_evidence(scheduled.map(|condition| Evidence::condition(pod.reference(), condition)));
            let stuck = pod.stuck();
            diagnosis.all_evidence(stuck.map(|(container, waiting)| Evidence::waiting(pod, container, waiting)));
            // Why a container that waits to be started again ended.
            let before = stuck.and_then(|(container, _)| Some((container, container.ended_before.as_ref()?)));
            diagnosis.all_evidence(before.map(|(container, ended)| Evidence::ended(pod, container, ended)));
        }
        if let Some(claim) = &unbound {
            diagnosis.evidence(Evidence::field(claim.reference(), "status.phase", &claim.phase));
        }
        let runs = |pod: &Pod<'_>| {
            pod.containers
                .iter()
                .any(|of| !of.is_init && of.running_since.is_some())
        };
        let runs = pod.as_ref().is_some_and(runs);
        diagnosis
            .help(if runs {
                "make what the pod waits for; requests and the room that is left can only be seen inside it"
            } else {
                "make what the pod waits for"
            })
            .command(format!("kubectl describe pod/{set}-0 -n {}", instance.namespace));
        if runs {
            let inside = "ls -l /backup-requests; df -h /backups";
            diagnosis.command(format!(
                "kubectl exec {set}-0 -n {} -- sh -c '{inside}'",
                instance.namespace
            ));
        }
    }
}
