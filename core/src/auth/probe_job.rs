//! The Job of a probe: a pod in the place of another one, with all of it by which that one reaches its store, and no more.

use serde_json::{Map, Value, json};

use super::workload::container;
use crate::values::identity::AZURE_USE_LABEL;

/// The name of the only container.
pub const PROBE_CONTAINER: &str = "probe";
/// Where the image has the program.
const PROGRAM: &str = "/kubectl-neo4jbackup";
/// As whom the program runs where the template does not say so.
const USER: u64 = 65532;
/// For so long the Job stays after its end: for whoever reads the log. Then the cluster removes it, whatever has become of us.
pub const KEPT_SECONDS: u64 = 30;

/// What a pod needs to be on the same nodes, and to find the same servers from there.
const OF_POD: [&str; 12] = [
    "serviceAccountName",
    "nodeSelector",
    "tolerations",
    "imagePullSecrets",
    "hostAliases",
    "hostNetwork",
    "dnsPolicy",
    "dnsConfig",
    "schedulerName",
    "runtimeClassName",
    "priorityClassName",
    "os",
];

/// How variables begin by which a program comes to credentials, servers, proxies and authorities.
const VARIABLES: [&str; 11] = [
    "AWS_",
    "AZURE_",
    "GOOGLE_",
    "GCE_",
    "GCP_",
    "CLOUDSDK_",
    "NO_GCE_CHECK",
    "SSL_CERT_",
    "JAVA_TOOL_OPTIONS",
    "HOME",
    "CURL_CA_",
];
/// Proxies, in capitals or not.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
/// Where systems keep the authorities that they believe.
const TRUST: [&str; 2] = ["/etc/ssl", "/etc/pki"];
/// The volumes that hold credentials and authorities, and are as empty of data for one pod as for another.
const SOURCES: [&str; 5] = ["secret", "configMap", "projected", "downwardAPI", "csi"];

/// The variable that names a file of Google's libraries. A federation in it names, in turn, the file of a token.
const OF_FEDERATION: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// For whom the API server's own tokens are, where a cluster does not say it otherwise.
const OF_API_SERVER: &str = "kubernetes.default.svc";

/// Labels of a template that the controller of another Job has put there.
const OF_CONTROLLERS: [&str; 4] = [
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
];

/// What is to run where.
#[derive(Debug, Clone, Copy)]
pub struct ProbeJob<'a> {
    /// The name of the Job.
    pub name: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// The backup or restore, which takes the Job with it.
    pub owner: Option<&'a Value>,
    /// The image.
    pub image: &'a str,
    /// The arguments of the program.
    pub arguments: &'a [String],
    /// For so many seconds the pod may wait and run.
    pub seconds: u64,
    /// The template of the pods in whose place it is.
    pub template: &'a Value,
    /// Whether these are servers, whose labels lead clients to them.
    pub is_of_servers: bool,
}

