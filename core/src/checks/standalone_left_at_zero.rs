use crate::check::prelude::*;
use crate::facts::InstanceKind;

declare_check! {
    /// A standalone is held stopped for a restore that does not go on.
    ///
    /// ## What it looks at
    /// The annotation `neo4j.com/restore-in-progress` of a standalone, the restore that it names, and the replicas of its
    /// `StatefulSet` with `neo4j.neo4j.com/original-replicas`.
    ///
    /// ## Why it matters
    /// The operator stops a standalone before it restores. While the annotation names a restore that is gone, that has
    /// ended, or about which the operator says nothing, nobody starts the standalone again: all its databases are down.
    ///
    /// ## How to mend it
    /// Where the restore is still there and silent, correct its spec or delete it: the operator then starts the standalone
    /// by itself. Otherwise remove the annotation and scale the `StatefulSet` back.
    StandaloneLeftAtZero {
        code: "NB8103", name: "standalone-left-at-zero", severity: Error,
        looks: [AtInstances, AtRestores], needs: [Restores, StatefulSets], explains: [], since: "0.2",
    }
}

/// On the standalone: the restore that it is stopped for.
const IN_PROGRESS: &str = "neo4j.com/restore-in-progress";
/// On the `StatefulSet`: how many replicas it had.
const ORIGINAL: &str = "neo4j.neo4j.com/original-replicas";
/// For how many seconds a restore may hold the standalone without a word of the operator.
const PATIENCE: i64 = 120;

impl Check for StandaloneLeftAtZero {
    fn check_instance(&self, instance: &Instance<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let Some(holder) = stopped_for(instance) else { return };
        let restores = &cluster.restores;
        let restore = restores
            .iter()
            .find(|restore| restore.namespace == instance.namespace && restore.name == holder);
        let fate = match restore {
            None => "which is gone".to_owned(),
            Some(restore) => match restore.ended() {
                // It takes the operator some seconds to scale back.
                Some(ended) if seconds(ended, cluster) < PATIENCE => return,
                Some(ended) => format!("which ended at {ended}"),
                None => return,
            },
        };
        let message = format!(
            "all its databases are down: it is held at 0 replicas for restore {}, {fate}",
            name(holder)
        );
        let (namespace, of) = (&instance.namespace, &instance.name);
        let diagnosis = say(instance, message, report);
        diagnosis
            .help("look that no pod works on its volume, then remove the annotation and start the standalone again")
            .command(format!(
                "kubectl annotate neo4jenterprisestandalone {of} -n {namespace} {IN_PROGRESS}-"
            ))
            .command(format!(
                "kubectl scale statefulset {of} -n {namespace} --replicas={}",
                original(instance).unwrap_or("1")
            ));
    }

    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let age = restore.created.map_or(0, |created| seconds(created, cluster));
        if !restore.is_silent() || age < PATIENCE {
            return;
        }
        let held = |instance: &&Instance<'_>| {
            instance.namespace == restore.namespace && stopped_for(instance) == Some(&*restore.name)
        };
        let Some(instance) = cluster.instances.iter().find(held) else {
            return;
        };
        let message = format!(
            "all its databases are down: it is held at 0 replicas for restore {}, of which the operator has said nothing",
            restore.name
        );
        let diagnosis = say(instance, message, report);
        diagnosis
            .help("correct the spec of the restore, or delete it; the operator then starts the standalone again by itself")
            .command(format!(
                "kubectl delete neo4jrestore {} -n {}",
                restore.name, restore.namespace
            ));
    }
}

fn say<'r>(instance: &Instance<'_>, message: String, report: &'r mut Report) -> &'r mut Diagnosis {
    let diagnosis = report.say(instance.reference(), message);
    let annotation = format!("metadata.annotations[{IN_PROGRESS}]");
    let holder = stopped_for(instance).unwrap_or_default();
    diagnosis.evidence(Evidence::field(instance.reference(), &annotation, holder));
    let set = instance.stateful_set.as_ref().and_then(ObjectRef::of);
    let before = original(instance).unwrap_or("1");
    let text = format!("spec.replicas: 0, where there were {before}");
    diagnosis.all_evidence(set.map(|set| Evidence::fact(set, text)))
}

/// The restore that a standalone without any replica is stopped for.
fn stopped_for<'i>(instance: &'i Instance<'_>) -> Option<&'i str> {
    let set = instance.stateful_set.as_ref()?;
    let replicas = set.at("spec.replicas")?.scalar_text()?;
    let holder = instance.object.at("metadata.annotations")?.get(IN_PROGRESS)?.as_str()?;
    (instance.kind == InstanceKind::Standalone && replicas == "0").then_some(holder)
}

fn original<'i>(instance: &'i Instance<'_>) -> Option<&'i str> {
    let annotations = instance.stateful_set.as_ref()?.at("metadata.annotations")?;
    let replicas = annotations.get(ORIGINAL)?.as_str()?;
    // It goes into a command.
    replicas.parse::<u32>().is_ok().then_some(replicas)
}

fn seconds(since: jiff::Timestamp, cluster: &Cluster<'_>) -> i64 {
    cluster.now.as_second() - since.as_second()
}
