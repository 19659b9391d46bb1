//! NB8016.

use crate::{RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    RulePolicy {
        errors: vec![cel::finding(
            "variables.isBeta && variables.sourceType == 'pitr' && has(variables.source.storage) && has(variables.pitr.logStorage)",
            "'spec.source.pitr.logStorage: beside source.storage the restore Job mounts logStorage without having its volume, and is \
             refused after the instance was stopped; remove logStorage, from which nothing is read'",
        )],
        leaves: "that a cluster refuses `type: pitr` for another reason: that needs the instance",
        ..RulePolicy::default()
    }
}
