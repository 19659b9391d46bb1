//! NB8010.

use crate::{RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    RulePolicy {
        warnings: vec![cel::finding(
            "!variables.options.?replaceExisting.orValue(false) && !variables.spec.?force.orValue(false)",
            &format!(
                "'spec.options.replaceExisting: the restore fails if ' + (variables.restoredDatabase == '' ? 'a database' :\n\
                 'the database `' + {} + '`') + ' exists, because nothing confirms that it may be overwritten; use \
                 `replaceExisting: true`' +\n(variables.isBeta ? '' : ' or `spec.force: true`') + ' if it may'",
                cel::short("variables.restoredDatabase")
            ),
        )],
        ..RulePolicy::default()
    }
}
