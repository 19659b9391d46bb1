//! A cluster with a great many backups, each with its runs and what was noted of them, in the shapes that the operator and
//! the API server write.
//!
//! Objects have no `uid` and nothing else that the API server adds; [`as_served`] adds what makes most of the text.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The backups are spread over so many namespaces.
pub const NAMESPACES: usize = 10;
/// So many runs of a backup have their Jobs, and so many older ones stand in its history.
pub const RUNS: usize = 10;
/// So many events there are of each Job.
pub const EVENTS: usize = 2;

/// Of so many backups one fails.
const ONE_FAILS: usize = 50;
const DAY: i64 = 24 * 60 * 60;

/// The namespaces, each with an instance that is ready and with what backups need beside it.
pub fn ground() -> Vec<Value> {
    let mut objects = Vec::new();
    for number in 0..NAMESPACES {
        let namespace = format!("graph-{number}");
        objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}));
        let metadata = |name: &str| json!({"name": name, "namespace": namespace});
        objects.push(json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jEnterpriseStandalone", "metadata": metadata("prod"),
            "spec": {
                "acceptLicenseAgreement": "eval", "image": {"repo": "neo4j", "tag": "2025.11.0-enterprise"},
                "auth": {"adminSecret": "neo4j-admin-secret"}, "storage": {"className": "standard", "size": "100Gi"},
            },
            "status": {
                "phase": "Ready", "message": "Standalone deployment is ready", "observedGeneration": 1,
                "conditions": [{
                    "type": "Ready", "status": "True", "reason": "ClusterReady", "message": "Standalone deployment is ready",
                    "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z",
                }],
            },
        }));
        objects.push(json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata("backup-pvc"),
            "spec": {
                "accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Ti"}},
                "storageClassName": "standard",
            },
            "status": {"phase": "Bound", "capacity": {"storage": "1Ti"}},
        }));
        for account in ["neo4j-backup-sa", "neo4j-restore-sa"] {
            objects.push(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(account)}));
        }
    }
    objects
}

/// A backup of every day with its `CronJob`, its Jobs and their events, as they are at `now`; each number is another one.
#[derive(Debug, Clone, Copy)]
pub struct Team {
    number: usize,
    now: Timestamp,
}

impl Team {
    /// The team of this number.
    pub fn new(number: usize, now: Timestamp) -> Self {
        Self { number, now }
    }

    /// The namespace of its backup.
    pub fn namespace(&self) -> String {
        format!("graph-{}", self.number % NAMESPACES)
    }

    /// The name of its backup.
    pub fn name(&self) -> String {
        format!("nightly-{:05}", self.number)
    }

    /// Its objects, each after the one that owns it.
    pub fn objects(&self) -> Vec<Value> {
        let mut objects = vec![self.backup(), self.cron_job()];
        for run in 0..RUNS {
            objects.push(self.job(run));
            objects.extend((0..EVENTS).map(|number| self.event(run, number)));
        }
        objects
    }

    fn fails(&self) -> bool {
        self.number % ONE_FAILS == ONE_FAILS - 1
    }

    /// The minute of the day at which it runs.
    fn minute(&self) -> i64 {
        i64::try_from(self.number * 7 % (24 * 60)).unwrap_or_default()
    }

    fn schedule(&self) -> String {
        format!("{} {} * * *", self.minute() % 60, self.minute() / 60)
    }

    /// When a run was due, 0 being the last one.
    fn due(&self, run: usize) -> Timestamp {
        let now = self.now.as_second();
        let last = now - (now - self.minute() * 60).rem_euclid(DAY);
        let due = last - i64::try_from(run).unwrap_or_default() * DAY;
        Timestamp::from_second(due).unwrap_or(self.now)
    }

    /// When a run ended, after some minutes.
    fn end(&self, run: usize) -> Timestamp {
        self.due(run) + SignedDuration::from_secs(260)
    }

    fn job_name(&self, run: usize) -> String {
        format!("{}-backup-cron-{}", self.name(), self.due(run).as_second() / 60)
    }

