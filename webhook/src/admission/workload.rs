//! `/mutate` for what the operator makes: Jobs, `CronJobs` and `ServiceAccounts`. What is filled in, and why on CREATE
//! only, stands in the engine ([`neo4jbackup_core::workload`]). Nothing here denies, and `/validate` knows nothing of
//! these kinds.

use std::borrow::Cow;

use neo4jbackup_core::fix;
use neo4jbackup_core::settings::Mutation;
use neo4jbackup_core::workload::{RULE, Workload, defaults};

use crate::admission::decision::{Basis, Opinion, propose};
use crate::admission::response::Answer;
use crate::admission::review::{Operation, Request};

/// The opinion on one of these kinds; `None` for every other kind.
pub(crate) fn mutate<'a>(request: &'a Request<'a>, basis: &Basis<'_>) -> Option<Opinion<'a>> {
    let kind = &request.kind;
    let workload = Workload::of(&kind.group, &kind.version, &kind.kind)?;
    let mut opinion = Opinion {
        answer: Answer {
            uid: Cow::Borrowed(&request.uid),
            ..Answer::default()
        },
        kind: workload.name(),
        mode: basis.settings.mode_of(&request.namespace),
        ..Opinion::default()
    };
    let mutation = basis.settings.mutation;
    if request.operation != Operation::Create || !request.sub_resource.is_empty() || mutation == Mutation::Off {
        return Some(opinion);
    }
    let edits = defaults(
        workload,
        &request.object,
        &request.namespace,
        basis.inventory,
        basis.settings,
    );
    if !edits.is_empty() {
        let patch = fix::patch(&request.object, &edits);
        opinion.dropped_operations = propose(&mut opinion.answer, patch, RULE.to_owned(), mutation);
    }
    Some(opinion)
}
