use crate::check::prelude::*;
use crate::model::{Account, Provider};
use crate::values::identity::AZURE_USE_LABEL;

declare_check! {
    /// The pods of a backup lack the label without which Azure gives them no identity.
    ///
    /// ## What it looks at
    /// The newest pod of the newest run that did not end well, of a backup to Azure that has an identity and no credentials
    /// Secret: whether it has the label `azure.workload.identity/use`.
    ///
    /// ## Why it matters
    /// Without the label nothing gives the pod a token, whatever its account says. No operator version sets it.
    ///
    /// ## How to mend it
    /// Install the webhook of neo4jbackup, which labels the Jobs that the operator makes, or give the backup a credentials
    /// Secret.
    AzureLabelMissing {
        code: "NB3104", name: "azure-label-missing", severity: Error,
        looks: [AtBackups], needs: [Jobs, Pods], explains: ["NB3003", "NB6003"], since: "0.2",
    }
}

impl Check for AzureLabelMissing {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let spec = backup.spec();
        let storage = spec.storage();
        if storage.provider() != Some(Provider::Azure) || storage.cloud.credentials().is_set() {
            return;
        }
        let key = Provider::Azure.identity_annotation();
        let account = cluster.object(Resource::ServiceAccounts, &backup.namespace, Account::Backup.name());
        let on_account = account.as_ref().is_some_and(|account| {
            account
                .at("metadata.annotations")
                .is_some_and(|all| all.get(key).is_some())
        });
        if !on_account && !storage.cloud.identity_annotations().contains_key(key) {
            return;
        }
        let series = backup.series();
        let Some((run, pod)) = series.troubled().and_then(|(run, job)| Some((run, job.newest_pod()?))) else {
            return;
        };
        if pod.uses_azure_identity || pod.account != Account::Backup.name() {
            return;
        }
        let failure = series.failure();
        let is_of_azure = failure.is_some_and(|(_, _, class)| class.name.starts_with("azure-"));
        let message = format!(
            "pod {} has no label {AZURE_USE_LABEL}, and so Azure gives it no identity",
            name(&pod.name)
        );
        let diagnosis = report.say(backup.reference(), message);
        diagnosis
            .evidence(Evidence::fact(pod.reference(), format!("metadata.labels has no {AZURE_USE_LABEL}")))
            .help("install the webhook of neo4jbackup, which labels the Jobs that the operator makes, or give the backup a credentials Secret")
            .command(format!("kubectl get pod/{} -n {} --show-labels", pod.name, pod.namespace));
        // What runs, or failed for another reason, is not harmed yet.
        if !is_of_azure {
            diagnosis.explains = &["NB3003"];
            if !run.has_ended() || failure.is_some() {
                diagnosis.severity(Severity::Warning);
            }
        }
    }
}
