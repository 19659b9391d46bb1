//! NB8008.

use crate::{RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    let system = |name: &str, field: &str| {
        cel::finding(
            &format!("size({name}) == 6 && {name}.lowerAscii() == 'system'"),
            &format!(
                "{field} + ': the database `' + {name} + '` cannot be restored; the operator refuses it; restore the others; users and \
                 roles come with `options.includeMetadata` of their backup'"
            ),
        )
    };
    RulePolicy {
        errors: vec![
            system("variables.restoredDatabase", "'spec.' + variables.databaseField"),
            system(
                "variables.source.?sourceDatabase.orValue('')",
                "'spec.source.sourceDatabase'",
            ),
        ],
        ..RulePolicy::default()
    }
}
