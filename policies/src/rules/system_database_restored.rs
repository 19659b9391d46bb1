//! NB8008.

use crate::RulePolicy;

pub(crate) fn policy() -> RulePolicy {
    let databases = "[[dyn('spec.' + variables.databaseField), dyn(variables.restoredDatabase)],
 [dyn('spec.source.sourceDatabase'), dyn(variables.source.?sourceDatabase.orValue(''))]]";
    RulePolicy {
        errors: vec![format!(
            "{databases}
.filter(at, size(at[1]) == 6 && at[1].lowerAscii() == 'system')
.map(at, at[0] + ': the database `' + at[1] + '` cannot be restored; the operator refuses it; restore the others; users and \
             roles come with `options.includeMetadata` of their backup')"
        )],
        ..RulePolicy::default()
    }
}
