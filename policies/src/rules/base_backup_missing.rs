//! NB8004.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    RulePolicy {
        variables: vec![Named::new("backup", "variables.source.?backupRef.orValue('')")],
        errors: vec![cel::finding(
            "variables.sourceType == 'pitr' && !has(variables.pitr.baseBackup)",
            &format!(
                "'spec.source.pitr.baseBackup: ' + (has(variables.source.pitr) && has(variables.source.pointInTime) ?\n\
                 '`type: pitr` without a base backup stops the instance and then fails' :\n\
                 'the operator refuses `type: pitr` without a base backup') + '; ' +\n\
                 (variables.backup == '' ? 'name the base backup, or use `type: backup` with backupRef and pointInTime' :\n\
                 'use `type: backup` with backupRef `' + {} + '` and the same pointInTime')",
                cel::short("variables.backup")
            ),
        )],
        ..RulePolicy::default()
    }
}
