//! NB8013.

use crate::{RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    RulePolicy {
        warnings: vec![
            cel::finding(
                "variables.sourceType == 'pitr' && size(variables.options.?additionalArgs.orValue([])) > 0",
                "'spec.options.additionalArgs: `type: pitr` ignores additionalArgs; use `type: backup` with pointInTime, or remove \
                 them'",
            ),
            cel::finding(
                "variables.sourceType == 'pitr' && variables.source.?backupRef.orValue('') != '' && has(variables.pitr.baseBackup)",
                "'spec.source.backupRef: `type: pitr` ignores source.backupRef and reads pitr.baseBackup; remove the field'",
            ),
            cel::finding(
                "variables.sourceType == 'pitr' && has(variables.pitr.logStorage)",
                "'spec.source.pitr.logStorage: logStorage is never read: the operator replays no transaction logs, only the \
                 artifacts of the backup; take differential backups often enough, and remove the field'",
            ),
            cel::finding(
                "variables.options.?tempPath.orValue('') != '' && has(variables.options.tempStorage)",
                "'spec.options.tempStorage: the ' + (variables.isBackup ? 'backup' : 'restore') + ' Job uses tempPath, and \
                 the volume of tempStorage is mounted for nothing; remove one of the two'",
            ),
        ],
        leaves: "what only clusters ignore: that needs the instance",
        ..RulePolicy::default()
    }
}
