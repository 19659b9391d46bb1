//! NB1017.

use crate::{RulePolicy, cel};
use neo4jbackup_core::schema::Kind;

pub(crate) fn policy() -> RulePolicy {
    RulePolicy {
        errors: vec![cel::finding(
            "variables.isBackup && variables.spec.?shardedDatabase.orValue('') != '' &&
  variables.options.?backupType.orValue('') == 'DIFF'",
            "'spec.options.backupType: the shards of a sharded database have no differential backups; use `FULL`, or `AUTO`'",
        )],
        plain: vec![(
            Kind::Neo4jBackup,
            "spec.?shardedDatabase.orValue('') == '' || spec.?options.?backupType.orValue('') != 'DIFF'".to_owned(),
        )],
        ..RulePolicy::default()
    }
}