impl ProbeJob<'_> {
    /// The Job, as it is to be stored. It ends by itself and goes by itself. Its pod obeys the Restricted standard, unless the
    /// pods in whose place it is are in the network of their node.
    pub fn manifest(&self) -> Value {
        let mut metadata = json!({
            "name": self.name,
            "namespace": self.namespace,
            "labels": {"app.kubernetes.io/name": "neo4jbackup-probe", "app.kubernetes.io/managed-by": "kubectl-neo4jbackup"},
        });
        if let Some(owner) = self.owner {
            metadata["ownerReferences"] = json!([owner]);
        }
        json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": metadata,
            "spec": {
                "backoffLimit": 0,
                "activeDeadlineSeconds": self.seconds,
                "ttlSecondsAfterFinished": KEPT_SECONDS,
                "template": {"metadata": self.pod_metadata(), "spec": self.pod()},
            },
        })
    }

    /// Network policies and webhooks of clouds go by labels, and so do the Services of servers.
    fn pod_metadata(&self) -> Value {
        let of = |key: &str| self.template["metadata"][key].as_object().cloned().unwrap_or_default();
        let mut labels = of("labels");
        labels.retain(|label, _| {
            !OF_CONTROLLERS.contains(&label.as_str()) && (!self.is_of_servers || label == AZURE_USE_LABEL)
        });
        let mut metadata = json!({"annotations": of("annotations")});
        if self.is_of_servers || labels.is_empty() {
            labels.insert("app.kubernetes.io/name".to_owned(), "neo4jbackup-probe".into());
        }
        metadata["labels"] = labels.into();
        metadata
    }

    fn pod(&self) -> Value {
        let spec = &self.template["spec"];
        let user = |key: &str| {
            spec["securityContext"][key]
                .as_u64()
                .filter(|id| *id != 0)
                .unwrap_or(USER)
        };
        let (variables, mounts, volumes) = self.given();
        // The kubelet puts the values of variables, secret ones too, in the place of `$(NAME)`; a bucket is named by others.
        let arguments: Vec<String> = self.arguments.iter().map(|word| word.replace('$', "$$")).collect();
        let of_container = |key: &str| container(self.template).map_or(Value::Null, |container| container[key].clone());
        let mut probe = json!({
            "name": PROBE_CONTAINER,
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "command": [PROGRAM],
            "args": arguments,
            "env": variables,
            "volumeMounts": mounts,
            "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "500m", "memory": "128Mi"}},
            "securityContext": {
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]},
            },
        });
        let env_from = of_container("envFrom");
        if !env_from.is_null() {
            probe["envFrom"] = env_from;
        }
        let mut pod = json!({
            "restartPolicy": "Never",
            // A program that is the first of its container hears no signal that it does not wait for.
            "terminationGracePeriodSeconds": 1,
            "enableServiceLinks": false,
            "automountServiceAccountToken": false,
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": user("runAsUser"), "runAsGroup": user("runAsGroup"),
                "fsGroup": user("fsGroup"), "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [probe],
            "volumes": volumes,
        });
        for key in OF_POD {
            if !spec[key].is_null() {
                pod[key] = spec[key].clone();
            }
        }
        // Beside others of its kind nothing may be in the way of it: rules among pods stay out.
        let nodes = &spec["affinity"]["nodeAffinity"];
        if !nodes.is_null() {
            pod["affinity"] = json!({"nodeAffinity": nodes});
        }
        pod
    }

    /// The variables, the mounts and the volumes by which the store is reached. The rest of a template may be secret, too,
    /// and is nothing to a probe.
    fn given(&self) -> (Vec<Value>, Vec<Value>, Vec<Value>) {
        let list = |of: &Value, key: &str| of[key].as_array().cloned().unwrap_or_default();
        let Some(container) = container(self.template) else {
            return (Vec::new(), Vec::new(), Vec::new());
        };
        let all = list(container, "env");
        let is_named = |variable: &Value| variable["name"].as_str().is_some_and(is_of_stores);
        let is_used = |variable: &Value| {
            let name = format!("$({})", variable["name"].as_str().unwrap_or_default());
            let mut named = all.iter().filter(|variable| is_named(variable));
            named.any(|named| named["value"].as_str().is_some_and(|value| value.contains(&name)))
        };
        let variables: Vec<Value> = all
            .iter()
            .filter(|variable| is_named(variable) || is_used(variable))
            .cloned()
            .collect();
        let is_pointed_at = |path: &str| {
            let is_below = |value: &str| value.starts_with(&format!("{}/", path.trim_end_matches('/')));
            TRUST.iter().any(|trust| path.starts_with(trust))
                || variables.iter().any(|variable| {
                    let value = variable["value"].as_str().unwrap_or_default();
                    value == path || is_below(value)
                })
        };
        let may_be_federation = variables.iter().any(|variable| variable["name"] == OF_FEDERATION);
        let volumes = list(&self.template["spec"], "volumes");
        let is_wanted = |mount: &Value| {
            let volume = volumes.iter().find(|volume| volume["name"] == mount["name"]);
            let Some(volume) = volume.and_then(Value::as_object) else {
                return false;
            };
            let is_source = SOURCES.iter().any(|source| volume.contains_key(*source));
            let is_pointed_at = mount["mountPath"].as_str().is_some_and(is_pointed_at);
            is_source && (is_pointed_at || may_be_federation && is_token_of_others(volume))
        };
        let mounts: Vec<Value> = list(container, "volumeMounts").into_iter().filter(is_wanted).collect();
        let kept = volumes
            .iter()
            .filter(|volume| mounts.iter().any(|mount| mount["name"] == volume["name"]));
        let kept = kept.cloned().collect();
        (variables, mounts, kept)
    }
}

