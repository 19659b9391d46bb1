//! NB1008.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    let is_said = |field: &str| format!("variables.spec.?{field}.orValue('') != ''");
    let all = "variables.spec.?allDatabases.orValue(false)";
    let set = [
        cel::finding(&is_said("database"), "'`database`'"),
        cel::finding(all, "'`allDatabases`'"),
        cel::finding(&is_said("shardedDatabase"), "'`shardedDatabase`'"),
    ]
    .map(|list| format!("({list})"));
    let other_words = "has(variables.spec.target) || has(variables.spec.databaseName) || has(variables.spec.databases) || \
                       has(variables.spec.clusterRef)";
    RulePolicy {
        variables: vec![Named::new("scopes", set.join(" + "))],
        errors: vec![
            cel::finding(
                &format!(
                    "variables.isBeta && variables.isBackup && has(object.spec) && size(variables.scopes) == 0 &&\n\
                     !({other_words})"
                ),
                "'spec.database: nothing says what is backed up; set one of `database`, `allDatabases: true` and \
                 `shardedDatabase`'",
            ),
            cel::finding(
                "variables.isBeta && variables.isBackup && size(variables.scopes) > 1",
                "'spec.allDatabases: ' + variables.scopes.join(' and ') + ' are set together, and only one may be; keep one and \
                 remove ' +\n(size(variables.scopes) == 2 ? 'the other' : 'the others')",
            ),
            cel::finding(
                &format!(
                    "variables.isBeta && variables.isRestore && {all} && ({} || {})",
                    is_said("database"),
                    is_said("databaseName")
                ),
                &format!(
                    "'spec.allDatabases: `allDatabases` and `' + ({} ? 'database' : 'databaseName') + '` are both set, and only \
                     one may be; keep one and remove the other'",
                    is_said("database")
                ),
            ),
        ],
        ..RulePolicy::default()
    }
}
