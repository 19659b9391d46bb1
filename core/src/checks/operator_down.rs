use std::collections::BTreeSet;

use crate::check::prelude::*;

declare_check! {
    /// The operator does not run.
    ///
    /// ## What it looks at
    /// The Deployment of the operator and its pods: no pod is ready. Where there are several installations, each explains what
    /// happens in the namespaces that it watches, unless another one that runs watches them as well.
    ///
    /// ## Why it matters
    /// Nothing that is created, changed or deleted is acted upon. Schedules that exist go on, because Kubernetes runs them.
    ///
    /// ## How to mend it
    /// Look at how its pod ended: `OOMKilled` wants a higher memory limit, an image that cannot be pulled a correct one.
    OperatorDown {
        code: "NB9003", name: "operator-down", severity: Error,
        looks: [AtCluster], needs: [Deployments], explains: ["NB5103", "NB5104", "NB8116", "NB9006", "NB9007", "NB9011"], since: "0.2",
    }
}

impl Check for OperatorDown {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        let all_down = cluster
            .installations
            .iter()
            .all(|installation| installation.ready == Some(0));
        for installation in cluster
            .installations
            .iter()
            .filter(|installation| installation.ready == Some(0))
        {
            let (of, namespace) = (&installation.name, &installation.namespace);
            let message = if installation.wanted == 0 {
                "the operator is scaled to zero: nothing that is created or changed is acted upon"
            } else {
                "no pod of the operator is ready: nothing that is created or changed is acted upon"
            };
            let diagnosis = report.say(installation.reference(), message);
            diagnosis.affects(if all_down && installation.mode == Mode::All {
                Affects::Everything
            } else {
                Affects::Namespaces(left_alone(installation, all_down, cluster))
            });
            if installation.wanted == 0 {
                diagnosis
                    .help("scale it up again")
                    .command(format!("kubectl scale deployment/{of} -n {namespace} --replicas 1"));
            } else {
                diagnosis.help("mend what its pod reports").command(format!(
                    "kubectl logs deployment/{of} -n {namespace} --previous --tail 50"
                ));
            }
            for pod in &installation.pods {
                for container in &pod.containers {
                    let ended = container.ended.as_ref().or(container.ended_before.as_ref());
                    diagnosis.all_evidence(ended.map(|ended| Evidence::ended(pod, container, ended)));
                    let waiting = container.waiting.as_ref();
                    diagnosis.all_evidence(waiting.map(|waiting| Evidence::waiting(pod, container, waiting)));
                }
            }
            let ready = format!(
                "{} of {} pods are ready",
                installation.ready.unwrap_or_default(),
                installation.wanted
            );
            diagnosis.evidence(Evidence::fact(installation.reference(), ready));
        }
    }
}

/// The namespaces in which nobody acts because this installation does not.
fn left_alone(dead: &Installation<'_>, all_down: bool, cluster: &Cluster<'_>) -> BTreeSet<String> {
    let backups = cluster.backups.iter().map(|backup| &backup.namespace);
    let restores = cluster.restores.iter().map(|restore| &restore.namespace);
    let instances = cluster.instances.iter().map(|instance| &instance.namespace);
    let lives = |other: &&Installation<'_>| other.ready != Some(0);
    backups
        .chain(restores)
        .chain(instances)
        .filter(|namespace| {
            // Of an installation that does not say what it watches, nothing is certain while another one runs.
            let is_watched = dead.mode.watches(namespace).unwrap_or(all_down);
            let watches = |other: &Installation<'_>| other.mode.watches(namespace) == Some(true);
            is_watched && !cluster.installations.iter().filter(lives).any(watches)
        })
        .map(ToString::to_string)
        .collect()
}
