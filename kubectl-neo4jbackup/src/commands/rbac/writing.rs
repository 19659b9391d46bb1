//! One change of one object, for real or as a dry run.

use neo4jbackup_cluster::{Objects, Storing, WriteError};
use neo4jbackup_core::rbac::repair::{Action, Part, REPAIRER, Restoration, Step, authored};
use serde_json::Value;

/// Carries out a step. Returns the object as it is then, where the API server says it. What a dry run cannot know, because an
/// earlier step in the same namespace (`before`) was not stored, is left to the real one.
pub(super) async fn carry_out(
    objects: &Objects,
    step: &Step,
    takes_over: bool,
    storing: Storing,
    before: &[&Step],
) -> Result<Option<Value>, WriteError> {
    let written = match (step.action, &step.manifest, &step.before) {
        (Action::Create | Action::Change, Some(manifest), _) => {
            // What is made has nobody's object before it: one that came meanwhile is not taken over.
            let takes_over = step.takes_over || (takes_over && step.action == Action::Change);
            let applied = objects.apply_guarded(manifest, REPAIRER, takes_over, storing).await;
            applied.map(Some)
        }
        (Action::Recreate, Some(manifest), Some(stored)) => recreate(objects, stored, manifest, storing).await,
        (Action::Remove, _, Some(stored)) => objects.delete_guarded(stored, storing).await.map(|()| None),
        // There is no such step.
        (_, _, _) => Ok(None),
    };
    match written {
        Err(WriteError::Missing(_)) if storing == Storing::DryRun && makes_role(before) => Ok(None),
        written => written,
    }
}

fn makes_role(before: &[&Step]) -> bool {
    before
        .iter()
        .any(|step| step.part == Part::Role && step.action == Action::Create)
}

/// Deletes an object and makes another one of its name. Where that is refused, the old one is made again.
async fn recreate(
    objects: &Objects,
    stored: &Value,
    made: &Value,
    storing: Storing,
) -> Result<Option<Value>, WriteError> {
    objects.delete_guarded(stored, storing).await?;
    if storing == Storing::DryRun {
        // While the old one is there, whether the new one may be bound is judged before it is seen that it cannot change.
        return match objects.apply_guarded(made, REPAIRER, true, storing).await {
            Ok(_) => Ok(None),
            Err(WriteError::Rejected(message)) if message.contains("roleRef") => Ok(None),
            Err(error) => Err(error),
        };
    }
    match make(objects, made, storing).await {
        Ok(created) => Ok(Some(created)),
        Err(error) => {
            // The first error is the one to tell; what was there stands in the undo file in any case.
            let _ = make(objects, &authored(stored), storing).await;
            Err(error)
        }
    }
}

/// Makes an object by server-side apply: unlike a plain create, that takes the right to create one of this name only.
async fn make(objects: &Objects, object: &Value, storing: Storing) -> Result<Value, WriteError> {
    objects.apply_guarded(object, REPAIRER, false, storing).await
}

/// Brings an object back, as `now` it is.
pub(super) async fn restore(
    objects: &Objects,
    restoration: &Restoration,
    now: Option<&Value>,
    storing: Storing,
) -> Result<(), WriteError> {
    match (restoration, now) {
        (Restoration::Create(object), _) => make(objects, object, storing).await.map(drop),
        (Restoration::Replace(object), _) => objects.replace_guarded(object, REPAIRER, storing).await.map(drop),
        (Restoration::Recreate(object), Some(now)) => recreate(objects, now, object, storing).await.map(drop),
        (Restoration::Delete, Some(now)) => objects.delete_guarded(now, storing).await,
        // What is not there need not go.
        (Restoration::Recreate(_) | Restoration::Delete, None) => Ok(()),
    }
}
