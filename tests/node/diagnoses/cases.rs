//! What goes wrong, for real, and the code and the words by which it has to be known.

use serde_json::{Value, json};

use super::operator::{Change, Namespace};
use super::stage::Stage;

/// A failure in a namespace of its own.
pub(super) struct Case {
    /// Names the namespace.
    pub(super) name: &'static str,
    pub(super) labels: &'static [(&'static str, &'static str)],
    /// Makes what fails.
    pub(super) begin: fn(&Namespace<'_>),
    /// Of the cause of all that is found.
    pub(super) code: &'static str,
    /// Parts of what is quoted, which Kubernetes or the program wrote.
    pub(super) words: &'static [&'static str],
}

impl Case {
    /// Makes its namespace, and lets it fail.
    pub(super) fn begin<'s>(&self, stage: &'s Stage) -> Namespace<'s> {
        let namespace = Namespace::create(stage, self.name, self.labels);
        let namespace = if self.code == "NB3101" {
            namespace
        } else {
            namespace.with_accounts()
        };
        (self.begin)(&namespace);
        namespace
    }
}

const AS_EVER: Change = |_| {};

fn container(spec: &mut Value) -> &mut Value {
    &mut spec["template"]["spec"]["containers"][0]
}

/// All of them.
pub(super) const CASES: &[Case] = &[
    Case {
        name: "out-of-memory",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            namespace.schedule("orders", |spec| {
                let container = container(spec);
                let script = container["args"][1]
                    .as_str()
                    .unwrap()
                    .replace("--to-path", "--pagecache=128m --to-path");
                container["args"][1] = script.into();
                container["resources"]["limits"]["memory"] = "32Mi".into();
            });
        },
        code: "NB6009",
        // `OOMKilled` or, when the runtime has not heard of the kernel, `Error`: both are told for what they are.
        words: &["for want of memory; its limit is `32Mi`", "exit code 137 ("],
    },
    Case {
        name: "full-disk",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, Some("1m"));
            namespace.schedule("orders", AS_EVER);
        },
        code: "NB6003",
        words: &[
            "/backup/nightly/orders-",
            "No space left on device",
            "exit code 1 (Error)",
        ],
    },
    Case {
        name: "missing-secret",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            namespace.schedule("neo4j", |spec| {
                container(spec)["envFrom"] = json!([{"secretRef": {"name": "aws-creds"}}]);
            });
        },
        code: "NB2102",
        words: &["CreateContainerConfigError", "secret \"aws-creds\" not found"],
    },
    Case {
        name: "missing-image",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            namespace.schedule("neo4j", |spec| {
                container(spec)["image"] = "neo4j:2025.11.0-enterprize".into();
            });
        },
        code: "NB6008",
        words: &["neo4j:2025.11.0-enterprize", "cannot be pulled"],
    },
    Case {
        name: "refused",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            namespace.schedule("neo4j", |spec| {
                spec["template"]["spec"]["hostAliases"][0]["ip"] = "127.0.0.1".into();
            });
        },
        code: "NB6003",
        words: &["Connection refused: prod-0.prod-headless.diagnoses-refused.svc.cluster.local/127.0.0.1:6362"],
    },
    Case {
        name: "unknown-host",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            namespace.schedule("neo4j", |spec| {
                spec["template"]["spec"].as_object_mut().unwrap().remove("hostAliases");
            });
        },
        code: "NB6003",
        words: &["UnknownHostException: prod-0.prod-headless.diagnoses-unknown-host.svc.cluster.local"],
    },
    Case {
        name: "read-only",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            namespace.schedule("neo4j", |spec| {
                container(spec)["volumeMounts"][0]["readOnly"] = true.into();
            });
        },
        code: "NB6003",
        words: &["Read-only file system"],
    },
    Case {
        name: "unschedulable",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            namespace.schedule("neo4j", |spec| {
                let resources = &mut container(spec)["resources"];
                resources["requests"]["memory"] = "64Ti".into();
                resources["limits"]["memory"] = "64Ti".into();
            });
        },
        code: "NB6008",
        words: &["0/1 nodes are available", "Insufficient memory"],
    },
    Case {
        name: "other-zone",
        labels: &[],
        begin: |namespace| {
            let zone = json!({"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-b"]});
            let terms = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [zone]}]}});
            let volume = json!({"nodeAffinity": terms});
            namespace.stage.claim_on(&namespace.name, None, &volume);
            namespace.schedule("neo4j", AS_EVER);
        },
        code: "NB6008",
        words: &["0/1 nodes are available", "node affinity"],
    },
    Case {
        name: "deadline",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            // The server never comes to an end with this one.
            namespace.schedule("archive", |spec| {
                spec["activeDeadlineSeconds"] = 5.into();
                spec["template"]["spec"]["terminationGracePeriodSeconds"] = 1.into();
            });
        },
        code: "NB6010",
        words: &["DeadlineExceeded", "Job was active longer than specified deadline"],
    },
    Case {
        name: "no-account",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            namespace.schedule("neo4j", AS_EVER);
        },
        code: "NB3101",
        words: &["ServiceAccount neo4j-backup-sa is not there"],
    },
    Case {
        name: "no-claim",
        labels: &[],
        begin: |namespace| {
            namespace.schedule("neo4j", AS_EVER);
        },
        code: "NB7101",
        words: &["there is no claim backup-pvc"],
    },
    Case {
        name: "quota",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            namespace.put(json!({
                "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "no-pods"},
                "spec": {"hard": {"pods": "0"}}, "status": {"hard": {"pods": "0"}, "used": {"pods": "0"}},
            }));
            namespace.schedule("neo4j", AS_EVER);
        },
        code: "NB6011",
        words: &["exceeded quota: no-pods"],
    },
    Case {
        name: "quota-of-memory",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            let (hard, used) = (json!({"limits.memory": "64Mi"}), json!({"limits.memory": "0"}));
            namespace.put(json!({
                "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"},
                "spec": {"hard": hard}, "status": {"hard": hard, "used": used},
            }));
            namespace.schedule("neo4j", AS_EVER);
        },
        code: "NB6011",
        words: &["exceeded quota: small, requested: limits.memory=256Mi"],
    },
    Case {
        name: "pod-security",
        labels: &[("pod-security.kubernetes.io/enforce", "restricted")],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            namespace.schedule("neo4j", |spec| {
                container(spec).as_object_mut().unwrap().remove("securityContext");
            });
        },
        code: "NB6011",
        words: &["violates PodSecurity \"restricted:latest\""],
    },
    Case {
        name: "evicted",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            // What it stages is more than it may; the kubelet looks every ten seconds.
            namespace.schedule("archive", |spec| {
                let pod = &mut spec["template"]["spec"];
                pod["volumes"] = json!([{"name": "backup-storage", "emptyDir": {"sizeLimit": "16Ki"}}]);
                pod["terminationGracePeriodSeconds"] = 1.into();
            });
        },
        code: "NB6010",
        words: &["Usage of EmptyDir volume \"backup-storage\" exceeds the limit \"16Ki\""],
    },
    Case {
        name: "without-operator",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, Some("1m"));
            namespace.plain_cron_job("orders");
        },
        code: "NB6004",
        words: &["No space left on device", "exit code 0 (Completed)"],
    },
    Case {
        name: "webhook",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            let service = json!({"namespace": namespace.name, "name": "policy-engine", "path": "/validate"});
            namespace.put(json!({
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": "policy-engine"},
                "spec": {"selector": {"app": "policy-engine"}, "ports": [{"port": 443, "targetPort": 9443}]},
            }));
            namespace.stage.create(json!({
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": namespace.name, "labels": {"diagnoses": "here"}},
                "webhooks": [{
                    "name": "validate.policy.example.org", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                    "clientConfig": {"service": service}, "failurePolicy": "Fail",
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace.name}},
                    "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
                }],
            }));
            namespace.schedule("neo4j", AS_EVER);
        },
        code: "NB9010",
        words: &[
            "policy-engine has no endpoint that is ready",
            "FailedCreate",
            "failed calling webhook \"validate.policy.example.org\"",
        ],
    },
    Case {
        name: "left-over",
        labels: &[],
        begin: |namespace| {
            namespace.stage.claim(&namespace.name, None);
            namespace.schedule("neo4j", AS_EVER);
            let backups = "/apis/neo4j.neo4j.com/v1beta1/namespaces";
            let path = format!("{backups}/{}/neo4jbackups/nightly", namespace.name);
            namespace
                .stage
                .api()
                .delete(&format!("{path}?propagationPolicy=Orphan"));
        },
        code: "NB5104",
        words: &["there is no Neo4jBackup nightly, and CronJob nightly-backup-cron goes on to begin runs, last at"],
    },
];
