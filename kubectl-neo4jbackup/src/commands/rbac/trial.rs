//! What would the API server say to each step of a repair?

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use neo4jbackup_cluster::{NoAnswer, Objects, Storing, WriteError};
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::rbac::repair::{Action, Part, Step};
use serde_json::Value;

use super::observe::{RbacError, SIDE_BY_SIDE, Seen};
use super::show;
use super::writing::carry_out;
use crate::cli::RbacRepair;

/// What becomes of a step.
#[derive(Debug, Clone)]
pub(super) enum Verdict {
    /// It can be done; the object as it would be then, where that is known.
    Ready(Option<Value>),
    /// Nobody has asked for it.
    Left(String),
    /// It must not, or cannot, be done.
    Refused(String),
}

/// Sends every step through a dry run; namespaces side by side, since the steps of one rest on each other.
pub(super) async fn try_all(objects: &Objects, seen: &Seen, arguments: &RbacRepair) -> Result<Vec<Verdict>, RbacError> {
    let of_namespaces = seen
        .repair
        .steps
        .chunk_by(|one, other| one.namespace == other.namespace);
    let trials = of_namespaces.map(|steps| try_namespace(objects, steps, arguments));
    let verdicts = stream::iter(trials)
        .buffered(SIDE_BY_SIDE)
        .try_collect::<Vec<_>>()
        .await?;
    Ok(verdicts.concat())
}

async fn try_namespace(objects: &Objects, steps: &[Step], arguments: &RbacRepair) -> Result<Vec<Verdict>, RbacError> {
    let mut verdicts = Vec::new();
    let mut ready: Vec<&Step> = Vec::new();
    for step in steps {
        let verdict = if let Some(verdict) = without_asking(step, arguments, steps, &ready) {
            verdict
        } else {
            let tried = carry_out(objects, step, arguments.force_conflicts, Storing::DryRun, &ready).await;
            let name = || show::reference(&step.namespace, step.part);
            let of_conflict = match step.action {
                Action::Change => "--force-conflicts takes it over",
                _ => "look again",
            };
            of_trial(tried, of_conflict).map_err(|source| RbacError::Trial(name(), source))?
        };
        if matches!(verdict, Verdict::Ready(_)) {
            ready.push(step);
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

/// What is clear before anybody is asked.
fn without_asking(step: &Step, arguments: &RbacRepair, steps: &[Step], ready: &[&Step]) -> Option<Verdict> {
    let condition = show::condition(step);
    let is_binding = |other: &Step| other.part == Part::RoleBinding;
    match step.action {
        _ if step.keeper.is_some() => condition.map(Verdict::Refused),
        Action::Remove if !arguments.prune => condition.map(Verdict::Left),
        Action::Recreate if !arguments.allow_recreate => condition.map(Verdict::Refused),
        Action::Remove
            if step.part == Part::Role && steps.iter().any(is_binding) && !ready.iter().copied().any(is_binding) =>
        {
            Some(Verdict::Refused("the binding that gives it stays".to_owned()))
        }
        _ => None,
    }
}

fn of_trial(tried: Result<Option<Value>, WriteError>, of_conflict: &str) -> Result<Verdict, NoAnswer> {
    Ok(match tried {
        Ok(object) => Verdict::Ready(object),
        Err(WriteError::NoAnswer(source)) => return Err(source),
        Err(error) => Verdict::Refused(sentence(&error, of_conflict)),
    })
}

/// Why something was not written, with what helps; `of_conflict` is what helps when somebody else holds a field.
pub(super) fn sentence(error: &WriteError, of_conflict: &str) -> String {
    let advice = match error {
        WriteError::Conflict(_) => return printable(format!("{error}; {of_conflict}")).into_owned(),
        WriteError::Escalation(_) => {
            "; nobody may give what he does not have: ask somebody who has them, or who may escalate roles and bind them"
        }
        WriteError::Changed => "; look again",
        _ => "",
    };
    printable(format!("{error}{advice}")).into_owned()
}
