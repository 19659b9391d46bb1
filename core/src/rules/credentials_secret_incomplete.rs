//! NB2005.

use crate::facts::SecretFacts;
use crate::rule::prelude::*;

declare_rule! {
    /// A Job whose credentials Secret is missing, or lacks a key, never starts.
    ///
    /// ## What it checks
    /// The Secret of `cloud.credentialsSecretRef` exists in the same namespace and has every key that the operator reads:
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_REGION`; `GOOGLE_APPLICATION_CREDENTIALS_JSON`;
    /// `AZURE_STORAGE_ACCOUNT` and `AZURE_STORAGE_KEY`. Only the names of keys are looked at, and only where they are known.
    ///
    /// ## Why it matters
    /// The pod stays in `CreateContainerConfigError`. A one-shot backup fails after ten minutes; a scheduled one never
    /// says anything, and its first stuck Job keeps all later runs from starting. The region was once `AWS_DEFAULT_REGION`.
    ///
    /// ## Bad
    /// ```yaml
    /// kind: Secret
    /// stringData: {AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_DEFAULT_REGION: eu-central-1}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// kind: Secret
    /// stringData: {AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_REGION: eu-central-1}
    /// ```
    CredentialsSecretIncomplete {
        code: "NB2005", name: "credentials-secret-incomplete", severity: Warning,
        kinds: JOBS, reads: ["spec.storage", "spec.cloud", "spec.source"], needs: [Secrets], doors: All, fix: None,
        cel: NotExpressible("it looks at another object"), since: "0.1",
        explains: ["NB6008"],
    }
}

impl Rule for CredentialsSecretIncomplete {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        for (storage, cloud) in subject.clouds() {
            let field = cloud.credentials();
            let (Some(name), Some(provider)) = (field.text(), storage.provider()) else {
                continue;
            };
            match inventory.secret(subject.namespace(), name) {
                Lookup::Found(facts) => {
                    if let Some((what, help)) = lacking(facts, provider) {
                        report
                            .at(
                                &field,
                                format!("Secret {} has no {what}, and the pod cannot start", quoted(name)),
                            )
                            .help(help);
                    }
                }
                Lookup::Absent => {
                    let text = format!(
                        "there is no Secret {} in namespace {}, and the pod cannot start",
                        quoted(name),
                        quoted(subject.namespace())
                    );
                    let keys = provider.secret_keys().join(", ");
                    report
                        .at(&field, text)
                        .help(format!("create it with {keys}"))
                        .reason(Reason::NotFound);
                }
                Lookup::Unknown(why) => {
                    report.skip(
                        Need::Secrets,
                        format!("whether Secret {} has the keys for {provider}", quoted(name)),
                        why,
                    );
                }
            }
        }
    }
}

fn lacking(facts: &SecretFacts, provider: Provider) -> Option<(String, String)> {
    let lacking: Vec<&str> = provider
        .secret_keys()
        .iter()
        .copied()
        .filter(|key| !facts.keys.contains(*key))
        .collect();
    let first = lacking.first()?;
    let keys: Vec<String> = lacking.iter().map(|key| format!("`{key}`")).collect();
    let help = if *first == "AWS_REGION" && facts.keys.contains("AWS_DEFAULT_REGION") {
        "rename its key `AWS_DEFAULT_REGION` to `AWS_REGION`".to_owned()
    } else {
        format!("add the key{}", if lacking.len() == 1 { "" } else { "s" })
    };
    Some((keys.join(", "), help))
}
