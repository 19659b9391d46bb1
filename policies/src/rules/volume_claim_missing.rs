//! NB7005.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    let unnamed = "variables.locations.filter(at, at.type == 'pvc' && at.block.?pvc.?name.orValue('').trim() == '')";
    let message = "at.path + (at.claim ? '.pvc.name' : '.pvc') + ': `type: pvc` has ' +
  (at.claim ? 'a volume claim without a name' : 'no volume claim') + at.effect +
  '; set `' + at.path + '.pvc.name` to the name of a PersistentVolumeClaim'";
    RulePolicy {
        variables: vec![Named::new(
            "unnamedClaims",
            format!(
                "{unnamed}.map(at, {{
  'path': at.path, 'claim': dyn(has(at.block.pvc)), 'effect': dyn(
    variables.isBackup ? ', so artifacts would be lost with the pod' :
    !has(at.block.pvc) && (at.used != 'nothing' || at.path.endsWith('logStorage') && variables.sourceType == 'pitr') ?
    '; on a standalone the operator stops the database, then panics, and leaves it down' :
    variables.isBeta && at.path.endsWith('logStorage') && variables.sourceType == 'pitr' ?
    '; on a standalone the operator stops the database, and its Job is refused for a volume that it lacks' :
    at.used != 'nothing' ? ', so there is nothing to read from' : '')}})"
            ),
        )],
        findings: vec![format!(
            "variables.unnamedClaims.map(at, {})",
            cel::found("at.effect != ''", message)
        )],
        leaves: "that the restore of a cluster is refused at once: that needs the instance",
        ..RulePolicy::default()
    }
}
