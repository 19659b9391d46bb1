//! What the operator writes, written by the tests: the status of its objects, and the Jobs that Kubernetes runs then.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::stage::{IMAGE, Stage};

const API: &str = "neo4j.neo4j.com/v1beta1";

/// How a pod of a backup differs from what the operator usually writes.
pub(super) type Change = fn(&mut Value);

/// A namespace in which backups are made.
pub(super) struct Namespace<'s> {
    pub(super) stage: &'s Stage,
    pub(super) name: String,
}

impl<'s> Namespace<'s> {
    /// With nothing in it.
    pub(super) fn empty(stage: &'s Stage, name: &str, labels: &[(&str, &str)]) -> Self {
        let name = format!("diagnoses-{name}");
        let mut all = json!({"diagnoses": "here"});
        for (key, value) in labels {
            all[*key] = (*value).into();
        }
        stage.create_namespace(&name, &all);
        Self { stage, name }
    }

    /// With an instance that is ready.
    pub(super) fn create(stage: &'s Stage, name: &str, labels: &[(&str, &str)]) -> Self {
        let namespace = Self::empty(stage, name, labels);
        namespace.put(json!({
            "apiVersion": API, "kind": "Neo4jEnterpriseStandalone", "metadata": {"name": "prod"},
            "spec": {
                "acceptLicenseAgreement": "eval", "image": {"repo": "neo4j", "tag": "2025.11.0-enterprise"},
                "storage": {"className": "standard", "size": "10Gi"},
            },
            "status": {"phase": "Ready", "message": "Standalone deployment is ready", "observedGeneration": 1},
        }));
        namespace
    }

