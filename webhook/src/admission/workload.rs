//! `/mutate` for what the operator makes: Jobs, `CronJobs` and `ServiceAccounts`. What is filled in, and why on CREATE
//! only, stands in the engine ([`neo4jbackup_core::workload`]). Nothing here denies, and `/validate` knows nothing of
//! these kinds.

use neo4jbackup_core::fix;
use neo4jbackup_core::settings::Mutation;
use neo4jbackup_core::workload::{RULE, Workload, defaults};

use crate::admission::decision::{Basis, Decision};
use crate::admission::review::{Operation, Request};

/// Decides upon one of these kinds; `None` for every other kind.
pub(crate) fn mutate<'a>(request: &'a Request<'a>, basis: &Basis<'_>) -> Option<Decision<'a>> {
    let kind = &request.kind;
    let workload = Workload::of(&kind.group, &kind.version, &kind.kind)?;
    let mut decision = Decision::allow(request, workload.name(), basis);
    let mutation = basis.settings.mutation;
    if request.operation != Operation::Create || !request.sub_resource.is_empty() || mutation == Mutation::Off {
        return Some(decision);
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
        decision.propose(patch, RULE.to_owned(), mutation);
    }
    Some(decision)
}