/// Whether a volume holds tokens, and none that the API server takes.
fn is_token_of_others(volume: &Map<String, Value>) -> bool {
    let sources = volume
        .get("projected")
        .and_then(|projected| projected["sources"].as_array());
    let mut tokens = sources
        .into_iter()
        .flatten()
        .filter_map(|source| source.get("serviceAccountToken"))
        .peekable();
    let is_of_others = |token: &Value| {
        let audience = token["audience"].as_str().unwrap_or_default();
        !audience.is_empty() && !audience.contains(OF_API_SERVER)
    };
    tokens.peek().is_some() && tokens.all(is_of_others)
}

fn is_of_stores(name: &str) -> bool {
    VARIABLES.iter().any(|begin| name.starts_with(begin)) || PROXIES.contains(&&*name.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(template: &Value, is_of_servers: bool) -> Value {
        ProbeJob {
            name: "neo4jbackup-probe-x",
            namespace: "graph",
            owner: None,
            image: "image",
            arguments: &["probe".to_owned()],
            seconds: 90,
            template,
            is_of_servers,
        }
        .manifest()
    }

    #[test]
    fn what_leads_to_the_store_is_taken_over_and_other_secrets_are_not() {
        let template = json!({
            "metadata": {"labels": {"app.kubernetes.io/component": "backup", "job-name": "other"}, "annotations": {"a": "b"}},
            "spec": {
                "serviceAccountName": "neo4j-backup-sa", "nodeSelector": {"disk": "fast"},
                "tolerations": [{"key": "only-for-backups", "operator": "Exists"}],
                "affinity": {"nodeAffinity": {"x": 1}, "podAntiAffinity": {"y": 2}},
                "securityContext": {"runAsUser": 7474, "runAsGroup": 0},
                "containers": [{
                    "name": "backup", "image": "neo4j",
                    "env": [
                        {"name": "AWS_ACCESS_KEY_ID", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "AWS_ACCESS_KEY_ID"}}},
                        {"name": "AWS_CA_BUNDLE", "value": "/authorities/ca.crt"},
                        {"name": "https_proxy", "value": "http://$(PROXY_HOST):3128"},
                        {"name": "PROXY_HOST", "value": "proxy"},
                        {"name": "NEO4J_AUTH", "valueFrom": {"secretKeyRef": {"name": "admin", "key": "auth"}}},
                    ],
                    "envFrom": [{"secretRef": {"name": "more"}}],
                    "volumeMounts": [
                        {"name": "authorities", "mountPath": "/authorities"}, {"name": "admin", "mountPath": "/admin"},
                        {"name": "data", "mountPath": "/etc/ssl/data"},
                    ],
                }],
                "volumes": [
                    {"name": "authorities", "configMap": {"name": "authorities"}}, {"name": "admin", "secret": {"secretName": "admin"}},
                    {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
                ],
            },
        });
        let job = manifest(&template, false);
        let pod = &job["spec"]["template"]["spec"];
        assert_eq!(pod["serviceAccountName"], "neo4j-backup-sa");
        assert_eq!(pod["nodeSelector"], json!({"disk": "fast"}));
        assert_eq!(pod["tolerations"][0]["key"], "only-for-backups");
        assert_eq!(pod["affinity"], json!({"nodeAffinity": {"x": 1}}));
        assert_eq!(pod["securityContext"]["runAsUser"], 7474);
        assert_eq!(pod["securityContext"]["runAsGroup"], USER);
        let container = &pod["containers"][0];
        let names: Vec<_> = container["env"]
            .as_array()
            .unwrap()
            .iter()
            .map(|variable| &variable["name"])
            .collect();
        assert_eq!(
            names,
            ["AWS_ACCESS_KEY_ID", "AWS_CA_BUNDLE", "https_proxy", "PROXY_HOST"]
        );
        assert_eq!(container["envFrom"], json!([{"secretRef": {"name": "more"}}]));
        assert_eq!(
            container["volumeMounts"],
            json!([{"name": "authorities", "mountPath": "/authorities"}])
        );
        assert_eq!(
            pod["volumes"],
            json!([{"name": "authorities", "configMap": {"name": "authorities"}}])
        );
        let metadata = &job["spec"]["template"]["metadata"];
        assert_eq!(metadata["labels"], json!({"app.kubernetes.io/component": "backup"}));
        assert_eq!(metadata["annotations"], json!({"a": "b"}));
        assert_eq!(job["spec"]["backoffLimit"], 0);
    }

    #[test]
    fn a_federation_of_google_has_the_token_that_its_file_names_and_none_of_the_api_server() {
        let token = |audience: &Value| json!([{"serviceAccountToken": {"path": "token", "audience": audience}}]);
        let template = |variable: &str| {
            json!({"spec": {
                "containers": [{
                    "name": "backup", "env": [
                        {"name": variable, "value": "/etc/workload-identity/credential-configuration.json"},
                        {"name": "NO_GCE_CHECK", "value": "true"},
                    ],
                    "volumeMounts": [
                        {"name": "configuration", "mountPath": "/etc/workload-identity"},
                        {"name": "of-google", "mountPath": "/var/run/service-account"},
                        {"name": "of-api-server", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
                        {"name": "of-api-server-by-name", "mountPath": "/var/run/other"},
                        {"name": "admin", "mountPath": "/admin"},
                    ],
                }],
                "volumes": [
                    {"name": "configuration", "configMap": {"name": "configuration"}},
                    {"name": "of-google", "projected": {"sources": token(&json!("https://iam.googleapis.com/projects/1"))}},
                    {"name": "of-api-server", "projected": {"sources": token(&Value::Null)}},
                    {"name": "of-api-server-by-name", "projected": {"sources": token(&json!("https://kubernetes.default.svc"))}},
                    {"name": "admin", "secret": {"secretName": "admin"}},
                ],
            }})
        };
        let mounted = |variable: &str| {
            let job = manifest(&template(variable), false);
            let pod = &job["spec"]["template"]["spec"];
            let names = |list: &Value| -> Vec<String> {
                let list = list.as_array().unwrap().iter();
                list.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
            };
            let container = &pod["containers"][0];
            assert!(names(&container["env"]).contains(&"NO_GCE_CHECK".to_owned()));
            assert_eq!(names(&container["volumeMounts"]), names(&pod["volumes"]));
            names(&pod["volumes"])
        };
        assert_eq!(
            mounted("GOOGLE_APPLICATION_CREDENTIALS"),
            ["configuration", "of-google"]
        );
        assert_eq!(mounted("AWS_CA_BUNDLE"), ["configuration"]);
    }

    #[test]
    fn no_variable_is_put_into_an_argument_and_no_token_of_the_api_server_into_the_pod() {
        let template = json!({"spec": {
            "automountServiceAccountToken": true,
            "containers": [{"name": "backup", "env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": "hidden"}]}],
        }});
        let job = ProbeJob {
            name: "neo4jbackup-probe-x",
            namespace: "graph",
            owner: None,
            image: "image",
            arguments: &["--prefix=$(AWS_SECRET_ACCESS_KEY)/$x/".to_owned()],
            seconds: 90,
            template: &template,
            is_of_servers: false,
        }
        .manifest();
        let pod = &job["spec"]["template"]["spec"];
        assert_eq!(
            pod["containers"][0]["args"],
            json!(["--prefix=$$(AWS_SECRET_ACCESS_KEY)/$$x/"])
        );
        assert_eq!(pod["automountServiceAccountToken"], false);
    }

    #[test]
    fn no_client_of_a_server_is_led_to_its_probe() {
        let template = json!({
            "metadata": {"labels": {"app": "prod", "azure.workload.identity/use": "true"}},
            "spec": {"containers": [{"name": "sidecar"}, {"name": "neo4j", "env": [{"name": "AWS_REGION", "value": "x"}]}]},
        });
        let job = manifest(&template, true);
        let labels = &job["spec"]["template"]["metadata"]["labels"];
        assert_eq!(
            *labels,
            json!({"azure.workload.identity/use": "true", "app.kubernetes.io/name": "neo4jbackup-probe"})
        );
        let variables = &job["spec"]["template"]["spec"]["containers"][0]["env"];
        assert_eq!(*variables, json!([{"name": "AWS_REGION", "value": "x"}]));
    }
}
