//! Objects that are sent through admission and never stored, and who has judged them.

use std::time::Duration;

use serde_json::{Value, json};

use super::failure::FailedCall;
use crate::facts::Right;

/// The name of what is only tried.
pub const NAME: &str = "neo4jbackup-admission-check";

/// A schedule that nobody objects to.
pub const GOOD_SCHEDULE: &str = "0 2 * * *";
/// Six fields, as many schedulers take them and Kubernetes does not.
pub const BAD_SCHEDULE: &str = "0 0 2 * * *";
/// The code of the rule that says so.
pub const BAD_CODE: &str = "NB5001";

/// A request to ignore a rule that gives no reason: only the webhook speaks of it, and it never refuses because of it.
const REMARK: &str = crate::in_domain!("ignore-NB7003");
/// The code of the rule that speaks of it.
pub const REMARK_CODE: &str = "NB1013";

/// A point in time that the schema lets through and the operator cannot decode.
const BLINDING: &str = "2025-01-15T14:30:00z";

/// A backup that every version of the operator's CRD accepts, and every engine of this project where the schedule is right.
pub fn backup(api_version: &str, schedule: &str) -> Value {
    json!({
        "apiVersion": api_version, "kind": "Neo4jBackup",
        "metadata": {"name": NAME},
        "spec": {
            "instanceRef": "check", "allDatabases": true, "target": {"kind": "Cluster", "name": "check"},
            "schedule": schedule,
            "storage": {"type": "s3", "bucket": NAME, "path": "check", "cloud": {"provider": "aws"}},
        },
    })
}

/// A good backup of which the webhook has something to say, and no policy.
pub fn remarkable_backup(api_version: &str) -> Value {
    let mut backup = backup(api_version, GOOD_SCHEDULE);
    backup["metadata"]["annotations"] = json!({REMARK: ""});
    backup
}

/// A restore that blinds the operator for the whole cluster, were it ever stored.
pub fn blinding_restore(api_version: &str) -> Value {
    json!({
        "apiVersion": api_version, "kind": "Neo4jRestore",
        "metadata": {"name": NAME},
        "spec": {
            "instanceRef": "check", "clusterRef": "check", "targetCluster": "check",
            "database": "neo4j", "databaseName": "neo4j", "stopCluster": true,
            "source": {"type": "backup", "backupRef": "check", "pointInTime": BLINDING},
            "options": {"replaceExisting": true},
        },
    })
}

/// What the API server said to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it would have stored it.
    pub accepted: bool,
    /// Why not; empty where it would.
    pub message: String,
    /// What came with it, with the syntax of the header around it.
    pub warnings: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// What became of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// The API server has answered.
    Answered(Answer),
    /// The cluster does not serve the kind.
    NotServed,
    /// A right is missing.
    Forbidden(Right),
    /// There was no answer, for this reason.
    Failed(String),
    /// Nobody asked.
    NotAsked,
}

impl Trial {
    /// Why there is no answer; empty where there is one.
    pub fn why(&self) -> String {
        match self {
            Self::Answered(_) => String::new(),
            Self::NotServed => {
                "the cluster does not serve the kind: the CRDs of the operator are not installed".to_owned()
            }
            Self::Forbidden(right) => right.is_missing(),
            Self::Failed(why) => why.clone(),
            Self::NotAsked => "nobody asked".to_owned(),
        }
    }
}

/// Who has spoken of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speaker {
    /// A webhook, by its name.
    Webhook(String),
    /// A policy, by its name.
    Policy(String),
    /// Nobody of whom it can be told, such as the schema of the CRD.
    Another,
}

/// What was said of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It is refused.
    Refused(Speaker),
    /// It is refused because a webhook could not be called.
    CallFailed(FailedCall),
    /// It is accepted, and these warned of it.
    Accepted(Vec<Speaker>),
}

impl Answer {
    /// Reads who said what. A warning that is no policy's is our webhook's where it names one of these codes.
    pub fn said(&self, codes: &[&str]) -> Said {
        if self.accepted {
            let speakers = self.warnings.iter().filter_map(|warning| warner(warning, codes));
            return Said::Accepted(speakers.collect());
        }
        if let Some(call) = FailedCall::of(&self.message) {
            return Said::CallFailed(call);
        }
        let webhook = between(&self.message, "admission webhook \"", "\" denied the request");
        let policy = between(&self.message, "ValidatingAdmissionPolicy '", "' with binding");
        Said::Refused(match (policy, webhook) {
            (Some(policy), _) => Speaker::Policy(policy.to_owned()),
            (None, Some(webhook)) => Speaker::Webhook(webhook.to_owned()),
            (None, None) => Speaker::Another,
        })
    }
}

fn warner(warning: &str, codes: &[&str]) -> Option<Speaker> {
    if let Some(policy) = between(warning, "ValidatingAdmissionPolicy '", "' with binding") {
        return Some(Speaker::Policy(policy.to_owned()));
    }
    let is_ours = codes.iter().any(|code| warning.contains(&format!("[{code}]")));
    // A warning names no webhook; only ours has codes.
    is_ours.then(|| Speaker::Webhook(String::new()))
}

fn between<'m>(message: &'m str, before: &str, behind: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(before)?;
    rest.split_once(behind).map(|(found, _)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(accepted: bool, message: &str, warnings: &[&str]) -> Answer {
        Answer {
            accepted,
            message: message.to_owned(),
            warnings: warnings.iter().map(|&warning| warning.to_owned()).collect(),
            took: Duration::ZERO,
        }
    }

    /// In the words of Kubernetes 1.36.
    #[test]
    fn webhook_and_policy_are_told_apart_by_what_the_api_server_says() {
        let webhook = answer(
            false,
            "admission webhook \"validate.neo4jbackup.github.io\" denied the request: 1 problem; first: spec.schedule: …",
            &[],
        );
        let of_webhook = Speaker::Webhook("validate.neo4jbackup.github.io".to_owned());
        assert_eq!(webhook.said(&[BAD_CODE]), Said::Refused(of_webhook));
        let message = "neo4jbackups.neo4j.neo4j.com \"x\" is invalid: : ValidatingAdmissionPolicy 'neo4jbackup.guard.n' with \
                       binding 'neo4jbackup-default.guard.n' denied request: spec.schedule: … [NB5001]";
        let of_policy = Speaker::Policy("neo4jbackup.guard.n".to_owned());
        assert_eq!(answer(false, message, &[]).said(&[]), Said::Refused(of_policy.clone()));
        let schema = answer(false, "spec.schedule: Too long: may not be more than 5 bytes", &[]);
        assert_eq!(schema.said(&[]), Said::Refused(Speaker::Another));
        let warnings = [
            "299 - \"Validation failed for ValidatingAdmissionPolicy 'neo4jbackup.guard.n' with binding 'b': … [NB5001]\"",
            "299 - \"spec.schedule: … [NB5001]\"",
            "299 - \"unknown field spec.target\"",
        ];
        let both = vec![of_policy, Speaker::Webhook(String::new())];
        assert_eq!(answer(true, "", &warnings).said(&[BAD_CODE]), Said::Accepted(both));
        let failed = answer(
            false,
            "Internal error occurred: failed calling webhook \"a.b.c\": EOF",
            &[],
        );
        assert!(matches!(failed.said(&[]), Said::CallFailed(call) if call.webhook == "a.b.c"));
    }
}
