use crate::check::prelude::*;
use crate::domain::{PART_OF, judge_alike};

declare_check! {
    /// The webhook of neo4jbackup itself does not do its work.
    ///
    /// ## What it looks at
    /// The configurations of our own webhooks and policies: whether they say which authority to trust, whether their Service has
    /// an endpoint that is ready, and whether they are of the version of this program.
    ///
    /// ## Why it matters
    /// Where calls that fail pass (`failurePolicy: Ignore`), nobody notices that nothing is looked at any more: manifests that
    /// the webhook would refuse are stored.
    ///
    /// ## How to mend it
    /// Look at the pods of the webhook and at their log. An authority that is missing is written by the webhook itself, or by
    /// cert-manager; a version that differs is brought up to date with the chart.
    GuardOutOfOrder {
        code: "NB9012", name: "guard-out-of-order", severity: Warning,
        looks: [AtCluster], needs: [], explains: ["NB9010"], since: "0.2",
    }
}

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Check for GuardOutOfOrder {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        let mut said: Option<&ObjectRef> = None;
        for webhook in cluster.webhooks.iter().filter(|webhook| webhook.is_ours()) {
            // One line for a configuration: its webhooks share a service and an authority.
            if said != Some(&webhook.configuration) && broken(webhook, report) {
                said = Some(&webhook.configuration);
            }
        }
        versions(cluster, report);
    }
}

/// Says what is wrong with one of our webhooks.
fn broken(webhook: &Webhook<'_>, report: &mut Report) -> bool {
    let passes = "and calls that fail pass, so that nothing is checked";
    let (what, severity, namespace) = match &webhook.service {
        Some(service) if !webhook.has_authority() => {
            let effect = if webhook.stops() {
                "so that every call fails and nothing is stored"
            } else {
                passes
            };
            let severity = if webhook.stops() {
                Severity::Error
            } else {
                Severity::Warning
            };
            (
                format!("it names no authority (caBundle), {effect}"),
                severity,
                &service.namespace,
            )
        }
        // Where it stops writes, it is in the way, and that is said with what it stops.
        Some(service) if service.is_dead() && !webhook.stops() => {
            let of = format!("{}/{}", service.namespace, service.name);
            let what = format!("its Service {} has no endpoint that is ready, {passes}", name(&of));
            (what, Severity::Warning, &service.namespace)
        }
        _ => return false,
    };
    report
        .say(webhook.configuration.clone(), what)
        .severity(severity)
        .evidence(Evidence::fact(
            webhook.configuration.clone(),
            format!("webhook {}", webhook.name),
        ))
        .help("look at the pods of the webhook and at their log")
        .command(format!(
            "kubectl get pods -n {namespace} -l {}={}",
            PART_OF.0, PART_OF.1
        ));
    true
}

/// Says which of ours are of another version than this program.
fn versions(cluster: &Cluster<'_>, report: &mut Report) {
    let ours = cluster.webhooks.iter().filter(|webhook| webhook.is_ours());
    let webhooks =
        ours.filter_map(|webhook| Some((webhook.configuration.clone(), webhook.version.as_deref()?.to_owned())));
    let policies = cluster.snapshot.objects(Resource::ValidatingPolicies).iter();
    let policies = policies.filter_map(|stored| {
        let object = stored.node();
        let labels = object.at("metadata.labels")?;
        let is_ours = labels.get(PART_OF.0)?.as_str()? == PART_OF.1;
        let version = labels.get("app.kubernetes.io/version")?.as_str()?.to_owned();
        is_ours.then_some((ObjectRef::of(&object)?, version))
    });
    let mut others = webhooks
        .chain(policies)
        .filter(|(_, version)| !judge_alike(version, VERSION));
    let Some((object, version)) = others.next() else { return };
    let message = format!(
        "it is of version {} of neo4jbackup, and this program of {VERSION}: they may judge the same manifest differently",
        name(&version)
    );
    report
        .say(object.clone(), message)
        .severity(Severity::Info)
        .evidence(Evidence::field(
            object,
            "metadata.labels[app.kubernetes.io/version]",
            &version,
        ))
        .help("bring the older of the two up to date: the chart neo4jbackup-webhook, or this program")
        .explains = &[];
}
