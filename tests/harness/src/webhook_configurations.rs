//! Registers a webhook server that runs outside the cluster.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A mutating and a validating webhook for the resources with backups and restores in them, served from one address.
#[derive(Debug, Clone)]
pub struct WebhookConfigurations<'a> {
    /// The name of both objects; two registrations with one name replace each other.
    pub name: &'a str,
    /// Where the server listens, for example `https://127.0.0.1:40124`; `/mutate` and `/validate` are added.
    pub base_url: &'a str,
    /// The certificate that signed the server's own, PEM.
    pub authority_pem: &'a str,
    /// `Fail` or `Ignore`.
    pub failure_policy: &'a str,
    /// The only namespace that is judged; all of them when absent.
    pub namespace: Option<&'a str>,
    /// How long the API server waits, 1 to 30 seconds.
    pub timeout_seconds: u8,
}

/// Both configurations for all namespaces as one manifest for [`crate::ControlPlane::apply_yaml`].
pub fn webhook_configurations(base_url: &str, authority_pem: &str, failure_policy: &str) -> String {
    let name = "neo4jbackup.neo4j.com";
    let timeout_seconds = 10;
    WebhookConfigurations {
        name,
        base_url,
        authority_pem,
        failure_policy,
        namespace: None,
        timeout_seconds,
    }
    .manifest()
}

impl WebhookConfigurations<'_> {
    /// A `List` of both objects, as JSON, which kubectl reads like YAML.
    pub fn manifest(&self) -> String {
        let mut mutating = self.webhook("mutate", &["CREATE"]);
        mutating["reinvocationPolicy"] = "IfNeeded".into();
        let validating = self.webhook("validate", &["CREATE", "UPDATE"]);
        let list = json!({
            "apiVersion": "v1",
            "kind": "List",
            "items": [
                self.configuration("MutatingWebhookConfiguration", &mutating),
                self.configuration("ValidatingWebhookConfiguration", &validating),
            ],
        });
        format!("{list:#}\n")
    }

    /// A mutating webhook for what the operator makes: its Jobs and `CronJobs` by their labels, its two
    /// `ServiceAccounts`, which have none, by their names. Nothing else of these kinds leaves the API server.
    pub fn workloads_manifest(&self) -> String {
        let jobs = json!({"matchExpressions": [
            {"key": "app.kubernetes.io/name", "operator": "In", "values": ["neo4j-backup", "neo4j-restore"]},
            {"key": "app.kubernetes.io/component", "operator": "In", "values": ["backup", "backup-cron", "restore"]},
        ]});
        let names = json!([{
            "name": "accounts-of-the-jobs",
            "expression": "object.metadata.name in ['neo4j-backup-sa', 'neo4j-restore-sa']",
        }]);
        let entry = |name: &str, group: &str, resources: &[&str]| {
            let mut webhook = self.webhook("mutate", &["CREATE"]);
            webhook["name"] = format!("{name}.{GROUP}").into();
            webhook["reinvocationPolicy"] = "IfNeeded".into();
            webhook["rules"][0]["apiGroups"] = json!([group]);
            webhook["rules"][0]["apiVersions"] = json!(["v1"]);
            webhook["rules"][0]["resources"] = json!(resources);
            webhook
        };
        let mut workloads = entry("workloads", "batch", &["jobs", "cronjobs"]);
        workloads["objectSelector"] = jobs;
        let mut accounts = entry("accounts", "", &["serviceaccounts"]);
        accounts["matchConditions"] = names;
        let mut configuration = self.configuration("MutatingWebhookConfiguration", &workloads);
        configuration["metadata"]["name"] = format!("{}-workloads", self.name).into();
        configuration["webhooks"] = json!([workloads, accounts]);
        format!("{configuration:#}\n")
    }

    fn configuration(&self, kind: &str, webhook: &Value) -> Value {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": self.name},
            "webhooks": [webhook],
        })
    }

    fn webhook(&self, verb: &str, operations: &[&str]) -> Value {
        let mut webhook = json!({
            "name": format!("{verb}.{GROUP}"),
            "admissionReviewVersions": ["v1"],
            "clientConfig": {
                "url": format!("{}/{verb}", self.base_url.trim_end_matches('/')),
                "caBundle": STANDARD.encode(self.authority_pem),
            },
            "failurePolicy": self.failure_policy,
            "matchPolicy": "Equivalent",
            "sideEffects": "None",
            "timeoutSeconds": self.timeout_seconds,
            "rules": [{
                "apiGroups": [GROUP],
                "apiVersions": ["v1alpha1", "v1beta1"],
                "operations": operations,
                "resources": RESOURCES,
                "scope": "Namespaced",
            }],
        });
        if let Some(namespace) = self.namespace {
            webhook["namespaceSelector"] = json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}});
        }
        webhook
    }
}

const GROUP: &str = "neo4j.neo4j.com";
/// The kinds that rules look at, and no other.
const RESOURCES: [&str; 6] = [
    "neo4jbackups",
    "neo4jrestores",
    "neo4jdatabases",
    "neo4jshardeddatabases",
    "neo4jenterpriseclusters",
    "neo4jenterprisestandalones",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_jobs_and_accounts_only_those_of_the_operator_are_asked_about() {
        let configuration = WebhookConfigurations {
            name: "neo4jbackup",
            base_url: "https://127.0.0.1:8443",
            authority_pem: "PEM",
            failure_policy: "Ignore",
            namespace: None,
            timeout_seconds: 3,
        };
        let manifest: Value = serde_json::from_str(&configuration.workloads_manifest()).unwrap();
        assert_eq!(manifest["metadata"]["name"], "neo4jbackup-workloads");
        let webhooks = manifest["webhooks"].as_array().unwrap();
        assert_eq!(webhooks.len(), 2);
        for webhook in webhooks {
            assert_eq!(webhook["clientConfig"]["url"], "https://127.0.0.1:8443/mutate");
            assert_eq!(webhook["rules"][0]["operations"], json!(["CREATE"]));
            assert!(webhook["objectSelector"].is_object() || webhook["matchConditions"].is_array());
        }
    }

    #[test]
    fn defaults_are_filled_in_on_create_only_and_restores_are_judged_on_update_too() {
        let manifest = webhook_configurations("https://127.0.0.1:8443/", "PEM", "Ignore");
        let list: Value = serde_json::from_str(&manifest).unwrap();
        let [mutating, validating] = [&list["items"][0]["webhooks"][0], &list["items"][1]["webhooks"][0]];
        assert_eq!(mutating["clientConfig"]["url"], "https://127.0.0.1:8443/mutate");
        assert_eq!(mutating["rules"][0]["operations"], json!(["CREATE"]));
        assert_eq!(validating["clientConfig"]["url"], "https://127.0.0.1:8443/validate");
        assert_eq!(validating["rules"][0]["operations"], json!(["CREATE", "UPDATE"]));
        assert_eq!(validating["clientConfig"]["caBundle"], "UEVN");
        assert_eq!(validating["failurePolicy"], "Ignore");
        assert_eq!(
            validating.get("reinvocationPolicy"),
            None,
            "the API refuses the field there"
        );
    }
}
