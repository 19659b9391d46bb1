//! NB8008.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    RulePolicy {
        variables: vec![
            Named::new(
                "field",
                "has(variables.spec.database) || !has(variables.spec.databaseName) ? 'database' : 'databaseName'",
            ),
            Named::new("database", "variables.spec[?variables.field].orValue('')"),
        ],
        errors: vec![cel::finding(
            "size(variables.database) == 6 && variables.database.lowerAscii() == 'system'",
            "'spec.' + variables.field + ': the database `' + variables.database + '` cannot be restored; the operator refuses \
             it; restore the others; users and roles come with `options.includeMetadata` of their backup'",
        )],
        ..RulePolicy::default()
    }
}
