//! NB1016.

use crate::{Named, RulePolicy, cel};
use neo4jbackup_core::schema::Kind;

pub(crate) fn policy() -> RulePolicy {
    let is_source = "variables.isReplicationSource";
    let scope = "replication source is of one database; set `database` instead'";
    RulePolicy {
        variables: vec![Named::new(
            "isReplicationSource",
            "variables.isBackup && variables.spec.?mode.orValue('') == 'replication-source'",
        )],
        errors: vec![
            cel::finding(
                &format!("{is_source} && variables.spec.?allDatabases.orValue(false)"),
                &format!("'spec.allDatabases: a {scope}"),
            ),
            cel::finding(
                &format!(
                    "{is_source} && !variables.spec.?allDatabases.orValue(false) && variables.spec.?shardedDatabase.orValue('') != ''"
                ),
                &format!("'spec.shardedDatabase: a {scope}"),
            ),
            cel::finding(
                &format!("{is_source} && has(variables.spec.retention)"),
                "'spec.retention: a replication source has no retention, which would break the chain; remove it'",
            ),
            cel::finding(
                &format!("{is_source} && variables.spec.?schedule.orValue('') == ''"),
                "'spec.schedule: a replication source needs a schedule, because one run makes no chain; set it, for example to \
                 `*/15 * * * *`'",
            ),
        ],
        plain: vec![(
            Kind::Neo4jBackup,
            "spec.?mode.orValue('') != 'replication-source'".to_owned(),
        )],
        ..RulePolicy::default()
    }
}