    /// The accounts that the operator makes for its Jobs.
    pub(super) fn with_accounts(self) -> Self {
        for name in ["neo4j-backup-sa", "neo4j-restore-sa"] {
            self.put(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}));
        }
        self
    }

    /// Stores an object in it.
    pub(super) fn put(&self, mut object: Value) -> Value {
        object["metadata"]["namespace"] = self.name.as_str().into();
        self.stage.create(object)
    }

    /// Runs the plugin in it.
    pub(super) fn plugin(&self, arguments: &[&str]) -> super::stage::Said {
        self.stage.plugin(&[arguments, &["--namespace", &self.name]].concat())
    }

    /// A backup every day, whose run of today is due at about this moment. Its `CronJob` is that of an operator, and it
    /// fires.
    pub(super) fn schedule(&self, database: &str, change: Change) -> Value {
        let due = due();
        let schedule = due.to_zoned(TimeZone::UTC).strftime("%-M %-H * * *").to_string();
        let backup = self.put(json!({
            "apiVersion": API, "kind": "Neo4jBackup",
            "metadata": {"name": "nightly", "finalizers": []},
            "spec": {"instanceRef": "prod", "database": database, "schedule": schedule, "storage": storage()},
        }));
        let message = "Backup scheduled with CronJob nightly-backup-cron";
        self.stage
            .note(&backup, &status("Scheduled", "Unknown", "Pending", message));
        let cron_job = self.put(json!({
            "apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": {"name": "nightly-backup-cron", "labels": labels("nightly", "backup-cron"), "ownerReferences": [owner(&backup)]},
            "spec": {
                "schedule": schedule, "concurrencyPolicy": "Forbid", "startingDeadlineSeconds": 60,
                "successfulJobsHistoryLimit": 10, "failedJobsHistoryLimit": 3,
                "jobTemplate": {
                    "metadata": {"labels": labels("nightly", "backup-cron")},
                    "spec": self.job_spec("nightly", database, change),
                },
            },
        }));
        self.stage
            .note(&cron_job, &json!({"lastScheduleTime": day_before(due)}));
        backup
    }

    /// A `CronJob` that somebody wrote without the operator. Its shell goes on after what failed.
    pub(super) fn plain_cron_job(&self, database: &str) {
        let due = due();
        let mut spec = self.job_spec("nightly", database, |_| {});
        spec["template"]["metadata"] = json!({});
        let arguments = &mut spec["template"]["spec"]["containers"][0]["args"][1];
        *arguments = format!("{}; echo backup completed", arguments.as_str().unwrap()).into();
        let cron_job = self.put(json!({
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "dump"},
            "spec": {
                "schedule": due.to_zoned(TimeZone::UTC).strftime("%-M %-H * * *").to_string(),
                "jobTemplate": {"spec": spec},
            },
        }));
        self.stage
            .note(&cron_job, &json!({"lastScheduleTime": day_before(due)}));
    }

    /// A backup that runs once, and its Job.
    pub(super) fn once(&self, database: &str, change: Change) -> Value {
        let backup = self.put(json!({
            "apiVersion": API, "kind": "Neo4jBackup", "metadata": {"name": "adhoc"},
            "spec": {"instanceRef": "prod", "database": database, "storage": storage()},
        }));
        let running = status("Running", "Unknown", "Pending", "Backup job is running");
        self.stage.note(&backup, &running);
        self.put(json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "adhoc-backup", "labels": labels("adhoc", "backup"), "ownerReferences": [owner(&backup)]},
            "spec": self.job_spec("adhoc", database, change),
        }));
        backup
    }

    /// A restore of a database into the standalone, and its Job.
    pub(super) fn restore(&self, name: &str, database: &str) -> Value {
        let restore = self.put(json!({
            "apiVersion": API, "kind": "Neo4jRestore", "metadata": {"name": name},
            "spec": {
                "instanceRef": "prod", "database": database, "stopCluster": true,
                "source": {"type": "storage", "storage": storage(), "backupPath": "adhoc"},
                "options": {"replaceExisting": true},
            },
        }));
        self.stage.note(
            &restore,
            &status("Running", "Unknown", "Pending", "Restore job is running"),
        );
        let script = format!(
            "rm -rf /tmp/restore-tmp && mkdir -p /tmp/restore-tmp && neo4j-admin database restore \
             --from-path=$(ls '/backup/adhoc'/'{database}'-*.backup | tail -1) '{database}' --overwrite-destination=true \
             --temp-path=/tmp/restore-tmp"
        );
        let mut spec = self.job_spec(name, database, |_| {});
        spec["ttlSecondsAfterFinished"] = 300.into();
        let pod = &mut spec["template"]["spec"];
        pod["serviceAccountName"] = "neo4j-restore-sa".into();
        pod["containers"][0]["name"] = "neo4j-restore".into();
        pod["containers"][0]["args"] = json!(["-c", script]);
        spec["template"]["metadata"] = json!({});
        self.put(json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": format!("{name}-restore"), "labels": {
                "app.kubernetes.io/name": "neo4j-restore", "app.kubernetes.io/instance": name,
                "app.kubernetes.io/component": "restore", "app.kubernetes.io/managed-by": "neo4j-operator",
            }, "ownerReferences": [owner(&restore)]},
            "spec": spec,
        }));
        restore
    }

    /// What the operator notes of a run once its Job has ended.
    pub(super) fn note_run(&self, backup: &Value, run: &str, artifact: Option<&str>) {
        let now = Timestamp::now();
        let started = now - SignedDuration::from_secs(20);
        let mut entry = json!({"runID": run, "startTime": seconds(started), "backupsPath": backup["metadata"]["name"]});
        let (phase, ready, reason, message) = if let Some(file) = artifact {
            entry["status"] = "Succeeded".into();
            entry["completionTime"] = seconds(now).into();
            entry["artifactFilename"] = file.into();
            ("Completed", "True", "BackupSucceeded", "Backup completed successfully")
        } else {
            entry["status"] = "Failed".into();
            ("Failed", "False", "ReconciliationFailed", "Backup job failed")
        };
        let mut noted = if backup["spec"]["schedule"].is_null() {
            status(phase, ready, reason, message)
        } else {
            let message = "Backup scheduled with CronJob nightly-backup-cron";
            status("Scheduled", "Unknown", "Pending", message)
        };
        noted["history"] = json!([entry]);
        self.stage.note(backup, &noted);
    }

    /// What the operator notes of a restore once its Job has ended.
    pub(super) fn note_restore(&self, restore: &Value, is_good: bool) {
        let mut noted = if is_good {
            status(
                "Completed",
                "True",
                "RestoreSucceeded",
                "Restore completed successfully",
            )
        } else {
            status("Failed", "False", "ReconciliationFailed", "Restore job failed")
        };
        let now = Timestamp::now();
        noted["startTime"] = seconds(now - SignedDuration::from_secs(20)).into();
        noted["completionTime"] = seconds(now).into();
        self.stage.note(restore, &noted);
    }

    /// What the operator notes when the pod of a run did not start in time; the Job is deleted before.
    pub(super) fn give_up(&self, backup: &Value, diagnosis: &str) {
        let job = format!("/apis/batch/v1/namespaces/{}/jobs/adhoc-backup", self.name);
        self.stage.api().delete(&format!("{job}?propagationPolicy=Background"));
        let message =
            format!("backup pod did not start within 10m0s: {diagnosis} — fix the cause and re-create the backup");
        self.stage
            .note(backup, &status("Failed", "False", "ReconciliationFailed", &message));
    }

    /// The Job of a run. Its retries would only say the same again.
    fn job_spec(&self, name: &str, database: &str, change: Change) -> Value {
        let host = format!("prod-0.prod-headless.{}.svc.cluster.local", self.name);
        let script =
            format!("neo4j-admin database backup --from={host}:6362 --to-path='/backup/{name}/' \"{database}\"");
        let mut spec = json!({
            "backoffLimit": 0, "ttlSecondsAfterFinished": 1800,
            "template": {
                "metadata": {"labels": labels(name, "backup")},
                "spec": {
                    "serviceAccountName": "neo4j-backup-sa", "restartPolicy": "Never",
                    // There is no name server.
                    "hostAliases": [{"ip": self.stage.server, "hostnames": [host]}],
                    "securityContext": {
                        "runAsUser": 7474, "runAsGroup": 7474, "fsGroup": 7474, "runAsNonRoot": true,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [{
                        "name": "backup", "image": IMAGE, "command": ["/bin/sh"], "args": ["-c", script],
                        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}},
                        "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
                        "volumeMounts": [{"name": "backup-storage", "mountPath": "/backup"}],
                    }],
                    "volumes": [{"name": "backup-storage", "persistentVolumeClaim": {"claimName": "backup-pvc"}}],
                },
            },
        });
        change(&mut spec);
        spec
    }
}

