//! The two rounds of hooks that one request goes through.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::Value;

use crate::config::{FailurePolicy, Hook, HookKind, ReinvocationPolicy};
use crate::emulator::Caller;
use crate::outcome::{Admitted, Failure, Outcome, Reason};
use crate::review::Review;
use crate::transport::Failed;
use crate::verify::Verdict;

/// Takes a request through its hooks.
pub(crate) async fn dispatch(caller: &Caller<'_>, hooks: &[Hook], review: &Review) -> Outcome {
    let mut request = Request {
        caller,
        review,
        admitted: Admitted {
            object: review.object().clone(),
            ..Admitted::default()
        },
        let_through: Vec::new(),
    };
    let (mutating, validating): (Vec<&Hook>, Vec<&Hook>) =
        hooks.iter().partition(|hook| hook.kind == HookKind::Mutating);
    if let Err(outcome) = request.mutate(&mutating).await {
        return *outcome;
    }
    if let Err(outcome) = request.validate(&validating).await {
        return *outcome;
    }
    if request.let_through.is_empty() {
        Outcome::Allowed(request.admitted)
    } else {
        Outcome::LetThrough(request.admitted, request.let_through)
    }
}

struct Request<'a> {
    caller: &'a Caller<'a>,
    review: &'a Review,
    admitted: Admitted,
    let_through: Vec<Failure>,
}

impl Request<'_> {
    /// One hook after the other; those that asked for it once more, when one after them changed the object.
    async fn mutate(&mut self, hooks: &[&Hook]) -> Result<(), Box<Outcome>> {
        let mut called_before = BTreeSet::new();
        let mut again = BTreeSet::new();
        for (position, hook) in hooks.iter().enumerate() {
            if self.ask_to_mutate(hook).await? {
                again.append(&mut called_before);
            }
            if hook.reinvocation == ReinvocationPolicy::IfNeeded {
                called_before.insert(position);
            }
        }
        // There is one such round. What it changes makes nobody be asked a third time, but a change in it makes the
        // hooks that were called meanwhile, and that come after, be asked in it as well.
        for (position, hook) in hooks.iter().enumerate() {
            if !again.contains(&position) {
                continue;
            }
            if self.ask_to_mutate(hook).await? {
                again.append(&mut called_before);
            }
            if hook.reinvocation == ReinvocationPolicy::IfNeeded {
                called_before.insert(position);
            }
        }
        Ok(())
    }

    /// Whether the hook changed the object.
    async fn ask_to_mutate(&mut self, hook: &Hook) -> Result<bool, Box<Outcome>> {
        let result = self.caller.call(hook, self.review, &self.admitted.object).await;
        let Some(verdict) = self.accept(hook, result)? else {
            return Ok(false);
        };
        let Some(patch) = verdict.patch else {
            return Ok(false);
        };
        let mut patched = self.admitted.object.clone();
        let applied = match &patched {
            Value::Null => Err("there is no object to change".to_owned()),
            _ => json_patch::patch(&mut patched, &patch).map_err(|error| error.to_string()),
        };
        if let Err(detail) = applied {
            let failure = self.caller.failure(hook, (Reason::PatchNotApplicable, detail));
            return Err(Outcome::Failed(failure).into());
        }
        let changed = patched != self.admitted.object;
        self.admitted.object = patched;
        Ok(changed)
    }

    /// All hooks at once, about the object as it is now.
    async fn validate(&mut self, hooks: &[&Hook]) -> Result<(), Box<Outcome>> {
        let calls = hooks
            .iter()
            .map(|hook| self.caller.call(hook, self.review, &self.admitted.object));
        let results = join_all(calls).await;
        // All answers count; of several objections a person sees one.
        let mut first = Ok(());
        for (hook, result) in hooks.iter().zip(results) {
            let accepted = self.accept(hook, result).map(drop);
            first = first.and(accepted);
        }
        first
    }

    /// Takes over what an answer says; nothing when the hook failed and may. An error ends the request.
    fn accept(&mut self, hook: &Hook, result: Result<Verdict, Failed>) -> Result<Option<Verdict>, Box<Outcome>> {
        let mut verdict = match result {
            Ok(verdict) => verdict,
            Err(failed) => {
                let failure = self.caller.failure(hook, failed);
                if hook.failure_policy == FailurePolicy::Fail {
                    return Err(Outcome::Failed(failure).into());
                }
                self.let_through.push(failure);
                return Ok(None);
            }
        };
        self.admitted.warnings.append(&mut verdict.warnings);
        for (key, value) in std::mem::take(&mut verdict.audit_annotations) {
            let key = format!("{}/{key}", hook.name);
            self.admitted.audit_annotations.insert(key, value);
        }
        match verdict.denial.take() {
            Some(mut denial) => {
                denial.let_through.clone_from(&self.let_through);
                Err(Outcome::Denied(denial).into())
            }
            None => Ok(Some(verdict)),
        }
    }
}
