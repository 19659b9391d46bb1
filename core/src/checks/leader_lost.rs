use crate::check::prelude::*;

declare_check! {
    /// No pod of the operator leads.
    ///
    /// ## What it looks at
    /// The lease by which the pods of an operator with `--leader-elect` agree which of them works: who holds it, when that was
    /// last renewed, and whether that pod is there. Nothing is said where the lease could not be read.
    ///
    /// ## Why it matters
    /// The pods run and are ready, and each waits to become the leader. Nothing that is created, changed or deleted is acted
    /// upon, and no log has an error in it.
    ///
    /// ## How to mend it
    /// Look in the log of the operator for what keeps it from the lease, a right or a webhook for example. A pod that hangs has
    /// to be restarted; a lease that nobody renews is taken over by itself as soon as a pod can write it.
    LeaderLost {
        code: "NB9006", name: "leader-lost", severity: Error,
        looks: [AtCluster], needs: [Deployments], explains: ["NB5101", "NB8116", "NB9007", "NB9011"], since: "0.2",
    }
}

/// For so many seconds a lease may be old at least, whatever it says of itself.
const PATIENCE: i64 = 120;

impl Check for LeaderLost {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        for installation in &cluster.installations {
            let lease = installation.lease.as_ref().filter(|_| installation.elects_leader);
            // Without any pod that runs, nobody could lead, and that is the thing to say.
            if let (Some(lease), true) = (lease, installation.ready.is_some_and(|ready| ready > 0)) {
                say(installation, lease, cluster, report);
            }
        }
    }
}

fn say(installation: &Installation<'_>, lease: &Lease<'_>, cluster: &Cluster<'_>, report: &mut Report) {
    let Some(renewed) = lease.renewed else { return };
    let age = cluster.now.as_second() - renewed.as_second();
    let holds = i64::try_from(lease.seconds).unwrap_or(PATIENCE);
    if age <= PATIENCE.max(holds.saturating_mul(4)) {
        return;
    }
    let renewed = when(renewed, cluster.now);
    let is_there = installation.pods.iter().any(|pod| pod.name == lease.pod);
    let (who, help) = if lease.pod.is_empty() {
        (
            format!("nobody has held its lease since {renewed}"),
            "look in its log for what keeps it from taking the lease, a right that is missing for example",
        )
    } else if is_there {
        (
            format!("pod {} holds its lease and last renewed it {renewed}", name(&lease.pod)),
            "look at the log of that pod and restart it; another one takes the lease over",
        )
    } else if installation.pods.is_empty() {
        // Whether the holder is there was not read.
        (
            format!("its lease was last renewed {renewed}, by pod {}", name(&lease.pod)),
            "look whether that pod is there, and in the log of the others for what keeps them from taking the lease",
        )
    } else {
        (
            format!(
                "its lease was last renewed {renewed}, by pod {}, which is gone",
                name(&lease.pod)
            ),
            "look in the log of the pods that are there for what keeps them from taking the lease over",
        )
    };
    let (of, namespace) = (&installation.name, &installation.namespace);
    let message = format!("no pod of the operator leads, so that none of them works: {who}");
    let ready = format!(
        "{} of {} pods are ready, and wait",
        installation.ready.unwrap_or_default(),
        installation.wanted
    );
    let diagnosis = report.say(installation.reference(), message);
    let held = if lease.pod.is_empty() { "" } else { &*lease.pod };
    diagnosis
        .evidence(Evidence::field(lease.reference(), "spec.holderIdentity", held))
        .evidence(Evidence::fact(installation.reference(), ready))
        .help(help)
        .command(format!(
            "kubectl logs deployment/{of} -n {namespace} --all-pods --tail 50"
        ));
    if is_there {
        diagnosis.command(format!("kubectl delete pod/{} -n {namespace}", lease.pod));
    }
    if cluster.installations.len() == 1 {
        diagnosis.affects(Affects::Everything);
    }
}
