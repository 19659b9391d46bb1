//! `check-admission`: does the API server have a bad backup judged? The Helm chart runs it as a test.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use neo4jbackup_cluster::{DryRun, ObjectError, Objects};
use neo4jbackup_core::admission::trial::{BAD_CODE as CODE, BAD_SCHEDULE as SCHEDULE};
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::settings::Mode;
use serde_json::json;

use crate::commands::trial::ask;

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

/// Why admission does not work, or cannot be tried.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The API server could not be asked.
    #[error(transparent)]
    Task(#[from] ObjectError),
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
    /// Nobody reads what is said.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
}

/// Has the API server judge a bad backup, which is never stored.
pub(crate) async fn check_admission(arguments: &CheckArguments) -> Result<(), CheckError> {
    let objects = Objects::connect(arguments.kubeconfig.as_deref()).await?;
    let answer = ask(&objects, &arguments.namespace, SCHEDULE).await?;
    let said = judged(&answer.ok_or(CheckError::NotServed)?, arguments.mode)?;
    writeln!(io::stdout(), "{}", printable(said))?;
    Ok(())
}

/// One line that says what was seen, or why it is not what the mode asks for.
fn judged(answer: &DryRun, mode: Mode) -> Result<String, CheckError> {
    let message = answer.answer["message"].as_str().unwrap_or_default();
    let refused = !answer.accepted && message.contains(CODE);
    let warned = answer.accepted && answer.warnings.iter().any(|warning| warning.contains(CODE));
    let not_judged = |wanted| CheckError::NotJudged {
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

/// The text names no mode.
#[derive(Debug, thiserror::Error)]
#[error("must be enforce, warn or audit")]
struct ModeError(#[source] serde_json::Error);

fn mode(text: &str) -> Result<Mode, ModeError> {
    serde_json::from_value(json!(text)).map_err(ModeError)
}

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
