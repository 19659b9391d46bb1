//! What the program does beside serving: short tasks of an installation, which the Helm chart runs as hooks and tests.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use neo4jbackup_cluster::{DryRun, ObjectName, TaskError, Tasks};
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::schema::GROUP;
use neo4jbackup_core::settings::Mode;
use serde_json::{Value, json};

use crate::commands::switch::SwitchError;

/// Which configurations to take away.
#[derive(Debug, Args)]
pub struct RemoveArguments {
    /// A `ValidatingWebhookConfiguration` to delete; may be given more than once.
    #[arg(long = "validating", value_name = "NAME", required_unless_present = "mutating")]
    pub validating: Vec<String>,
    /// A `MutatingWebhookConfiguration` to delete; may be given more than once.
    #[arg(long = "mutating", value_name = "NAME")]
    pub mutating: Vec<String>,
    /// The cluster. In a pod, its own account is used.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
}

/// How to try whether admission works.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The namespace to try it in.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub namespace: String,
    /// What is expected for a bad object there: to be refused, warned of, or only recorded.
    #[arg(long, value_name = "MODE", default_value = "enforce", value_parser = mode)]
    pub mode: Mode,
    /// The cluster. In a pod, its own account is used.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
}

/// Why a task failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The API server could not be asked.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The operator is not installed, so that there is nothing to judge.
    #[error("the cluster does not serve Neo4jBackup: the CRDs of the operator are not installed")]
    NotServed,
    /// A bad object met no opposition.
    #[error(
        "a backup with the schedule `{SCHEDULE}` was {got} and should have been {wanted}: the API server did not reach \
         the webhook, or another mode holds in that namespace{detail}"
    )]
    NotJudged {
        /// What should have happened.
        wanted: &'static str,
        /// What happened.
        got: &'static str,
        /// What the API server said, or nothing.
        detail: String,
    },
    /// A switch of engines did not come to its end.
    #[error(transparent)]
    Switch(#[from] SwitchError),
    /// Nobody reads what is said.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// Deletes webhook configurations, those that are not there included.
pub(crate) async fn remove_configurations(arguments: &RemoveArguments) -> Result<(), Failure> {
    let tasks = Tasks::connect(arguments.kubeconfig.as_deref()).await?;
    // Validation first, so that nothing is refused for want of defaults in between.
    let validating = arguments
        .validating
        .iter()
        .map(|name| ("ValidatingWebhookConfiguration", name));
    let mutating = arguments
        .mutating
        .iter()
        .map(|name| ("MutatingWebhookConfiguration", name));
    for (kind, name) in validating.chain(mutating) {
        let object = ObjectName {
            api_version: "admissionregistration.k8s.io/v1".to_owned(),
            kind: kind.to_owned(),
            namespace: None,
            name: name.clone(),
        };
        remove(&tasks, &object).await?;
    }
    Ok(())
}

/// Deletes an object that may be gone already, and says which it was.
pub(crate) async fn remove(tasks: &Tasks, object: &ObjectName) -> Result<(), Failure> {
    let was_there = tasks.delete(object).await?;
    let what = if was_there { "removed" } else { "was not there" };
    writeln!(io::stdout(), "{}: {what}", printable(object.to_string()))?;
    Ok(())
}

/// Has the API server judge a bad backup, which is never stored.
pub(crate) async fn check_admission(arguments: &CheckArguments) -> Result<(), Failure> {
    let tasks = Tasks::connect(arguments.kubeconfig.as_deref()).await?;
    let answer = ask(&tasks, &arguments.namespace, SCHEDULE).await?;
    let said = judged(&answer.ok_or(Failure::NotServed)?, arguments.mode)?;
    writeln!(io::stdout(), "{}", printable(said))?;
    Ok(())
}

/// What the API server says to a backup with this schedule, which is never stored; none when it serves no backups.
pub(crate) async fn ask(tasks: &Tasks, namespace: &str, schedule: &str) -> Result<Option<DryRun>, TaskError> {
    for version in ["v1beta1", "v1alpha1"] {
        let group_version = format!("{GROUP}/{version}");
        let object = backup(&group_version, schedule);
        let answer = tasks
            .dry_run_create(&group_version, "neo4jbackups", namespace, &object)
            .await?;
        if answer.is_some() {
            return Ok(answer);
        }
    }
    Ok(None)
}

/// What every version of the operator's CRD accepts, and every engine of this project where the schedule is right.
fn backup(group_version: &str, schedule: &str) -> Value {
    json!({
        "apiVersion": group_version, "kind": "Neo4jBackup",
        "metadata": {"name": NAME},
        "spec": {
            "instanceRef": "check", "allDatabases": true, "target": {"kind": "Cluster", "name": "check"},
            "schedule": schedule,
            "storage": {"type": "s3", "bucket": NAME, "path": "check", "cloud": {"provider": "aws"}},
        },
    })
}

/// One line that says what was seen, or why it is not what the mode asks for.
fn judged(answer: &DryRun, mode: Mode) -> Result<String, Failure> {
    let message = answer.answer["message"].as_str().unwrap_or_default();
    let refused = !answer.accepted && message.contains(CODE);
    let warned = answer.accepted && answer.warnings.iter().any(|warning| warning.contains(CODE));
    let not_judged = |wanted| Failure::NotJudged {
        wanted,
        got: match (answer.accepted, refused, warned) {
            (false, true, _) => "refused",
            (false, false, _) => "refused by somebody else",
            (true, _, true) => "warned of",
            (true, _, false) => "accepted without a word",
        },
        detail: if message.is_empty() {
            String::new()
        } else {
            format!("; it said: {message}")
        },
    };
    match mode {
        Mode::Enforce if refused => Ok(format!("a bad backup was refused: {message}")),
        Mode::Enforce => Err(not_judged("refused")),
        Mode::Warn if warned => Ok(format!("a bad backup was warned of: {}", answer.warnings.join("; "))),
        Mode::Warn => Err(not_judged("warned of")),
        Mode::Audit if answer.accepted && !warned => Ok(
            "a bad backup was accepted; in this mode only metrics and the audit log show that it was judged".to_owned(),
        ),
        Mode::Audit => Err(not_judged("accepted without a word")),
    }
}

fn mode(text: &str) -> Result<Mode, String> {
    serde_json::from_value(json!(text)).map_err(|_| "must be enforce, warn or audit".to_owned())
}

/// The name of the object that is only tried.
pub(crate) const NAME: &str = "neo4jbackup-admission-check";
/// Six fields, as many schedulers take them and Kubernetes does not.
const SCHEDULE: &str = "0 2 * * * *";
/// The code of the rule that says so.
const CODE: &str = "NB5001";

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(message: &str) -> DryRun {
        DryRun {
            accepted: false,
            answer: json!({"message": message}),
            warnings: Vec::new(),
        }
    }

    fn accepted(warnings: &[&str]) -> DryRun {
        DryRun {
            accepted: true,
            answer: json!({}),
            warnings: warnings.iter().map(|&warning| warning.to_owned()).collect(),
        }
    }

    #[test]
    fn only_what_the_mode_asks_for_is_good() {
        let ours = refused("spec.schedule: … [NB5001]");
        let another = refused("spec.schedule: too long");
        let warning = accepted(&["299 - \"spec.schedule: … [NB5001]\""]);
        let silence = accepted(&[]);
        let good = |answer: &DryRun, mode| judged(answer, mode).is_ok();
        let all = |mode| [&ours, &another, &warning, &silence].map(|answer| good(answer, mode));
        assert_eq!(all(Mode::Enforce), [true, false, false, false]);
        assert_eq!(all(Mode::Warn), [false, false, true, false]);
        assert_eq!(all(Mode::Audit), [false, false, false, true]);
        let error = judged(&silence, Mode::Enforce).unwrap_err().to_string();
        assert!(
            error.contains("was accepted without a word and should have been refused"),
            "{error}"
        );
    }
}
