//! NB7005.

use crate::{Named, RulePolicy};

pub(crate) fn policy() -> RulePolicy {
    let unnamed = "variables.locations.filter(at, at.block.?type.orValue('') == 'pvc' && at.block.?pvc.?name.orValue('').trim() == '')";
    let found = |condition: &str| {
        format!(
            "variables.unnamed.map(at, {condition}, at.path + (at.claim ? '.pvc.name' : '.pvc') + ': `type: pvc` has ' +
  (at.claim ? 'a volume claim without a name' : 'no volume claim') + at.effect +
  '; set `' + at.path + '.pvc.name` to the name of a PersistentVolumeClaim')"
        )
    };
    RulePolicy {
        variables: vec![Named::new(
            "unnamed",
            format!(
                "{unnamed}.map(at, {{
  'path': at.path, 'claim': dyn(has(at.block.pvc)), 'effect': dyn(
    object.kind == 'Neo4jBackup' ? ', so artifacts would be lost with the pod' :
    !has(at.block.pvc) && (at.used != 'nothing' || at.path.endsWith('logStorage') && variables.sourceType == 'pitr') ?
    '; on a standalone the operator stops the database, then panics, and leaves it down' :
    at.used != 'nothing' ? ', so there is nothing to read from' : '')}})"
            ),
        )],
        errors: vec![found("at.effect != ''")],
        warnings: vec![found("at.effect == ''")],
        ..RulePolicy::default()
    }
}
