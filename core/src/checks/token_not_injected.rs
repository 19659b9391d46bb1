use crate::auth::{Lack, Method, can_inject, lacks, place_of_restore};
use crate::check::prelude::*;
use crate::model::{Account, Provider};

declare_check! {
    /// The account has an identity, and the pods that failed were given no token for it.
    ///
    /// ## What it looks at
    /// The newest pod of the newest run that did not end well and found no credentials, where the account of the Jobs has the
    /// annotation of the cloud and there is no credentials Secret: whether it has the variable that says where its token is
    /// (`AWS_WEB_IDENTITY_TOKEN_FILE`, `AZURE_FEDERATED_TOKEN_FILE`) and a volume with that token. Also whether any webhook
    /// that changes pods is asked about those of the namespace.
    ///
    /// ## Why it matters
    /// The annotation does nothing by itself. A webhook of the cloud reads it when a pod is made and gives the pod a token; a
    /// pod that was made before, or while the webhook did not answer, never gets one.
    ///
    /// ## How to mend it
    /// See to it that the webhook is installed and answers, and run the backup again.
    TokenNotInjected {
        code: "NB3105", name: "token-not-injected", severity: Error,
        looks: [AtBackups, AtRestores], needs: [Jobs, Pods, ServiceAccounts], explains: ["NB6003", "NB8101"], since: "0.2",
    }
}

impl Check for TokenNotInjected {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let spec = backup.spec();
        let failure = backup.series().failure();
        if let Some((failure, _, class)) = failure.filter(|(_, _, class)| is_about_credentials(&class.name)) {
            say(
                &backup.reference(),
                (spec.storage().provider(), spec.storage().cloud.credentials().is_set()),
                Account::Backup,
                failure.pod,
                &class.name,
                cluster,
                report,
            );
        }
    }

    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let Some(place) = place_of_restore(restore, cluster) else {
            return;
        };
        // The Job of a point-in-time restore takes its Secret from `source.storage`, wherever its base lies.
        let has_own = restore.spec().storage().cloud.credentials().is_set();
        let has_secret = has_own || place.location.credentials.is_some();
        let Some(failure) = restore.job.as_ref().and_then(Job::failure) else {
            return;
        };
        if let Some((_, class)) = failure.line.filter(|(_, class)| is_about_credentials(&class.name)) {
            say(
                &restore.reference(),
                (place.provider, has_secret),
                Account::Restore,
                failure.pod,
                &class.name,
                cluster,
                report,
            );
        }
    }
}

/// Whether a class of lines says that no credentials were found.
fn is_about_credentials(class: &str) -> bool {
    matches!(class, "aws-no-credentials" | "azure-no-credentials")
}

fn say(
    object: &ObjectRef,
    (of_place, has_secret): (Option<Provider>, bool),
    account: Account,
    pod: &Pod<'_>,
    class: &str,
    cluster: &Cluster<'_>,
    report: &mut Report,
) {
    let provider = if class.starts_with("aws-") {
        Provider::Aws
    } else {
        Provider::Azure
    };
    if of_place != Some(provider) || has_secret || pod.account != account.name() {
        return;
    }
    let key = provider.identity_annotation();
    let Some(found) = cluster.object(Resource::ServiceAccounts, &object.namespace, account.name()) else {
        return;
    };
    let identity = found.at("metadata.annotations").and_then(|all| all.get(key)?.as_str());
    let Some(identity) = identity else { return };
    // Without the label another check says what is missing.
    let lack = lacks(pod, Method::by_annotation(provider)).filter(|lack| *lack != Lack::Label);
    let Some(lack) = lack else { return };
    let of_account = ObjectRef::of(&found).unwrap_or_else(|| object.clone());
    let diagnosis = report.say(
        object.clone(),
        format!(
            "pod {} {}, although its account has an identity",
            name(&pod.name),
            lack.words()
        ),
    );
    diagnosis
        .evidence(Evidence::fact(pod.reference(), lack.words()))
        .evidence(Evidence::fact(
            of_account,
            format!("metadata.annotations[{key}]: {}", quoted(identity)),
        ));
    let help = match can_inject(provider, &object.namespace, cluster) {
        Some(false) => {
            let what = "no webhook that changes pods is asked about those of the namespace";
            let at = ObjectRef {
                api_version: "v1".to_owned(),
                kind: "Namespace".to_owned(),
                namespace: String::new(),
                name: object.namespace.clone(),
            };
            diagnosis.evidence(Evidence::fact(at, what));
            "install what gives pods their tokens: the pod identity webhook of EKS, or azure-workload-identity"
        }
        Some(true) | None => {
            "run it again: a pod gets its token when it is made, and only while the webhook of the cloud answers"
        }
    };
    diagnosis.help(help).command(format!(
        "kubectl neo4jbackup auth check {}/{} -n {}",
        if object.kind == "Neo4jBackup" {
            "backup"
        } else {
            "restore"
        },
        object.name,
        object.namespace
    ));
}
