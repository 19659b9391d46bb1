//! NB8008.

use crate::{RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    RulePolicy {
        errors: vec![cel::finding(
            "size(variables.restoredDatabase) == 6 && variables.restoredDatabase.lowerAscii() == 'system'",
            "'spec.' + variables.databaseField + ': the database `' + variables.restoredDatabase + '` cannot be restored; the operator refuses \
             it; restore the others; users and roles come with `options.includeMetadata` of their backup'",
        )],
        ..RulePolicy::default()
    }
}