/// A day before a time: a `CronJob` that ran then sees that it is time.
pub(super) fn day_before(due: Timestamp) -> String {
    (due - SignedDuration::from_hours(24)).to_string()
}

/// The time of a run that is due: a full minute that has just begun, or begins in at most half a minute. A run that is late
/// by a minute is not begun any more.
pub(super) fn due() -> Timestamp {
    let now = Timestamp::now().as_second();
    let minute = now - now % 60;
    let due = if now % 60 <= 30 { minute } else { minute + 60 };
    Timestamp::from_second(due).unwrap()
}

fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap().to_string()
}

fn storage() -> Value {
    json!({"type": "pvc", "pvc": {"name": "backup-pvc", "size": "1Gi"}})
}

fn status(phase: &str, ready: &str, reason: &str, message: &str) -> Value {
    json!({
        "phase": phase, "message": message, "observedGeneration": 1,
        "conditions": [{
            "type": "Ready", "status": ready, "reason": reason, "message": message, "observedGeneration": 1,
            "lastTransitionTime": seconds(Timestamp::now()),
        }],
    })
}

fn labels(name: &str, component: &str) -> Value {
    json!({
        "app.kubernetes.io/name": "neo4j-backup", "app.kubernetes.io/instance": name,
        "app.kubernetes.io/component": component, "app.kubernetes.io/managed-by": "neo4j-operator",
        "app.kubernetes.io/part-of": name, "neo4j.com/backup-target": "prod",
    })
}

fn owner(object: &Value) -> Value {
    json!({
        "apiVersion": object["apiVersion"], "kind": object["kind"], "name": object["metadata"]["name"],
        "uid": object["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
    })
}