    fn labels(&self, component: &str) -> Value {
        json!({
            "app.kubernetes.io/component": component, "app.kubernetes.io/instance": self.name(),
            "app.kubernetes.io/managed-by": "neo4j-operator", "app.kubernetes.io/name": "neo4j-backup",
            "app.kubernetes.io/part-of": self.name(), "neo4j.com/backup-target": "prod",
        })
    }

    fn backup(&self) -> Value {
        let name = self.name();
        let history = (0..RUNS).map(|run| {
            let run = RUNS + run;
            let stamp = self.due(run).strftime("%Y-%m-%dT%H-%M-%S").to_string();
            json!({
                "runID": self.job_name(run), "status": "Succeeded", "startTime": self.due(run).to_string(),
                "completionTime": self.end(run).to_string(), "artifactFilename": format!("neo4j-{stamp}.backup"),
                "backupsPath": name, "stats": {"duration": "4m20s"},
            })
        });
        let message = format!("Backup scheduled with CronJob {name}-backup-cron");
        json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
            "metadata": {"name": name, "namespace": self.namespace()},
            "spec": {
                "instanceRef": "prod", "database": format!("customers{}", self.number), "schedule": self.schedule(),
                "storage": {"type": "pvc", "path": name, "pvc": {"name": "backup-pvc"}},
            },
            "status": {
                "phase": "Scheduled", "message": message, "observedGeneration": 1, "history": history.collect::<Value>(),
                "conditions": [{
                    "type": "Ready", "status": "True", "reason": "BackupScheduled", "message": message,
                    "observedGeneration": 1, "lastTransitionTime": self.due(2 * RUNS).to_string(),
                }],
            },
        })
    }

    fn cron_job(&self) -> Value {
        json!({
            "apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": {
                "name": format!("{}-backup-cron", self.name()), "namespace": self.namespace(),
                "labels": self.labels("backup-cron"), "ownerReferences": [owner("Neo4jBackup", &self.name())],
            },
            "spec": {
                "schedule": self.schedule(), "concurrencyPolicy": "Forbid", "startingDeadlineSeconds": 60,
                "jobTemplate": {"spec": self.job_spec()},
            },
            "status": {"lastScheduleTime": self.due(0).to_string(), "lastSuccessfulTime": self.end(0).to_string()},
        })
    }

    fn job_spec(&self) -> Value {
        let (name, namespace) = (self.name(), self.namespace());
        let command = format!(
            "mkdir -p '/backup/{name}/' && exec 9>'/backup/{name}/.chain.lock' && flock -w 3600 9 && neo4j-admin database \
             backup --from=prod-0.prod-headless.{namespace}.svc.cluster.local:6362 --to-path='/backup/{name}/' \"customers\""
        );
        json!({
            "backoffLimit": 3, "ttlSecondsAfterFinished": 864_000,
            "template": {
                "metadata": {"labels": self.labels("backup")},
                "spec": {
                    "restartPolicy": "Never", "serviceAccountName": "neo4j-backup-sa",
                    "securityContext": {"fsGroup": 7474, "runAsGroup": 7474, "runAsNonRoot": true, "runAsUser": 7474},
                    "containers": [{
                        "name": "backup", "image": "neo4j:2025.11.0-enterprise", "command": ["/bin/sh"],
                        "args": ["-c", command],
                        "env": [{"name": "BACKUP_RUN_ID", "valueFrom": {"fieldRef": {
                            "fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}}}],
                        "resources": {"limits": {"cpu": "1", "memory": "2Gi"}, "requests": {"cpu": "100m", "memory": "512Mi"}},
                        "volumeMounts": [{"mountPath": "/backup", "name": "backup-storage"}],
                    }],
                    "volumes": [{"name": "backup-storage", "persistentVolumeClaim": {"claimName": "backup-pvc"}}],
                },
            },
        })
    }

    fn job(&self, run: usize) -> Value {
        let (ended, message) = (self.end(run).to_string(), "Reached expected number of succeeded pods");
        let condition = |kind: &str, reason: &str, message: &str| {
            json!({
                "type": kind, "status": "True", "reason": reason, "message": message,
                "lastProbeTime": ended, "lastTransitionTime": ended,
            })
        };
        let status = if run == 0 && self.fails() {
            let (reason, message) = ("BackoffLimitExceeded", "Job has reached the specified backoff limit");
            json!({
                "startTime": self.due(run).to_string(), "failed": 4, "ready": 0, "terminating": 0,
                "uncountedTerminatedPods": {},
                "conditions": [condition("FailureTarget", reason, message), condition("Failed", reason, message)],
            })
        } else {
            json!({
                "startTime": self.due(run).to_string(), "completionTime": ended, "succeeded": 1, "ready": 0,
                "terminating": 0, "uncountedTerminatedPods": {},
                "conditions": [
                    condition("SuccessCriteriaMet", "CompletionsReached", message),
                    condition("Complete", "CompletionsReached", message),
                ],
            })
        };
        let mut spec = self.job_spec();
        for (key, value) in [
            ("completions", json!(1)),
            ("parallelism", json!(1)),
            ("suspend", json!(false)),
        ] {
            spec[key] = value;
        }
        json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {
                "name": self.job_name(run), "namespace": self.namespace(), "labels": self.labels("backup"),
                "annotations": {"batch.kubernetes.io/cronjob-scheduled-timestamp": self.due(run).to_string()},
                "ownerReferences": [owner("CronJob", &format!("{}-backup-cron", self.name()))],
            },
            "spec": spec, "status": status,
        })
    }

    fn event(&self, run: usize, number: usize) -> Value {
        let job = self.job_name(run);
        let (kind, reason, message, time) = match (number, run == 0 && self.fails()) {
            (0, _) => (
                "Normal",
                "SuccessfulCreate",
                format!("Created pod: {job}-x7k2p"),
                self.due(run),
            ),
            (_, true) => (
                "Warning",
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit".to_owned(),
                self.end(run),
            ),
            (_, false) => ("Normal", "Completed", "Job completed".to_owned(), self.end(run)),
        };
        json!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": {"name": format!("{job}.{number:016x}"), "namespace": self.namespace()},
            "involvedObject": {
                "apiVersion": "batch/v1", "kind": "Job", "name": job, "namespace": self.namespace(),
                "uid": "3574ed69-9f39-4f63-a665-39aff15b1d0c", "resourceVersion": "3332",
            },
            "type": kind, "reason": reason, "message": message, "count": 1,
            "firstTimestamp": time.to_string(), "lastTimestamp": time.to_string(),
            "reportingComponent": "job-controller", "reportingInstance": "", "source": {"component": "job-controller"},
        })
    }
}

fn owner(kind: &str, name: &str) -> Value {
    let api_version = if kind == "CronJob" {
        "batch/v1"
    } else {
        "neo4j.neo4j.com/v1beta1"
    };
    json!({
        "apiVersion": api_version, "kind": kind, "name": name, "controller": true,
        "uid": "90c832a2-0d1b-4cd4-9633-f7d1dae64391",
    })
}

/// The object as the API server sends it: with a `uid`, versions and a record of who manages which field.
pub fn as_served(mut object: Value) -> Value {
    let managed = json!({"f:metadata": {"f:labels": {".": {}, "f:app.kubernetes.io/instance": {}}}, "f:spec": {"f:template": {
        "f:spec": {"f:containers": {"k:{\"name\":\"backup\"}": {".": {}, "f:args": {}, "f:command": {}, "f:env": {}}}}}}});
    let metadata = &mut object["metadata"];
    metadata["uid"] = json!("3574ed69-9f39-4f63-a665-39aff15b1d0c");
    metadata["resourceVersion"] = json!("3332");
    metadata["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
    metadata["managedFields"] = json!([{
        "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": managed, "manager": "kube-controller-manager",
        "operation": "Update", "time": "2026-01-01T00:00:00Z",
    }]);
    object
}
