//! NB8010.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    RulePolicy {
        variables: vec![Named::new(
            "database",
            "(has(variables.spec.database) || !has(variables.spec.databaseName) ? variables.spec.?database :\n\
             variables.spec.?databaseName).orValue('')",
        )],
        warnings: vec![cel::finding(
            "!variables.options.?replaceExisting.orValue(false) && !variables.spec.?force.orValue(false)",
            &format!(
                "'spec.options.replaceExisting: the restore fails if ' + (variables.database == '' ? 'a database' :\n\
                 'the database `' + {} + '`') + ' exists, because nothing confirms that it may be overwritten; use \
                 `replaceExisting: true`' +\n(variables.isBeta ? '' : ' or `spec.force: true`') + ' if it may'",
                cel::short("variables.database")
            ),
        )],
        ..RulePolicy::default()
    }
}
